"""fastfetch: one bad host among many good ones.

dead: when 95 % of the requests to good hosts are done, with a dead host among them and without it.
slow: when all requests to fast hosts are done, though those to a slow one come first; beside the way that
tutorials teach, one task per URL under a semaphore.
"""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from statistics import median, quantiles

import fastfetch

from benches.recorder import recording

from .harness import Job
from .many_hosts import HOSTS, urls

REPEATS = 3
PATIENCE = 1.0
"""Seconds until a connection to the dead host is given up."""
DELAY = 2.0
"""Seconds that the slow host takes over an answer."""


@contextmanager
def dead_host() -> Iterator[str]:
    """A host that lets connections wait: its queue is full, and Linux drops what comes then."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, socket.socket() as filler:
        filler.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def mixed(bad: str, good: Iterator[str]) -> Iterator[str]:
    """A request to the bad host for each one to every good host."""
    for number, url in enumerate(good):
        if number % HOSTS == 0:
            yield f"{bad}?n={number}"
        yield url


def first(bad: str, good: Iterator[str], count: int) -> Iterator[str]:
    """So many requests to the bad host, and then those to good ones."""
    return chain((f"{bad}?n={number}" for number in range(count)), good)


async def as_completed(client: fastfetch.Client, source: Iterator[str], bad: str, job: Job) -> list[float]:
    """When each request to a good host was done, in seconds; what is left then is given up."""
    times: list[float] = []
    started = time.perf_counter()
    completed = client.as_completed(source, concurrency=job.in_flight)
    async for response in completed:
        if not response.url.startswith(bad):
            response.raise_for_status()
            times.append(time.perf_counter() - started)
            if len(times) == job.count:
                break
    await completed.aclose()
    return times


async def in_order(client: fastfetch.Client, source: Iterator[str], bad: str, job: Job) -> float:
    """When all requests to good hosts were done, in seconds; what is left then is given up."""
    permits = asyncio.Semaphore(job.in_flight)

    async def get(url: str) -> None:
        async with permits:
            (await client.get(url)).raise_for_status()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        tasks = {url: group.create_task(get(url)) for url in source}
        await asyncio.gather(*(task for url, task in tasks.items() if not url.startswith(bad)))
        seconds = time.perf_counter() - started
        for task in tasks.values():
            task.cancel()
    return seconds


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


async def dead(client: fastfetch.Client, job: Job) -> dict[str, float]:
    without, beside = [], []
    for _ in range(REPEATS):
        with dead_host() as bad:
            good = await as_completed(client, urls(job.url, job.count), bad, job)
            without.append(p95(good))
            good = await as_completed(client, mixed(bad, urls(job.url, job.count)), bad, job)
            beside.append(p95(good))
    return {
        "p95 s": median(beside),
        "p95 s without it": median(without),
        "p95 / without it": median(beside) / median(without),
    }


async def slow(client: fastfetch.Client, job: Job) -> dict[str, float]:
    batch, naive = [], []
    with recording(DELAY) as record:
        for _ in range(REPEATS):
            source = first(record.url, urls(job.url, job.count), job.in_flight)
            batch.append(max(await as_completed(client, source, record.url, job)))
            source = first(record.url, urls(job.url, job.count), job.in_flight)
            naive.append(await in_order(client, source, record.url, job))
    return {
        "fast ones done s": median(batch),
        "under a semaphore s": median(naive),
        "under a semaphore / batch": median(naive) / median(batch),
    }


async def main(job: Job) -> dict[str, float]:
    async with fastfetch.Client(timeout=fastfetch.Timeout(connect=PATIENCE)) as client:
        await client.gather(urls(job.url, HOSTS), concurrency=job.in_flight)
        return await {"dead": dead, "slow": slow}[job.mode](client, job)


job = Job.from_arguments()
print(json.dumps(asyncio.run(main(job))))
