"""Runs a batch by one of the two faces until it is interrupted, says what is there, and runs it again.

Arguments: "async" or "sync", the URL of a route server, and "caught" or "uncaught".
"""

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import Any

import fastfetch
from fastfetch import sync


def face(name: str, urls: list[str]) -> tuple[Any, Callable[[], Any]]:
    """A batch, and how it is run."""
    if name == "sync":
        waiting = sync.Batch(urls, concurrency=50, per_host=50)
        return waiting, waiting.run
    batch = fastfetch.Batch(urls, concurrency=50, per_host=50)

    async def main() -> Any:
        return await batch

    return batch, lambda: asyncio.run(main())


def main(name: str, url: str, ending: str) -> None:
    # Fifty at a time: once all sixty have begun, the first ten are done.
    batch, run = face(name, [f"{url}/json/{n}" for n in range(10)] + [f"{url}/gate/later"] * 50)
    print("running", flush=True)
    try:
        run()
    except KeyboardInterrupt:
        if ending == "uncaught":
            raise
    print(len(batch.results), flush=True)
    print(run().counts)


if __name__ == "__main__":
    # A shell has what it starts in the background ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main(*sys.argv[1:])
