"""Exits while requests are in flight, and says at which moment it began to.

Arguments: a way to exit, the URL of a route server.
"""

import asyncio
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import fastfetch as ff
from fastfetch import sync

from tests.programs.running import allow_slow_callbacks

PATIENCE = 10.0


def leaving() -> None:
    """Say on stdout that the exit begins now; the clock is the machine's, so the parent's too."""
    print(time.monotonic(), flush=True)


async def traffic(url: str) -> None:
    """Fetch for ever, in every way there is."""
    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(ff.get(f"{url}/never"))
        for _ in range(8):
            group.create_task(repeat(lambda: ff.get(f"{url}/json/a")))
        group.create_task(ff.gather([f"{url}/never"] * 30, per_host=30))
        group.create_task(consume([f"{url}/json/b"] * 10 + [f"{url}/never"] * 10, per_host=20))
        group.create_task(ff.sleep(3600))


async def repeat(make: Callable[[], Awaitable[object]]) -> None:
    while True:
        await make()


async def consume(urls: list[str], *, per_host: int) -> None:
    async for response in ff.as_completed(urls, per_host=per_host):
        assert response.ok


async def begin(url: str) -> asyncio.Task[None]:
    """Traffic in a task of its own, once it is well under way."""
    task = asyncio.create_task(traffic(url))
    for _ in range(20):
        assert (await ff.get(f"{url}/json/c")).ok
    return task


async def pending(url: str) -> None:
    await begin(url)
    leaving()


async def failing(url: str) -> None:
    await begin(url)
    leaving()
    raise LookupError("the program's own")


async def exiting(url: str) -> None:
    async def leave() -> None:
        leaving()
        sys.exit(3)

    await begin(url)
    await asyncio.create_task(leave())
    await asyncio.Event().wait()


async def exiting_from_a_callback(url: str) -> None:
    def leave() -> None:
        leaving()
        sys.exit(3)

    await begin(url)
    asyncio.get_running_loop().call_soon(leave)
    await asyncio.Event().wait()


async def terminated(url: str) -> None:
    await begin(url)
    leaving()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.Event().wait()


async def at_once(url: str) -> None:
    await begin(url)
    leaving()
    os._exit(4)


def beside_a_daemon(busy: Callable[[threading.Event], object]) -> None:
    """The main thread ends while a daemon thread is busy, which sets the event once it is."""
    under_way = threading.Event()
    threading.Thread(target=busy, args=(under_way,), daemon=True).start()
    assert under_way.wait(PATIENCE)
    leaving()


def daemon(url: str) -> None:
    async def busy(under_way: threading.Event) -> None:
        task = await begin(url)
        under_way.set()
        await task

    beside_a_daemon(lambda under_way: asyncio.run(busy(under_way)))


def daemon_reading_a_source(url: str) -> None:
    """Python's own code, called from Rust, is what the daemon thread is in."""

    def busy(under_way: threading.Event) -> None:
        while True:
            ff.Batch(f"{url}/json/{number}" for number in range(20_000))
            under_way.set()

    beside_a_daemon(busy)


def daemon_with_streams(url: str) -> None:
    async def busy(under_way: threading.Event) -> None:
        while True:
            await anext(
                ff.as_completed((f"not a url {number}" for number in range(9_999)), concurrency=9_999)
            )
            under_way.set()

    beside_a_daemon(lambda under_way: asyncio.run(busy(under_way), debug=False))


def daemons_that_wait(url: str) -> None:
    """By the waiting face: in a wait, in a callback, and in its own code."""

    def hook(_: object) -> None:
        sum(range(1_000))

    def busy(under_way: threading.Event) -> None:
        threading.Thread(target=sync.get, args=(f"{url}/never",), daemon=True).start()
        with sync.Client(event_hooks={"request": hook}) as client:
            while True:
                client.gather([f"{url}/json/a"] * 20)
                for response in client.as_completed([f"{url}/json/b"] * 20, on_response=hook):
                    assert response.ok
                under_way.set()

    beside_a_daemon(busy)


def daemon_making_tables(url: str) -> None:
    """Without the interpreter, which it wants back when a table is done."""

    def busy(under_way: threading.Event) -> None:
        results = sync.gather([f"{url}/json/a"] * 2_000, dedupe=True)
        while True:
            results.table()
            results.json_table()
            under_way.set()

    beside_a_daemon(busy)


def unclosed(url: str) -> None:
    """The loop is neither run to its end nor closed; what it held is there until the interpreter goes."""
    warnings.simplefilter("ignore", ResourceWarning)
    loop = asyncio.new_event_loop()
    loop.set_debug(False)  # Python 3.13's own last words about a loop in debug mode fail for want of modules.
    task = loop.run_until_complete(begin(url))
    for each in asyncio.all_tasks(loop):
        each._log_destroy_pending = False  # type: ignore[attr-defined]
    globals()["kept"] = loop, task
    leaving()


RUN: dict[str, Callable[[str], Coroutine[Any, Any, None]]] = {
    each.__name__: each for each in (pending, failing, exiting, exiting_from_a_callback, terminated, at_once)
}
ALONE: dict[str, Callable[[str], None]] = {
    each.__name__: each
    for each in (
        daemon,
        daemon_reading_a_source,
        daemon_with_streams,
        daemons_that_wait,
        daemon_making_tables,
        unclosed,
    )
}

EXIT_CODES = {
    "pending": 0,
    "failing": 1,
    "exiting": 3,
    "exiting_from_a_callback": 3,
    "terminated": -signal.SIGTERM,
    "at_once": 4,
    "daemon": 0,
    "daemon_reading_a_source": 0,
    "daemon_with_streams": 0,
    "daemons_that_wait": 0,
    "daemon_making_tables": 0,
    "unclosed": 0,
}


def main(kind: str, url: str) -> None:
    if kind in ALONE:
        ALONE[kind](url)
    else:
        asyncio.run(RUN[kind](url))


if __name__ == "__main__":
    allow_slow_callbacks()
    main(*sys.argv[1:])
