"""Opens streams, reads a piece of each, and leaves them to the end of the interpreter.

Argument: a URL of which a number, put after it, makes that of a body without end.
"""

import asyncio
import atexit
import sys
import threading
from typing import Any

import fastfetch as ff
from fastfetch import sync

from tests.programs.running import allow_slow_callbacks

KEPT: list[Any] = []


class Finalized:
    """Holds something until it goes itself."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __del__(self) -> None:
        del self.held


async def opened(client: ff.Client, url: str) -> Any:
    response = await client.stream("GET", url).__aenter__()
    pieces = response.aiter_bytes()
    assert await anext(pieces)
    await pieces.aclose()
    return response


async def main(url: str) -> None:
    allow_slow_callbacks()
    client = ff.Client()
    KEPT.append(await opened(client, f"{url}1"))
    ring: list[Any] = [await opened(client, f"{url}2")]
    ring.append(ring)
    KEPT.append(Finalized(await opened(client, f"{url}3")))
    atexit.register(print, await opened(client, f"{url}4"))
    threading.Thread(target=hold, args=[await opened(client, f"{url}5")], daemon=True).start()


def hold(response: Any) -> None:
    threading.Event().wait()
    del response


def waiting(url: str) -> None:
    response = sync.Client().stream("GET", f"{url}6").__enter__()
    pieces = response.iter_bytes()
    assert next(pieces)
    KEPT.extend([response, pieces])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    waiting(sys.argv[1])
