"""Says what is left of fastfetch when the interpreter is on its way out, and uses it once more.

First the threads of the running program; after the package's own exit handler the threads that are left, and
what calls raise; at the very end, when modules are taken apart, an object goes that holds all, and calls.

Arguments: the URL of a route server.
"""

import asyncio
import atexit
import os
import sys
import threading
import time
from typing import Any

PATIENCE = 1.0
"""How many seconds the system may list a thread that has done its work."""


def threads() -> list[str]:
    """The names of this process's threads, but for the main one."""
    return sorted(name for task, name in thread_names().items() if task != os.getpid())


def after_the_exit_handler() -> None:
    """Registered before the package's own handler, so called after it."""
    until = time.monotonic() + PATIENCE
    while threads() and time.monotonic() < until:
        pass
    print(*threads())
    for call in (
        lambda: sync.get(url),
        lambda: sync.gather([url]),
        lambda: asyncio.run(ff.get(url)),
        lambda: asyncio.run(ff.gather([url])),
        lambda: asyncio.run(ff.sleep(0.01)),
        lambda: next(sync.as_completed([url])),
    ):
        try:
            call()
        except RuntimeError as error:
            print(error)
        else:
            print("no error")
    ff.Client().__repr__()
    sync.Client().close()


atexit.register(after_the_exit_handler)

import fastfetch as ff  # noqa: E402
from fastfetch import sync  # noqa: E402

from tests.programs.running import allow_slow_callbacks, thread_names  # noqa: E402


class Last:
    """Goes when its module does."""

    def __init__(self, *held: Any) -> None:
        self.held = held
        self.get, self.url, self.write, self.error = sync.get, url, os.write, RuntimeError

    def __del__(self) -> None:
        try:
            self.get(self.url)
        except self.error:
            self.write(1, b"refused\n")


url = sys.argv[1] + "/json/a"
last: list[Last] = []


async def main() -> None:
    client = ff.Client(event_hooks={"response": lambda _: None})
    never = [asyncio.create_task(client.get(sys.argv[1] + "/never")) for _ in range(5)]
    many = client.as_completed([url] * 20)
    await anext(many)
    stream = await client.stream("GET", sys.argv[1] + "/bytes/30000000").__aenter__()
    results = await client.gather([url] * 3)
    batch = ff.Batch([url], client=client)
    error = (await ff.gather(["no URL"]))[0].error
    last.append(Last(client, many, stream, stream.aiter_bytes(), results, results[0], batch, error, never))


if __name__ == "__main__":
    allow_slow_callbacks()
    with asyncio.Runner() as runner:
        runner.run(main())
    print(*[thread for thread in threads() if thread.startswith("fastfetch")])
    assert threading.active_count() == 1
