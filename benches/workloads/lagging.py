"""fastfetch: how late the event loop is for others while JSON bodies of 1 MB arrive.

How late is noted (`lateness`) at rest; while `gather` fetches the bodies; and while a loop over
`as_completed` decodes each one, where every decoding makes the others wait.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urljoin

import fastfetch

from .harness import Job
from .lateness import noted, p99

REST = 2.0
"""For so many seconds the loop has nothing else to do."""


async def beside(work: Callable[[], Awaitable[None]]) -> tuple[list[float], float]:
    """How late the loop was during the work, in milliseconds, and how long the work took."""
    async with noted() as late:
        started = time.perf_counter()
        await work()
        seconds = time.perf_counter() - started
    return late, seconds


async def main(job: Job) -> dict[str, float]:
    url = urljoin(job.url, "large.json")
    async with fastfetch.Client() as client:

        async def gather() -> None:
            results = await client.gather([url] * job.count, concurrency=job.in_flight)
            if len(results.ok) != job.count:
                raise SystemExit(f"{len(results.ok)} of {job.count} answers were good")

        async def decode() -> None:
            async for response in client.as_completed([url] * job.count, concurrency=job.in_flight):
                response.json()

        at_rest, _ = await beside(lambda: asyncio.sleep(REST))
        arriving, seconds = await beside(gather)
        decoding, _ = await beside(decode)
    return {
        "p99 ms": p99(arriving),
        "worst ms": max(arriving),
        "bodies per s": job.count / seconds,
        "p99 ms at rest": p99(at_rest),
        "p99 ms, each decoded": p99(decoding),
    }


print(json.dumps(asyncio.run(main(Job.from_arguments()))))
