"""Closes event loops while requests are in flight, whose answers come later.

Arguments: a kind of loop, the URL of a route server, how many loops.
"""

import asyncio
import os
import sys
from typing import Any

import fastfetch as ff

from tests.loops import LOOP_FACTORIES, run
from tests.programs.running import allow_slow_callbacks


def fail(unraisable: Any) -> None:
    print(unraisable, file=sys.stderr, flush=True)
    os._exit(70)


def main(kind: str, url: str, loops: str) -> None:
    sys.unraisablehook = fail
    client, factory = ff.Client(), LOOP_FACTORIES[kind]
    by_hand = []

    async def end_early() -> None:
        tasks: list[asyncio.Future[Any]] = [asyncio.create_task(consume())]
        tasks += [asyncio.create_task(client.get(f"{url}/delay/0.05")) for _ in range(10)]
        by_hand.extend(
            [client.get(f"{url}/delay/0.05"), client.gather([f"{url}/delay/0.05"] * 5), ff.sleep(0.05)]
        )
        for coroutine in by_hand[-3:]:
            # Not a task: the end of the run cancels nothing here, the loop is closed under it.
            coroutine.send(None)
        await asyncio.wait(tasks, timeout=0)

    async def consume() -> None:
        async for _ in client.as_completed([f"{url}/delay/0.05"] * 5):
            pass

    for _ in range(int(loops)):
        run(end_early, factory)
    # Every answer above is in before this one.
    assert run(lambda: client.get(f"{url}/delay/0.1"), factory).ok
    for coroutine in by_hand:
        coroutine.close()
    assert run(lambda: client.gather([f"{url}/json/a"] * 10), factory).counts == {200: 10}
    print(loops, "loops closed")


if __name__ == "__main__":
    allow_slow_callbacks()
    main(*sys.argv[1:])
