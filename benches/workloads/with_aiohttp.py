"""aiohttp: one session."""

import ssl

import aiohttp

from .harness import PAYLOAD, Job, run


async def main(job: Job) -> None:
    async def read(url: str) -> tuple[int, int]:
        async with session.get(url) as response:
            return response.status, len(await response.read())

    async def decode(url: str) -> tuple[int, int]:
        async with session.get(url) as response:
            return response.status, len(await response.json())

    async def hold(url: str) -> tuple[int, int]:
        async with session.get(url) as response:
            body = await response.read()
            job.held.append((response.status, response.headers, body))
            return response.status, len(body)

    async def upload(url: str) -> tuple[int, int]:
        async with session.post(url, data=PAYLOAD) as response:
            return response.status, len(await response.read())

    async def stream(url: str) -> tuple[int, int]:
        async with session.get(url) as response:
            size = 0
            async for chunk in response.content.iter_any():
                size += len(chunk)
            return response.status, size

    trust = ssl.create_default_context(cafile=job.ca) if job.tls else True
    connector = aiohttp.TCPConnector(limit=job.in_flight, ssl=trust)
    async with aiohttp.ClientSession(connector=connector) as session:
        await job.measure(read=read, decode=decode, hold=hold, upload=upload, stream=stream)


run(main)
