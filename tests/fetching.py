"""One request by a client of its own: the answer, or the error both as it is raised and as a batch keeps it."""

import asyncio
from typing import Unpack

import pytest
from fastfetch import Client, ClientOptions, FetchError, Request, Response

UNKNOWN_HOST = "x" * 64 + ".test"
"""No name server is asked for it: a label has at most 63 characters."""


def fetch(request: Request, **options: Unpack[ClientOptions]) -> Response:
    """The answer to a request, by a client with these options."""

    async def main() -> Response:
        async with Client(**options) as client:
            return await client.send(request)

    return asyncio.run(main())


def outcome(item: str | Request, **options: Unpack[ClientOptions]) -> Response:
    """What becomes of an item of a batch, by a client with these options."""

    async def main() -> Response:
        async with Client(**options) as client:
            return (await client.gather([item]))[0]

    return asyncio.run(main())


def failure(request: Request, **options: Unpack[ClientOptions]) -> FetchError:
    """The error of a request that fails: sent alone it raises, in a batch it is the item's, and both say the same."""

    with pytest.raises(FetchError) as caught:
        fetch(request, **options)
    raised, item = caught.value, outcome(request, **options)
    kept = item.error
    assert kept is not None
    assert said(kept) == said(raised), f"{said(kept)} != {said(raised)}"
    with pytest.raises(type(kept)) as touched:
        item.raise_for_status()
    assert said(touched.value) == said(kept)
    return raised


def said(error: FetchError) -> list[object]:
    """All that an error says, but for how long it took."""
    facts = {name: fact for name, fact in vars(error).items() if name != "elapsed"}
    return [type(error), facts, str(error).replace(f"{error.elapsed:.3f} s", ""), repr(error.__cause__)]
