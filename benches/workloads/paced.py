"""fastfetch: rates held, as a server sees them.

For each rate two figures: by how much the mean rate differs from it, and how many requests began in the worst
second, as a share of what a rate with its burst allows in one.
"""

import asyncio
import json
from bisect import bisect_left

import fastfetch

from benches.recorder import recording

from .harness import Job

RATES = (5, 50, 5_000)


def burst(rate: int) -> int:
    """How many may begin at once, unless said otherwise: a twentieth of a second's worth."""
    return max(1, rate // 20)


def figures(rate: int, times: list[float]) -> dict[str, float]:
    times = sorted(times)
    # The burst is there at once, and the rate is that of all the others.
    mean = (len(times) - burst(rate)) / (times[-1] - times[0])
    worst = max(bisect_left(times, begin + 1) - index for index, begin in enumerate(times))
    return {
        f"{rate:,}/s: error %": abs(mean / rate - 1) * 100,
        f"{rate:,}/s: worst second %": worst / (rate + burst(rate)) * 100,
    }


async def pace(rate: int, seconds: int, in_flight: int) -> dict[str, float]:
    count = rate * seconds
    with recording() as record:
        async with fastfetch.Client() as client:
            results = await client.gather([record.url] * count, rate=rate, concurrency=in_flight)
    if len(results.ok) != count:
        raise SystemExit(f"{len(results.ok)} of {count} answers were good")
    return figures(rate, record.times)


async def main(job: Job) -> dict[str, float]:
    *slow, fast = RATES
    # The slow ones leave the machine idle, so they may run side by side; the fast one has it to itself.
    found = await asyncio.gather(*(pace(rate, job.count, job.in_flight) for rate in slow))
    found.append(await pace(fast, job.count, job.in_flight))
    return {name: value for each in found for name, value in each.items()}


print(json.dumps(asyncio.run(main(Job.from_arguments()))))
