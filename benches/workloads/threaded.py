"""fastfetch: 1, 2, 4, 8 and 16 I/O threads, side by side in one process.

COUNT is that of the rounds; in each, every number of threads has its turn at every kind of traffic, in an
order that alternates. Ratios are medians of what a round has, beside one thread in the same round.
"""

import asyncio
import itertools
import json
import os
import time
from collections.abc import Iterator
from statistics import median

import fastfetch

from ..servers import SMALL_BYTES, encoded_json
from . import many_hosts
from .harness import TLS_VARIABLE, Job

NUMBERS = (1, 2, 4, 8, 16)
SMALL = 4_000
LARGE = 1_000
"""Requests of a turn."""

Took = tuple[float, float]
"""Seconds by the wall and of CPU, for each request."""


def client(threads: int, job: Job) -> fastfetch.Client:
    """The number of threads is read where a client is made, so one process can have all of them."""
    os.environ["FASTFETCH_IO_THREADS"] = str(threads)
    limits = fastfetch.Limits(concurrency=job.in_flight, per_host=job.in_flight)
    return fastfetch.Client(limits=limits, tls=fastfetch.TLS(ca=job.ca))


def traffic(job: Job) -> dict[str, tuple[list[str], int]]:
    """URLs by kind, and the size of an answer."""
    coded = job.url.replace("small.json", "gzip.json")
    secured, size = f"{os.environ[TLS_VARIABLE]}/encoded.json", len(encoded_json())
    return {
        "1 host": ([f"{job.url}?n={number}" for number in range(SMALL)], SMALL_BYTES),
        "1,000 hosts": (list(many_hosts.urls(job.url, SMALL)), SMALL_BYTES),
        "gzip": ([f"{coded}?n={number}" for number in range(LARGE)], size),
        "TLS": ([f"{secured}?n={number}" for number in range(LARGE)], size),
    }


async def turn(client: fastfetch.Client, urls: list[str], size: int) -> Took:
    started, cpu = time.perf_counter(), time.process_time()
    results = await client.gather(urls, progress=False)
    taken = time.perf_counter() - started, time.process_time() - cpu
    good = sum(len(response.content) == size for response in results.ok)
    if good != len(urls):
        raise SystemExit(f"{good} of {len(urls)} answers were good")
    return taken[0] / len(urls), taken[1] / len(urls)


async def main(job: Job) -> dict[str, float]:
    clients = {threads: client(threads, job) for threads in NUMBERS}
    kinds = traffic(job)
    turns = list(itertools.product(kinds, NUMBERS))
    took: dict[tuple[str, int], list[Took]] = {each: [] for each in turns}
    for kind, threads in turns:
        await turn(clients[threads], *kinds[kind])
    for number in range(job.count):
        for kind, threads in turns if number % 2 else reversed(turns):
            took[kind, threads].append(await turn(clients[threads], *kinds[kind]))
    return dict(itertools.chain.from_iterable(figures(kind, took) for kind in kinds))


def figures(kind: str, took: dict[tuple[str, int], list[Took]]) -> Iterator[tuple[str, float]]:
    alone = took[kind, 1]
    yield f"{kind}: rate per s", 1 / median(wall for wall, _ in alone)
    yield f"{kind}: CPU µs each", 1e6 * median(cpu for _, cpu in alone)
    for threads in NUMBERS[1:]:
        pairs = list(zip(alone, took[kind, threads], strict=True))
        yield f"{kind}, {threads} threads: rate / 1", median(one[0] / more[0] for one, more in pairs)
        yield f"{kind}, {threads} threads: CPU / 1", median(more[1] / one[1] for one, more in pairs)


print(json.dumps(asyncio.run(main(Job.from_arguments()))))
