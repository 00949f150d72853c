"""httpx2: worker tasks on one client."""

import asyncio
from collections.abc import Iterator

import httpx2

from .harness import Job, Tally


async def main(job: Job) -> None:
    async def read(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            response = await client.get(url)
            tally.add(response.status_code, len(response.content))

    async def decode(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            response = await client.get(url)
            tally.add(response.status_code, len(response.json()))

    workers = {"gather": read, "read": read, "decode": decode}
    limits = httpx2.Limits(max_connections=job.in_flight, max_keepalive_connections=job.in_flight)
    async with httpx2.AsyncClient(limits=limits) as client:
        await job.measure(workers[job.mode])


asyncio.run(main(Job.from_arguments()))
