"""Fetches good and faulty answers in equal rounds, and says as JSON what it held before, between and after.

Arguments: how many requests in a round, how many rounds, the share of faulty ones, URLs of good answers
separated by commas, URLs of faulty ones.
"""

import asyncio
import contextlib
import gc
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from fastfetch import Client, FetchError, Limits, Request, Response

from tests.programs.running import allow_slow_callbacks

SILENCE = 0.1
"""Seconds after which a server is silent for too long."""
PATIENCE = 10.0


def held() -> dict[str, int]:
    """What this process holds at the moment: how many of each."""
    count = {name: len(os.listdir(f"/proc/self/{name}")) for name in ("fd", "task")}
    return {"descriptors": count["fd"], "threads": count["task"], "tasks": len(asyncio.all_tasks())}


def resident() -> int:
    """The bytes of memory in use."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def request(url: str) -> Request:
    return Request("GET", url, timeout=SILENCE if url.endswith("/silent") else 30)


async def alone(client: Client, url: str) -> str:
    """One request, whose answer is read whole, in part, or not at all."""
    try:
        match random.randrange(3):
            case 0:
                return said(await client.send(request(url)))
            case way:
                timeout = SILENCE if url.endswith("/silent") else 30
                async with client.stream("GET", url, timeout=timeout) as response:
                    if way == 1:
                        async for _ in response.aiter_bytes():
                            break
                    return "answered"
    except FetchError as error:
        return type(error).__name__


def said(response: Response) -> str:
    return "answered" if response.error is None else type(response.error).__name__


async def one_round(client: Client, urls: list[str]) -> Counter[str]:
    """Requests in every way there is."""
    half, rest = urls[: len(urls) // 2], urls[len(urls) // 2 :]
    counts = Counter(map(said, await client.gather([request(url) for url in half])))
    singles = rest[: len(rest) // 4]
    counts.update(await asyncio.gather(*[alone(client, url) for url in singles]))
    async for response in client.as_completed([request(url) for url in rest[len(singles) :]]):
        counts[said(response)] += 1
    return counts


def drawn(count: int, share: float, good: list[str], faulty: list[str]) -> list[str]:
    """The URLs of a round: each kind of fault as often as any other."""
    wrong = round(count * share)
    urls = [faulty[number % len(faulty)] for number in range(wrong)]
    urls += [good[number % len(good)] for number in range(count - wrong)]
    random.shuffle(urls)
    return urls


def sockets() -> int:
    """How many sockets are open; the event loop has two of its own."""
    count = 0
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # Closed meanwhile.
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    return count


async def until(met: Callable[[], bool]) -> None:
    """Wait until it is so, or the patience is at its end: who holds what is told by nobody."""
    deadline = time.monotonic() + PATIENCE
    while not met() and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def rounds(number: int, urls: list[str], own: int) -> tuple[Counter[str], list[int]]:
    """So many, each by a client of its own; and the memory in use after each, when all is closed."""
    counts, memory = Counter[str](), []
    for _ in range(number):
        async with Client(
            limits=Limits(concurrency=50, per_host=50), max_redirects=3, trust_env=False
        ) as client:
            counts += await one_round(client, urls)
        await until(lambda: sockets() == own)
        memory.append(resident())
    return counts, memory


async def main(count: int, number: int, share: float, good: list[str], faulty: list[str]) -> None:
    random.seed(6)
    urls, own = drawn(count, share, good, faulty), sockets()
    await rounds(2, urls, own)  # Everything is set up that stays.
    before = held()
    counts, memory = await rounds(number, urls, own)
    await until(lambda: held() == before)
    print(json.dumps({"counts": counts, "before": before, "after": held(), "memory": memory}))


if __name__ == "__main__":
    allow_slow_callbacks()
    asyncio.run(
        main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4].split(","), sys.argv[5:])
    )
