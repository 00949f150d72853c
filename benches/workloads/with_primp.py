"""primp: one client, which pretends to be no browser."""

import primp

from .harness import PAYLOAD, Job, run


async def main(job: Job) -> None:
    async def read(url: str) -> tuple[int, int]:
        response = await client.get(url)
        return response.status_code, len(response.content)

    async def decode(url: str) -> tuple[int, int]:
        response = await client.get(url)
        return response.status_code, len(response.json())

    async def hold(url: str) -> tuple[int, int]:
        response = await client.get(url)
        body = response.content
        job.held.append((response.status_code, response.headers, body))
        return response.status_code, len(body)

    async def upload(url: str) -> tuple[int, int]:
        response = await client.post(url, content=PAYLOAD)
        return response.status_code, len(response.content)

    async def stream(url: str) -> tuple[int, int]:
        async with await client.get(url, stream=True) as response:
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
            return response.status_code, size

    trust = job.ca if job.tls else None
    async with primp.AsyncClient(ca_cert_file=trust, cookie_store=False, referer=False) as client:
        await job.measure(read=read, decode=decode, hold=hold, upload=upload, stream=stream)


run(main)
