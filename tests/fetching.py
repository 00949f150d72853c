"""One request by a client of its own: its answer, or its error."""

import asyncio
from typing import TypeVar, Unpack

import pytest
from fastfetch import Client, ClientOptions, FetchError, Request, Response

E = TypeVar("E", bound=FetchError)

SECRETS = {"Authorization": "Bearer hunter2", "Cookie": "id=hunter2"}

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
    """The error of a request: raised where it is sent alone, the item's in a batch, and the same in both."""

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


def fault(
    url: str, kind: type[E], phase: str, *words: str, attempts: int = 1, **options: Unpack[ClientOptions]
) -> E:
    """The error of a GET with secrets in URL and headers, checked for all that every error must have."""
    request = Request("GET", url.replace("://", "://me:hunter2@"), headers=SECRETS)
    error = failure(request, **options)
    assert isinstance(error, kind)
    assert type(error) is kind
    shown = url if url.count("/") > 2 else f"{url}/"
    assert (error.url, error.method, error.phase, error.attempts) == (shown, "GET", phase, attempts)
    assert 0 < error.elapsed < 10
    for word in (f"GET {shown}: ", f"phase {phase}", f"{attempts} attempt", f"{error.elapsed:.3f} s", *words):
        assert word in str(error)
    assert str(error).isprintable()
    for internals in ("client error", "hyper", "reqwest", "rustls", "Error {"):
        assert internals not in str(error)
    assert "hunter2" not in f"{error} {error!r} {vars(error)}"
    return error


def said(error: FetchError) -> list[object]:
    """All that an error says, but for how long it took."""
    facts = {name: fact for name, fact in vars(error).items() if name != "elapsed"}
    return [type(error), facts, str(error).replace(f"{error.elapsed:.3f} s", ""), repr(error.__cause__)]
