"""How late an event loop is for others.

A task sleeps for a millisecond again and again, and notes by how much later than that it goes on.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import quantiles

NAP = 0.001


@asynccontextmanager
async def noted() -> AsyncIterator[list[float]]:
    """The list, in milliseconds, which grows within the block."""
    late: list[float] = []
    due = [time.perf_counter() + NAP]

    def note() -> None:
        now = time.perf_counter()
        late.append(max(0.0, now - due[0]) * 1e3)
        due[0] = now + NAP

    async def watch() -> None:
        while True:
            await asyncio.sleep(NAP)
            note()

    task = asyncio.create_task(watch())
    try:
        yield late
    finally:
        task.cancel()
        note()  # a loop that was never free is late as well


def p99(late: list[float]) -> float:
    return quantiles(late, n=100)[-1] if len(late) > 1 else late[0]
