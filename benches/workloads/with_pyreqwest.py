"""pyreqwest: one client."""

from pyreqwest.client import ClientBuilder

from .harness import PAYLOAD, Job, run


async def main(job: Job) -> None:
    async def read(url: str) -> tuple[int, int]:
        response = await client.get(url).build().send()
        return response.status, len(await response.bytes())

    async def decode(url: str) -> tuple[int, int]:
        response = await client.get(url).build().send()
        return response.status, len(await response.json())

    async def hold(url: str) -> tuple[int, int]:
        response = await client.get(url).build().send()
        body = await response.bytes()
        job.held.append((response.status, response.headers, body))
        return response.status, len(body)

    async def upload(url: str) -> tuple[int, int]:
        response = await client.post(url).body_bytes(PAYLOAD).build().send()
        return response.status, len(await response.bytes())

    async def stream(url: str) -> tuple[int, int]:
        async with client.get(url).build_streamed() as response:
            size = 0
            while (chunk := await response.body_reader.read_chunk()) is not None:
                size += len(chunk)
            return response.status, size

    builder = ClientBuilder()
    if job.tls:
        builder = builder.add_root_certificate_pem(job.ca_pem).http2(True)
    async with builder.build() as client:
        await job.measure(read=read, decode=decode, hold=hold, upload=upload, stream=stream)


run(main)
