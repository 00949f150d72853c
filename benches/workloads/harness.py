"""What every workload shares: the arguments, the URLs and ways to share them, the meter, the JSON line."""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import lateness, many_hosts

# Requests sent before the clock starts, so that every connection and every thread is there.
WARM_UP = 300
STATUS = Path("/proc/self/status")
CA_VARIABLE = "BENCH_CA"
"""Names the file of the one authority to trust."""
TLS_VARIABLE = "BENCH_TLS"
"""Names where the files are to be had by TLS: to programs that fetch from more than one port."""
BATCH_SECONDS = 3.0
"""What a batch with a deadline has."""
PAYLOAD = bytes(1_000_000)
"""What is uploaded."""
STREAMED_BYTES = 1_000_000_000
"""What is read in pieces."""


@dataclass
class Tally:
    """Answers with status 200, and the size of all bodies: bytes, or records when decoded."""

    ok: int = 0
    size: int = 0

    def add(self, status: int, size: int) -> None:
        self.ok += status == 200
        self.size += size


Fetch = Callable[[str], Awaitable[tuple[int, int]]]
"""Fetches one URL: status, and the size of the body."""
READING = ("gather", "hosts", "deadline")
"""Modes in which a client reads bodies as in `read`."""


@dataclass(frozen=True)
class Job:
    """The command line: MODE URL COUNT IN_FLIGHT [WARM_UP]. MODE@uvloop and MODE@lag are ways to run it."""

    mode: str
    url: str
    count: int
    in_flight: int
    warm_up: int = WARM_UP
    ways: tuple[str, ...] = ()
    held: list[object] = field(default_factory=list)

    @classmethod
    def from_arguments(cls) -> "Job":
        mode, url, count, in_flight, *more = sys.argv[1:]
        mode, *ways = mode.split("@")
        warm_up = int(more[0]) if more else WARM_UP
        return cls(mode, url, int(count), int(in_flight), warm_up, tuple(ways))

    @property
    def ca(self) -> str:
        return os.environ[CA_VARIABLE]

    @property
    def ca_pem(self) -> bytes:
        return Path(self.ca).read_bytes()

    @property
    def tls(self) -> bool:
        return self.url.startswith("https:")

    def warming(self) -> list[str]:
        return [f"{self.url}?n={number}" for number in range(self.warm_up)]

    def urls(self) -> list[str]:
        if self.mode.endswith("hosts"):
            return list(many_hosts.urls(self.url, self.count))
        return [f"{self.url}?n={number}" for number in range(self.count)]

    async def measure(self, **modes: Fetch) -> None:
        """Fetch all URLs in the way that the mode says."""
        fetch = modes["read" if self.mode in READING else self.mode]
        share = {"gather": self._gather, "deadline": self._in_time}.get(self.mode, self._share)
        await share(fetch, self.warming())
        urls = self.urls()
        async with self.metered() as meter:
            tally = await share(fetch, urls)
        meter.report(self.count, tally)

    @asynccontextmanager
    async def metered(self) -> AsyncIterator["Meter"]:
        """The clock runs within the block. With `@lag` a task beside it notes how late the loop is."""
        if "lag" in self.ways:
            async with lateness.noted() as late:
                meter = Meter()
                yield meter
                meter.stop()
            meter.lag_ms = lateness.p99(late)
        else:
            meter = Meter()
            yield meter
            meter.stop()

    async def _share(self, fetch: Fetch, urls: Iterable[str]) -> Tally:
        """IN_FLIGHT workers share one iterator of URLs: the fastest way that asyncio has."""
        tally, queue = Tally(), iter(urls)

        async def worker() -> None:
            for url in queue:
                status, size = await fetch(url)
                tally.add(status, size)

        await asyncio.gather(*(worker() for _ in range(self.in_flight)))
        return tally

    async def _gather(self, fetch: Fetch, urls: Iterable[str]) -> Tally:
        """One task per URL under a semaphore: the way that tutorials teach."""
        tally, permits = Tally(), asyncio.Semaphore(self.in_flight)

        async def one(url: str) -> None:
            async with permits:
                status, size = await fetch(url)
            tally.add(status, size)

        await asyncio.gather(*map(one, urls))
        return tally

    async def _in_time(self, fetch: Fetch, urls: Iterable[str]) -> Tally:
        """One task per URL, and what is not there at the deadline is given up."""
        tasks = [asyncio.ensure_future(fetch(url)) for url in urls]
        tally = Tally()
        if not tasks:
            return tally
        done, late = await asyncio.wait(tasks, timeout=BATCH_SECONDS)
        for task in done:
            if task.exception() is None:
                tally.add(*task.result())
        for task in late:
            task.cancel()
        return tally


def usual(client: Any) -> dict[str, Fetch]:
    """What a client does that has the face of httpx: to `read`, `decode` and `upload`."""

    async def read(url: str) -> tuple[int, int]:
        response = await client.get(url)
        return response.status_code, len(response.content)

    async def decode(url: str) -> tuple[int, int]:
        response = await client.get(url)
        return response.status_code, len(response.json())

    async def upload(url: str) -> tuple[int, int]:
        response = await client.post(url, content=PAYLOAD)
        return response.status_code, len(response.content)

    return {"read": read, "decode": decode, "upload": upload}


class Meter:
    """Wall clock and CPU (user + system, all threads) from its making to `stop`."""

    lag_ms: float | None = None

    def __init__(self) -> None:
        self._cpu = cpu_seconds()
        self._started = time.perf_counter()

    def stop(self) -> None:
        self._seconds = time.perf_counter() - self._started
        self._cpu = cpu_seconds() - self._cpu

    def report(self, requests: int, tally: Tally) -> None:
        line: dict[str, float] = {
            "requests": requests,
            "ok": tally.ok,
            "size": tally.size,
            "seconds": self._seconds,
            "cpu_seconds": self._cpu,
            "peak_rss_kb": peak_rss_kb(),
        }
        if self.lag_ms is not None:
            line["lag_p99_ms"] = self.lag_ms
        print(json.dumps(line), flush=True)


def run(main: Callable[[Job], Coroutine[Any, Any, None]]) -> None:
    """Run a client of asyncio on the loop that the arguments name."""
    job = Job.from_arguments()
    factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    if "uvloop" in job.ways:
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main(job))
    # Some peers' threads crash while an interpreter ends. All has been said, so this one need not.
    os._exit(0)


def measure_blocking(job: Job, share: Callable[[Iterator[str]], Tally]) -> None:
    """As `Job.measure`, of a client without asyncio."""
    share(iter(job.warming()))
    urls = iter(job.urls())
    meter = Meter()
    tally = share(urls)
    meter.stop()
    meter.report(job.count, tally)


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def rss_kb() -> int:
    """The memory in use now, on Linux."""
    return status("VmRSS")


def peak_rss_kb() -> int:
    """The peak of this program alone: Linux lets `ru_maxrss` begin at what the parent used before exec."""
    if STATUS.exists():
        return status("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # bytes on macOS


def status(field: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1])
