"""Both ways to fetch a list of URLs, as one."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import fastfetch as ff
import pytest

Face = Callable[..., Coroutine[Any, Any, int]]


async def gather(urls: Iterable[str], **options: Any) -> int:
    """All at once; how many came."""
    return len(await ff.gather(urls, **options))


async def as_completed(urls: Iterable[str], **options: Any) -> int:
    """One after the other; how many came."""
    return len([response async for response in ff.as_completed(urls, **options)])


FACES = pytest.mark.parametrize("face", [gather, as_completed])
