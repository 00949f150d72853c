"""Many `sleep(1.0)` at once: asyncio's own, or fastfetch's. Arguments: asyncio|fastfetch COUNT."""

import asyncio
import sys
from importlib import import_module

from .harness import WARM_UP, Meter, Tally


async def main(module: str, count: int) -> None:
    sleep = import_module(module).sleep
    await asyncio.gather(*(sleep(0.01) for _ in range(WARM_UP)))
    meter = Meter()
    results = await asyncio.gather(*(sleep(1.0, 200) for _ in range(count)))
    meter.stop()
    tally = Tally()
    for result in results:
        tally.add(result, 1)
    meter.report(count, tally)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
