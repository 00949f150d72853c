"""wreq: one client; as its documentation has it, or tuned to one runtime thread."""

from pathlib import Path

import wreq
from wreq.runtime import Runtime

from .harness import PAYLOAD, Job, run


async def main(job: Job) -> None:
    async def read(url: str) -> tuple[int, int]:
        response = await client.get(url)
        return response.status.as_int(), len(await response.bytes())

    async def decode(url: str) -> tuple[int, int]:
        response = await client.get(url)
        return response.status.as_int(), len(await response.json())

    async def hold(url: str) -> tuple[int, int]:
        response = await client.get(url)
        body = await response.bytes()
        job.held.append((response.status, response.headers, body))
        return response.status.as_int(), len(body)

    async def upload(url: str) -> tuple[int, int]:
        response = await client.post(url, body=PAYLOAD)
        return response.status.as_int(), len(await response.bytes())

    async def stream(url: str) -> tuple[int, int]:
        response = await client.get(url)
        size = 0
        async with response.stream() as streamer:
            async for chunk in streamer:
                size += len(chunk)
        return response.status.as_int(), size

    runtime = Runtime(workers=1, work_steal=False) if job.mode == "read-one-thread" else None
    verify = Path(job.ca) if job.tls else True
    client = wreq.Client(runtime=runtime, tls_verify=verify)
    modes = {"read": read, "decode": decode, "hold": hold, "upload": upload, "stream": stream}
    await job.measure(**modes, **{"read-one-thread": read})


run(main)
