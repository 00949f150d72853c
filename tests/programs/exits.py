"""Exits while requests are in flight, and says at which moment it began to.

Arguments: a way to exit, the URL of a route server.
"""

import asyncio
import os
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import fastfetch as ff
from fastfetch import sync

from tests.programs.running import BODY, allow_slow_callbacks

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
        for _ in range(2):
            group.create_task(repeat(lambda: ff.post(f"{url}/json/a", content=BODY)))
        group.create_task(ff.post(f"{url}/never", content=BODY))
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


async def exiting_in_a_hook(url: str) -> None:
    """It reaches whoever awaits that request."""

    def leave(_: object) -> None:
        leaving()
        sys.exit(3)

    await begin(url)
    async with ff.Client(event_hooks={"response": leave}) as client:
        await client.get(f"{url}/json/a")


async def exiting_on_a_response(url: str) -> None:
    """It becomes the error of that item, and ends the program where somebody asks for it."""

    def leave(_: object) -> None:
        leaving()
        sys.exit(3)

    await begin(url)
    (response,) = await ff.gather([f"{url}/json/a"], on_response=leave)
    response.raise_for_status()


async def streaming(url: str) -> None:
    """Bodies come faster than they are read, as fast, and are not read at all."""

    async def read(pause: float) -> None:
        async with ff.stream("GET", f"{url}/bytes/30000000") as response:
            opened.release()
            async for _ in response.aiter_bytes():
                await asyncio.sleep(pause)

    opened = asyncio.Semaphore(0)
    await begin(url)
    tasks = [asyncio.create_task(read(pause)) for pause in (0.001, 0.0, 3600.0)]
    for _ in tasks:
        await opened.acquire()
    leaving()


async def checkpointed(url: str) -> None:
    """Answers are being written to a file."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        batch = ff.Batch((f"{url}/json/{number}" for number in range(5_000)), checkpoint=f"{folder}/job.db")
        task = asyncio.ensure_future(batch)
        while not batch.progress.done:
            await ff.sleep(0.001)
        leaving()
        task.cancel()


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


def failing_in_a_thread(url: str) -> None:
    """Python says so on stderr; the other threads and the exit code do not mind."""

    async def fail() -> None:
        await begin(url)
        raise LookupError("the program's own")

    async def wait_for_it() -> None:
        await begin(url)
        await asyncio.to_thread(thread.join)
        leaving()

    thread = threading.Thread(target=lambda: asyncio.run(fail()))
    thread.start()
    asyncio.run(wait_for_it())


def terminated_in_a_wait(url: str) -> None:
    """By SIGTERM, which Python leaves to the system."""

    def terminate() -> None:
        leaving()
        os.kill(os.getpid(), signal.SIGTERM)

    assert sync.get(f"{url}/json/a").ok
    threading.Timer(0.05, terminate).start()
    sync.gather([f"{url}/never"] * 20, per_host=20)


def exiting_in_a_wait(url: str) -> None:
    """By a handler of the program's own."""

    def leave(*_: object) -> None:
        leaving()
        sys.exit(3)

    signal.signal(signal.SIGTERM, leave)
    assert sync.get(f"{url}/json/a").ok
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
    for _ in sync.as_completed([f"{url}/never"] * 20, per_host=20):
        pass


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
    each.__name__: each
    for each in (
        pending,
        failing,
        exiting,
        exiting_from_a_callback,
        exiting_in_a_hook,
        exiting_on_a_response,
        streaming,
        checkpointed,
        terminated,
        at_once,
    )
}
ALONE: dict[str, Callable[[str], None]] = {
    each.__name__: each
    for each in (
        daemon,
        daemon_reading_a_source,
        daemon_with_streams,
        daemons_that_wait,
        daemon_making_tables,
        failing_in_a_thread,
        terminated_in_a_wait,
        exiting_in_a_wait,
        unclosed,
    )
}

EXIT_CODES = {
    "pending": 0,
    "failing": 1,
    "exiting": 3,
    "exiting_from_a_callback": 3,
    "exiting_in_a_hook": 3,
    "exiting_on_a_response": 3,
    "streaming": 0,
    "checkpointed": 0,
    "terminated": -signal.SIGTERM,
    "at_once": 4,
    "daemon": 0,
    "daemon_reading_a_source": 0,
    "daemon_with_streams": 0,
    "daemons_that_wait": 0,
    "daemon_making_tables": 0,
    "failing_in_a_thread": 0,
    "terminated_in_a_wait": -signal.SIGTERM,
    "exiting_in_a_wait": 3,
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
