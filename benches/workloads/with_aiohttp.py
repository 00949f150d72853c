"""aiohttp: worker tasks on one session."""

import asyncio
from collections.abc import Iterator

import aiohttp

from .harness import Job, Tally


async def main(job: Job) -> None:
    held: list[object] = []

    async def read(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            async with session.get(url) as response:
                tally.add(response.status, len(await response.read()))

    async def decode(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            async with session.get(url) as response:
                tally.add(response.status, len(await response.json()))

    async def hold(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            async with session.get(url) as response:
                body = await response.read()
                held.append((response.status, response.headers, body))
                tally.add(response.status, len(body))

    workers = {"gather": read, "read": read, "decode": decode, "hold": hold}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=job.in_flight)) as session:
        await job.measure(workers[job.mode])


asyncio.run(main(Job.from_arguments()))
