"""Says as JSON what holds up an event loop while large answers arrive.

`waits`: how often its thread was put to sleep other than by the loop's own selector, which is how the loop
waits; `calls`: Python calls on it that may block; `late`: by how many milliseconds its timers were late, at
the 99th percentile and at worst.

Arguments: how many answers to fetch, the URL of one.
"""

import asyncio
import json
import resource
import selectors
import sys
import threading
import time
from typing import Any

import fastfetch as ff

from tests.programs.running import allow_slow_callbacks

TICK = 0.005
BLOCKING = (
    "open",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "subprocess.Popen",
    "time.sleep",
)


def times_asleep() -> int:
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


class Watched(selectors.DefaultSelector):
    """Counts how often its thread sleeps between two selects."""

    waits = 0
    since = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.waits += times_asleep() - self.since
        ready = super().select(timeout)
        self.since = times_asleep()
        return ready


async def tick(late: list[float]) -> None:
    while True:
        due = time.monotonic() + TICK
        await asyncio.sleep(TICK)
        late.append((time.monotonic() - due) * 1000)


async def fetch(count: int, url: str) -> None:
    """In all ways that many are fetched, and one by one."""
    async with ff.Client() as client:
        kinds = [response.status_code async for response in client.as_completed([url] * count)]
        assert kinds == [200] * count
        assert (await client.gather([url] * 20)).counts == {200: 20}
        for _ in range(20):
            assert (await client.get(url)).ok
        async with client.stream("GET", url) as response:
            assert sum([len(chunk) async for chunk in response.aiter_bytes()]) > 0


def main(count: str, url: str) -> None:
    selector, late, calls = Watched(), list[float](), list[str]()
    loop = asyncio.SelectorEventLoop(selector)
    here = threading.get_ident()

    def audit(event: str, _: tuple[Any, ...]) -> None:
        if watching and event in BLOCKING and threading.get_ident() == here:
            calls.append(event)

    watching = False
    sys.addaudithook(audit)
    # Whatever is done once only is done now.
    loop.run_until_complete(fetch(1, url))
    ticking = loop.create_task(tick(late))
    selector.waits, selector.since, watching = 0, times_asleep(), True
    loop.run_until_complete(fetch(int(count), url))
    watching = False
    waits = selector.waits
    ticking.cancel()
    loop.run_until_complete(asyncio.wait([ticking]))
    loop.close()
    late.sort()
    print(json.dumps({"waits": waits, "calls": calls, "late": [late[len(late) * 99 // 100], late[-1]]}))


if __name__ == "__main__":
    allow_slow_callbacks()
    main(*sys.argv[1:])
