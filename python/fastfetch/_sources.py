"""Where the URLs of a batch come from."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastfetch._core import Request

__all__ = ["check_source", "read"]


def check_source(urls: object, *, what: str = "an iterable", asynchronous: bool = False) -> None:
    """Refuses what cannot be iterated, and a single URL, which would be read letter by letter."""
    hint = ""
    if isinstance(urls, (str, bytes, bytearray)):
        hint = "; for one URL use get(url)"
    elif asynchronous and isinstance(urls, AsyncIterable):
        return
    else:
        try:
            iter(urls)  # type: ignore[call-overload]
            return
        except TypeError:
            pass
    raise TypeError(f"urls: expected {what} of str or Request, got {type(urls).__name__}{hint}")


def read(urls: Iterable[str | Request]) -> list[str | Request]:
    """All of a source at once. Python reads it, so that no Rust frame waits under code of the caller's."""
    check_source(urls)
    return urls if type(urls) is list else list(urls)
