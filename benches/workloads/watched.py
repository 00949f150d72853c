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

        async def seconds(*, watched: bool) -> float:
            started = time.perf_counter()
            results = await client.gather(
                urls, concurrency=job.in_flight, progress=told.append if watched else False
            )
            taken = time.perf_counter() - started
            if len(results.ok) != REQUESTS:
                raise SystemExit(f"{len(results.ok)} of {REQUESTS} answers were good")
            return taken

        await seconds(watched=True)
        told.clear()
        without: list[float] = []
        beside: list[float] = []
        for number in range(job.count):
            for watched in (False, True) if number % 2 else (True, False):
                (beside if watched else without).append(await seconds(watched=watched))
    if not told:
        raise SystemExit("nobody was told of the progress")
    ratios = [alone / told_of for alone, told_of in zip(without, beside, strict=True)]
    return {
        "rate per s": REQUESTS / median(beside),
        "rate / without": median(ratios),
        "times told, each": len(told) / job.count,
    }


print(json.dumps(asyncio.run(main(Job.from_arguments()))))
