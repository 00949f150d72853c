"""fastfetch: `Response.json()` beside `orjson.loads` of the same bytes, in turns.

For each body two figures: how long `json()` takes, and its rate by that of orjson.
"""

import asyncio
import json
import time
from collections.abc import Callable
from statistics import median
from urllib.parse import urljoin

import fastfetch
import orjson

from .harness import Job

BODIES = {"12 KB": "records.json", "600 KB": "statuses.json"}
BYTES = 1_000_000
"""So many are read between two looks at the clock."""


def seconds(read: Callable[[], object], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        read()
    return (time.perf_counter() - started) / times


def figures(name: str, response: fastfetch.Response, turns: int) -> dict[str, float]:
    content = response.content
    times = max(1, BYTES // len(content))
    if response.json() != orjson.loads(content):
        raise SystemExit(f"{name}: not what orjson reads")
    pairs = [
        (seconds(lambda: orjson.loads(content), times), seconds(response.json, times)) for _ in range(turns)
    ]
    return {
        f"{name}: µs": median(ours for _, ours in pairs) * 1e6,
        f"{name}: rate / orjson": median(theirs / ours for theirs, ours in pairs),
    }


async def main(job: Job) -> dict[str, float]:
    found = {}
    for name, path in BODIES.items():
        response = await fastfetch.get(urljoin(job.url, path))
        found.update(figures(name, response, job.count))
    return found


print(json.dumps(asyncio.run(main(Job.from_arguments()))))
