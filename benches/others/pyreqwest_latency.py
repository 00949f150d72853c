"""pyreqwest's latency benchmark with one more library: fastfetch. Run by its path, in the sdist's folder.

`python PATH LIB` prints, as its last line, the median milliseconds of each batch of requests as JSON. The
sizes, the ways and the server are theirs; the rounds are fewer.
"""

import asyncio
import json
import os
import sys
from statistics import median
from typing import Any

import fastfetch

sys.path.insert(0, os.getcwd())  # their `tests`

from tests.bench.latency import PerformanceLatency  # type: ignore[import-not-found]
from tests.bench.server import server  # type: ignore[import-not-found]

WARM_UP, ROUNDS = 2, 8


async def with_fastfetch(runner: Any, body: bytes, concurrency: int) -> list[float]:
    """As theirs do it: bodies up to a limit whole, larger ones in pieces."""
    url, chunks = str(runner.url), runner.body_parts_chunks(body)

    async def whole() -> None:
        response = await client.post(url, content=body)
        assert len(response.content) == len(body)

    async def in_pieces() -> None:
        async with client.stream("POST", url, content=runner.body_parts_stream(chunks)) as response:
            total = 0
            async for chunk in response.aiter_bytes(runner.stream_read_chunk_size):
                total += len(chunk)
        assert total == len(body)

    limits = fastfetch.Limits(concurrency=concurrency)
    async with fastfetch.Client(tls=fastfetch.TLS(ca=runner.ca_cert.pem), limits=limits) as client:
        post = whole if len(body) <= runner.full_consume_size_limit else in_pieces
        timings: list[float] = await runner.meas_concurrent_batch(post, len(body), concurrency)
        return timings


async def main(lib: str) -> dict[str, float]:
    found = {}
    async with server() as (url, ca_cert):
        theirs = PerformanceLatency(url, lib, ca_cert)
        runner = theirs.runner
        runner.warmup_iterations, runner.iterations = WARM_UP, ROUNDS
        for size in theirs.body_sizes:
            for concurrency in theirs.concurrency_levels:
                body = b"x" * size
                if lib == "fastfetch":
                    timings = await with_fastfetch(runner, body, concurrency)
                else:
                    timings = await runner.run_lib(lib, body, concurrency)
                if timings:  # a library may not do all
                    found[f"{size // 1000:,} KB, {concurrency} at once"] = median(timings)
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1]))), flush=True)
    os._exit(0)  # as benches.workloads.harness ends
