"""pyqwest: one client on a transport of its own, without telemetry."""

from pyqwest import Client, HTTPTransport

from .harness import PAYLOAD, Job, run


async def main(job: Job) -> None:
    async def read(url: str) -> tuple[int, int]:
        response = await client.get(url)
        return response.status, len(response.content)

    async def decode(url: str) -> tuple[int, int]:
        response = await client.get(url)
        return response.status, len(response.json())

    async def hold(url: str) -> tuple[int, int]:
        response = await client.get(url)
        body = response.content
        job.held.append((response.status, response.headers, body))
        return response.status, len(body)

    async def upload(url: str) -> tuple[int, int]:
        response = await client.post(url, content=PAYLOAD)
        return response.status, len(response.content)

    async def stream(url: str) -> tuple[int, int]:
        async with client.stream("GET", url) as response:
            size = 0
            async for chunk in response.content:
                size += len(chunk)
            return response.status, size

    trust = job.ca_pem if job.tls else None
    idle = job.in_flight
    async with HTTPTransport(tls_ca_cert=trust, pool_max_idle_per_host=idle, enable_otel=False) as transport:
        client = Client(transport)
        await job.measure(read=read, decode=decode, hold=hold, upload=upload, stream=stream)


run(main)
