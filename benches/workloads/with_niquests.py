"""niquests: one session."""

import niquests

from .harness import PAYLOAD, Job, run


async def main(job: Job) -> None:
    async def read(url: str) -> tuple[int, int]:
        response = await session.get(url)
        return response.status_code or 0, len(response.content or b"")

    async def decode(url: str) -> tuple[int, int]:
        response = await session.get(url)
        return response.status_code or 0, len(response.json())

    async def upload(url: str) -> tuple[int, int]:
        response = await session.post(url, data=PAYLOAD)
        return response.status_code or 0, len(response.content or b"")

    async def stream(url: str) -> tuple[int, int]:
        response = await session.get(url, stream=True)
        size = 0
        async for chunk in await response.iter_content(-1):
            size += len(chunk)
        return response.status_code or 0, size

    verify = job.ca if job.tls else True
    pools = {"pool_connections": job.in_flight, "pool_maxsize": job.in_flight}
    async with niquests.AsyncSession(**pools, verify=verify, disable_http3=True) as session:
        session.trust_env = False
        await job.measure(read=read, decode=decode, upload=upload, stream=stream)


run(main)
