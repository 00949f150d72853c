"""fastfetch: what progress costs. The same URLs by `gather`, with and without a function that is told of it.

COUNT is that of the pairs of rounds; which of the two comes first alternates.
"""

import asyncio
import json
import time
from statistics import median

import fastfetch

from .harness import Job

REQUESTS = 20_000
"""In each round."""


async def main(job: Job) -> dict[str, float]:
    told: list[fastfetch.Progress] = []
    urls = [f"{job.url}?n={number}" for number in range(REQUESTS)]

    async with fastfetch.Client() as client:

        async def took(*, watched: bool) -> tuple[float, float]:
            """Seconds by the wall, and of CPU."""
            started, cpu = time.perf_counter(), time.process_time()
            progress = told.append if watched else False
            results = await client.gather(urls, concurrency=job.in_flight, progress=progress)
            taken = time.perf_counter() - started, time.process_time() - cpu
            if len(results.ok) != REQUESTS:
                raise SystemExit(f"{len(results.ok)} of {REQUESTS} answers were good")
            return taken

        await took(watched=True)
        told.clear()
        without: list[tuple[float, float]] = []
        beside: list[tuple[float, float]] = []
        for number in range(job.count):
            for watched in (False, True) if number % 2 else (True, False):
                (beside if watched else without).append(await took(watched=watched))
    if not told:
        raise SystemExit("nobody was told of the progress")
    pairs = list(zip(without, beside, strict=True))
    return {
        "rate per s": REQUESTS / median(wall for wall, _ in beside),
        "rate / without": median(alone[0] / told_of[0] for alone, told_of in pairs),
        "CPU / without": median(told_of[1] / alone[1] for alone, told_of in pairs),
        "times told, each": len(told) / job.count,
    }


print(json.dumps(asyncio.run(main(Job.from_arguments()))))
