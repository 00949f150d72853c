"""What every workload shares: the arguments, the list of URLs, the meter and the JSON line."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Requests sent before the clock starts, so that every connection and every thread is there.
WARM_UP = 300
STATUS = Path("/proc/self/status")


@dataclass
class Tally:
    """Answers with status 200, and the size of all bodies: bytes, or records when decoded."""

    ok: int = 0
    size: int = 0

    def add(self, status: int, size: int) -> None:
        self.ok += status == 200
        self.size += size


Worker = Callable[[Iterator[str], Tally], Awaitable[None]]


@dataclass(frozen=True)
class Job:
    """The command line: MODE URL COUNT IN_FLIGHT."""

    mode: str
    url: str
    count: int
    in_flight: int

    @classmethod
    def from_arguments(cls) -> "Job":
        mode, url, count, in_flight = sys.argv[1:]
        return cls(mode, url, int(count), int(in_flight))

    def warm_up(self) -> list[str]:
        return [f"{self.url}?n={number}" for number in range(WARM_UP)]

    def urls(self) -> list[str]:
        return [f"{self.url}?n={number}" for number in range(self.count)]

    async def measure(self, worker: Worker) -> None:
        run = self._gather if self.mode == "gather" else self._share
        await run(worker, self.warm_up())
        urls = self.urls()
        meter = Meter()
        tally = await run(worker, urls)
        meter.stop()
        meter.report(self.count, tally)

    async def _share(self, worker: Worker, urls: list[str]) -> Tally:
        """IN_FLIGHT workers share one iterator of URLs: the fastest way that asyncio has."""
        tally, queue = Tally(), iter(urls)
        await asyncio.gather(*(worker(queue, tally) for _ in range(self.in_flight)))
        return tally

    async def _gather(self, worker: Worker, urls: list[str]) -> Tally:
        """One task per URL under a semaphore: the way that tutorials teach."""
        tally, permits = Tally(), asyncio.Semaphore(self.in_flight)

        async def one(url: str) -> None:
            async with permits:
                await worker(iter((url,)), tally)

        await asyncio.gather(*map(one, urls))
        return tally


class Meter:
    """Wall clock and CPU (user + system, all threads) from its making to `stop`."""

    def __init__(self) -> None:
        self._cpu = cpu_seconds()
        self._started = time.perf_counter()

    def stop(self) -> None:
        self._seconds = time.perf_counter() - self._started
        self._cpu = cpu_seconds() - self._cpu

    def report(self, requests: int, tally: Tally) -> None:
        line = {
            "requests": requests,
            "ok": tally.ok,
            "size": tally.size,
            "seconds": self._seconds,
            "cpu_seconds": self._cpu,
            "peak_rss_kb": peak_rss_kb(),
        }
        print(json.dumps(line))


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
