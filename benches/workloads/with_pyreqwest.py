"""pyreqwest: worker tasks on one client."""

import asyncio
from collections.abc import Iterator

from pyreqwest.client import ClientBuilder

from .harness import Job, Tally


async def main(job: Job) -> None:
    async def read(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            response = await client.get(url).build().send()
            tally.add(response.status, len(await response.bytes()))

    async def decode(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            response = await client.get(url).build().send()
            tally.add(response.status, len(await response.json()))

    workers = {"gather": read, "read": read, "decode": decode}
    async with ClientBuilder().build() as client:
        await job.measure(workers[job.mode])


asyncio.run(main(Job.from_arguments()))
