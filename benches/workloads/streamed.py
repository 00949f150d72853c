"""fastfetch: URLs of many hosts from a generator, read as they complete; and some of the same by `gather`.

The figures: how far the memory in use rises after the first responses, when all that stays is there; the
rate, and its ratio to that of `gather`.
"""

import asyncio
import json
import time
from collections.abc import Iterator

import fastfetch

from .harness import Job, rss_kb
from .many_hosts import HOSTS, urls

SETTLED = 50_000
"""After so many responses all that stays is there."""
GATHERED = 100_000
EVERY = 5_000


async def stream(job: Job, client: fastfetch.Client, source: Iterator[str]) -> tuple[int, int]:
    """How many answers were good, and by how many kB the memory in use has grown at the most."""
    ok = seen = settled = peak = 0
    async for response in client.as_completed(source, concurrency=job.in_flight):
        ok += response.status_code == 200
        seen += 1
        if seen % EVERY == 0:
            now = rss_kb()
            if seen <= SETTLED:
                settled = now
            peak = max(peak, now)
    return ok, peak - settled


async def main(job: Job) -> dict[str, float]:
    async with fastfetch.Client() as client:
        await client.gather(urls(job.url, HOSTS), concurrency=job.in_flight)
        started = time.perf_counter()
        ok, growth = await stream(job, client, urls(job.url, job.count))
        rate = job.count / (time.perf_counter() - started)
        if ok != job.count:
            raise SystemExit(f"{ok} of {job.count} answers were good")
        started = time.perf_counter()
        results = await client.gather(urls(job.url, GATHERED), concurrency=job.in_flight)
        gathered = GATHERED / (time.perf_counter() - started)
        if len(results.ok) != GATHERED:
            raise SystemExit(f"{len(results.ok)} of {GATHERED} answers were good")
    return {
        "RSS growth MB": growth * 1024 / 1e6,
        "rate per s": rate,
        "rate per s / gather": rate / gathered,
    }


print(json.dumps(asyncio.run(main(Job.from_arguments()))))
