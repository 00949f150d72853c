"""fastfetch: what it takes to be there, each time in a fresh interpreter; and what it costs to do nothing.

COUNT is that of interpreters. Times are medians and the shortest.
"""

import asyncio
import io
import json
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from statistics import median

from .harness import Job, rss_kb

CHILD = """
import asyncio, json, sys, time
started = time.perf_counter()
import fastfetch
imported = time.perf_counter()
async def main():
    begun = time.perf_counter()
    async with fastfetch.Client() as client:
        made = time.perf_counter()
        response = await client.get(sys.argv[1])
        response.raise_for_status()
        return made - begun, time.perf_counter() - made
client, request = asyncio.run(main())
times = {"import": imported - started, "first client": client, "first request": request}
print(json.dumps({name: seconds * 1e3 for name, seconds in times.items()}))
"""
IDLE = 2.0
TASKS = Path("/proc/self/task")


def switches() -> int:
    """How often the threads of this process went to sleep of their own accord, each time after a wake-up."""
    statuses = [(task / "status").read_text() for task in TASKS.iterdir()]
    return sum(int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0]) for status in statuses)


async def slept() -> int:
    before = switches()
    await asyncio.sleep(IDLE)
    return switches() - before


async def idle(job: Job) -> dict[str, float]:
    """Beyond those that a loop has which only sleeps."""
    alone = await slept()
    import fastfetch

    async with fastfetch.Client() as client:
        results = await client.gather(job.warming())
        results.raise_for_errors()
        del results
        await asyncio.sleep(0.1)  # what was in flight comes to rest
        beside = await slept()
        return {"wake-ups while idle": beside - alone, "RSS at rest MB": rss_kb() * 1024 / 1e6}


def wheel_megabytes() -> float:
    """The files that are installed, packed again as they came."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as wheel:
        for file in metadata.files("fastfetch") or ():
            if file.suffix != ".pyc":
                wheel.write(file.locate(), str(file))
    return packed.tell() / 1e6


def main(job: Job) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for _ in range(job.count):
        done = subprocess.run(
            [sys.executable, "-c", CHILD, job.url], capture_output=True, text=True, check=True
        )
        for name, milliseconds in json.loads(done.stdout).items():
            found.setdefault(name, []).append(milliseconds)
    times = {f"{name} ms": median(values) for name, values in found.items()}
    best = {f"{name} ms, shortest": min(values) for name, values in found.items()}
    return {**times, **best, **asyncio.run(idle(job)), "wheel MB": wheel_megabytes()}


print(json.dumps(main(Job.from_arguments())))
