"""httpx2: one client, HTTP/2 where the server offers it."""

import ssl

import httpx2

from .harness import PAYLOAD, Job, run


async def main(job: Job) -> None:
    async def read(url: str) -> tuple[int, int]:
        response = await client.get(url)
        return response.status_code, len(response.content)

    async def decode(url: str) -> tuple[int, int]:
        response = await client.get(url)
        return response.status_code, len(response.json())

    async def upload(url: str) -> tuple[int, int]:
        response = await client.post(url, content=PAYLOAD)
        return response.status_code, len(response.content)

    async def stream(url: str) -> tuple[int, int]:
        async with client.stream("GET", url) as response:
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
            return response.status_code, size

    limits = httpx2.Limits(max_connections=job.in_flight, max_keepalive_connections=job.in_flight)
    trust = ssl.create_default_context(cafile=job.ca) if job.tls else True
    async with httpx2.AsyncClient(limits=limits, verify=trust, http2=job.tls, timeout=60) as client:
        await job.measure(read=read, decode=decode, upload=upload, stream=stream)


run(main)
