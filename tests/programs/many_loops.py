"""Says how many descriptors and threads it has after 5 loops, and after 50 more.

Arguments: a kind of loop, the URL of a route server.
"""

import gc
import os
import sys

import fastfetch as ff

from tests.loops import LOOP_FACTORIES, run
from tests.programs.running import allow_slow_callbacks


async def count() -> tuple[int, int]:
    gc.collect()
    # The heartbeat holds on to a closed loop's descriptor until its next beat: let two of them pass.
    await ff.sleep(0.25)
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


def main(kind: str, url: str) -> None:
    async def use() -> None:
        assert (await ff.get(f"{url}/json/a")).ok
        assert (await ff.gather([f"{url}/json/a"], concurrency=1)).counts == {200: 1}

    for loops in (5, 50):
        for _ in range(loops):
            run(use, LOOP_FACTORIES[kind])
        print(*run(count, LOOP_FACTORIES[kind]))


if __name__ == "__main__":
    allow_slow_callbacks()
    main(*sys.argv[1:])
