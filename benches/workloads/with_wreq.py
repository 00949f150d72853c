"""wreq: worker tasks on one client; as its documentation has it, or tuned to one runtime thread."""

import asyncio
from collections.abc import Iterator

import wreq
from wreq.runtime import Runtime

from .harness import Job, Tally


async def main(job: Job) -> None:
    tuned = job.mode == "read-one-thread"
    client = wreq.Client(runtime=Runtime(workers=1, work_steal=False)) if tuned else wreq.Client()
    held: list[object] = []

    async def read(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            response = await client.get(url)
            tally.add(response.status.as_int(), len(await response.bytes()))

    async def decode(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            response = await client.get(url)
            tally.add(response.status.as_int(), len(await response.json()))

    async def hold(urls: Iterator[str], tally: Tally) -> None:
        for url in urls:
            response = await client.get(url)
            body = await response.bytes()
            held.append((response.status, response.headers, body))
            tally.add(response.status.as_int(), len(body))

    workers = {"gather": read, "read": read, "read-one-thread": read, "decode": decode, "hold": hold}
    await job.measure(workers[job.mode])


asyncio.run(main(Job.from_arguments()))
