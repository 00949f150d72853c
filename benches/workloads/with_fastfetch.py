"""fastfetch: `client.get` by workers as its peers are used, or one `gather`."""

import fastfetch

from .harness import BATCH_SECONDS, STREAMED_BYTES, Job, Tally, run, usual

USUAL = 100
"""More in flight than so many to one host has to be asked for."""


def limits(job: Job) -> fastfetch.Limits:
    if job.in_flight <= USUAL:
        return fastfetch.Limits(concurrency=job.in_flight)
    return fastfetch.Limits(concurrency=job.in_flight, per_host=job.in_flight)


def count(results: fastfetch.Results) -> Tally:
    """Read the status and the body of every response that came."""
    tally = Tally()
    for response in results:
        if response.error is None:
            tally.add(response.status_code, len(response.content))
    return tally


async def gather(job: Job, client: fastfetch.Client) -> None:
    """The clock stops when all answers are there, or when Python has read them all. All are held on."""
    await client.gather(job.warming())
    urls = job.urls()
    deadline = BATCH_SECONDS if job.mode == "gather-deadline" else None
    tally = None
    async with job.metered() as meter:
        results = await client.gather(urls, deadline=deadline)
        if job.mode == "gather-read":
            tally = count(results)
    meter.report(job.count, tally or count(results))


async def main(job: Job) -> None:
    async def stream(url: str) -> tuple[int, int]:
        async with client.stream("GET", url, max_body=STREAMED_BYTES) as response:
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
            return response.status_code, size

    tls = fastfetch.TLS(ca=job.ca) if job.tls else fastfetch.TLS()
    async with fastfetch.Client(limits=limits(job), tls=tls) as client:
        if job.mode.startswith("gather"):
            await gather(job, client)
        else:
            await job.measure(**usual(client), stream=stream)


run(main)
