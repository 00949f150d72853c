"""httpx2: one client, HTTP/2 where the server offers it."""

import ssl

import httpx2

from .harness import Job, run, usual


async def main(job: Job) -> None:
    async def stream(url: str) -> tuple[int, int]:
        async with client.stream("GET", url) as response:
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
            return response.status_code, size

    limits = httpx2.Limits(max_connections=job.in_flight, max_keepalive_connections=job.in_flight)
    trust = ssl.create_default_context(cafile=job.ca) if job.tls else True
    async with httpx2.AsyncClient(limits=limits, verify=trust, http2=job.tls, timeout=60) as client:
        await job.measure(**usual(client), stream=stream)


run(main)
