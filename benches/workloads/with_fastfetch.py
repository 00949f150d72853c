"""fastfetch: the whole list in one gather, or worker tasks on one client."""

import asyncio
from collections.abc import Iterator

import fastfetch

from .harness import Job, Meter, Tally


def count(results: fastfetch.Results) -> Tally:
    """Read the status and the body of every response."""
    tally = Tally()
    for response in results:
        tally.add(response.status_code, len(response.content))
    return tally


async def gather(job: Job) -> None:
    """The clock stops when all answers are there; they are still held when the peak is read."""
    count(await fastfetch.gather(job.warm_up(), concurrency=job.in_flight))
    urls = job.urls()
    meter = Meter()
    results = await fastfetch.gather(urls, concurrency=job.in_flight)
    meter.stop()
    meter.report(job.count, count(results))


async def gather_read(job: Job) -> None:
    """As `gather`, and the clock stops when Python has read every body."""
    count(await fastfetch.gather(job.warm_up(), concurrency=job.in_flight))
    urls = job.urls()
    meter = Meter()
    tally = count(await fastfetch.gather(urls, concurrency=job.in_flight))
    meter.stop()
    meter.report(job.count, tally)


async def workers(job: Job) -> None:
    async def read(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            response = await client.get(url)
            tally.add(response.status_code, len(response.content))

    async def decode(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            response = await client.get(url)
            tally.add(response.status_code, len(response.json()))

    async with fastfetch.Client() as client:
        await job.measure({"read": read, "decode": decode}[job.mode])


job = Job.from_arguments()
modes = {"gather": gather, "gather-read": gather_read}
asyncio.run(modes.get(job.mode, workers)(job))
