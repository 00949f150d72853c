"""primp: one client, which pretends to be no browser."""

import primp

from .harness import Job, run, usual


async def main(job: Job) -> None:
    async def hold(url: str) -> tuple[int, int]:
        response = await client.get(url)
        body = response.content
        job.held.append((response.status_code, response.headers, body))
        return response.status_code, len(body)

    async def stream(url: str) -> tuple[int, int]:
        async with await client.get(url, stream=True) as response:
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
            return response.status_code, size

    trust = job.ca if job.tls else None
    async with primp.AsyncClient(ca_cert_file=trust, cookie_store=False, referer=False) as client:
        await job.measure(**usual(client), hold=hold, stream=stream)


run(main)
