"""curl_cffi: one session, which pretends to be no browser."""

from curl_cffi.requests import AsyncSession

from .harness import PAYLOAD, Job, run, usual


async def main(job: Job) -> None:
    async def upload(url: str) -> tuple[int, int]:
        response = await session.post(url, data=PAYLOAD)
        return response.status_code, len(response.content)

    async def stream(url: str) -> tuple[int, int]:
        async with session.stream("GET", url) as response:
            size = 0
            async for chunk in response.aiter_content():
                size += len(chunk)
            return response.status_code, size

    verify = job.ca if job.tls else True
    async with AsyncSession(max_clients=job.in_flight, verify=verify) as session:
        await job.measure(**{**usual(session), "upload": upload}, stream=stream)


run(main)
