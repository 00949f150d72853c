"""JSON bodies as a table, beside orjson and polars: `python -m benches.json_table [COUNT]`, prints JSON.

COUNT different bodies of about 12 KB, as APIs answer with, are fetched from this program and held. Then
one way of making a table of them is timed, in a process of its own, ROUNDS times each, in turn. `peak` is the
most memory beyond that with the bodies held, as a part of their size.
"""

import asyncio
import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fastfetch

from .bodies import words
from .program import result_of

ROUNDS = 5
COUNT = 10_000
ITEMS = 28
"""So many make about 12 KB."""


def body(number: int) -> bytes:
    """A page of an API's answer."""
    chance = random.Random(number)
    page = {
        "id": number,
        "status": "ok",
        "next": f"https://api.example.com/items?page={number + 1}",
        "meta": {"took_ms": chance.random() * 100, "shard": chance.randrange(9), "version": "2.1"},
        "items": [item(chance, number * ITEMS + place) for place in range(ITEMS)],
    }
    return json.dumps(page, separators=(",", ":")).encode()


def item(chance: random.Random, number: int) -> dict[str, object]:
    return {
        "id": number,
        "name": words(chance, 2),
        "price": round(chance.uniform(1, 1000), 2),
        "in_stock": chance.random() < 0.5,
        "tags": ["new", "sale", "last one"][: chance.randrange(4)],
        "size": {"width": round(chance.uniform(1, 100), 3), "height": chance.randrange(100)},
        "owner": {"id": chance.randrange(10**9), "login": f"user{chance.randrange(999)}", "admin": False},
        "url": f"https://api.example.com/items/{number}",
        "description": words(chance, 7),
        "parent": chance.choice([None, chance.randrange(10**6)]),
        "created_at": f"2026-01-{chance.randrange(1, 29):02}T12:00:00Z",
    }


def with_fastfetch(results: fastfetch.Results) -> Callable[[], object]:
    import polars

    return lambda: polars.DataFrame(results.json_table())


def with_orjson(results: fastfetch.Results) -> Callable[[], object]:
    import orjson
    import polars

    bodies = [response.content for response in results]
    return lambda: polars.DataFrame([orjson.loads(body) for body in bodies])


WAYS = {"fastfetch": with_fastfetch, "orjson": with_orjson}


def memory(line: str) -> int:
    """What the kernel says of this process, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{line}:")[1].split()[0]) * 1024


def one(way: str, url: str, count: int) -> dict[str, float]:
    """One round of one way, in this process."""
    results = asyncio.run(fastfetch.gather(f"{url}/{number}" for number in range(count)))
    if len(results.ok) != count:
        raise SystemExit(f"not all were fetched: {results.counts}")
    size = sum(len(response.content) for response in results)
    table = WAYS[way](results)
    # The highest mark so far is forgotten.
    Path("/proc/self/clear_refs").write_text("5")
    held, begun = memory("VmRSS"), time.perf_counter()
    made = table()
    seconds = time.perf_counter() - begun
    peak = (memory("VmHWM") - held) / size
    del made
    return {"seconds": seconds, "peak": peak, "megabytes": size / 1e6}


@contextmanager
def served(bodies: list[bytes]) -> Iterator[str]:
    """The URL under which each body is found by its number."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""):
            found = bodies[int(head.split(b" ", 2)[1][1:])]
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(found), found))

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1")
        port.append(server.sockets[0].getsockname()[1])
        listening.set()
        await server.serve_forever()

    port, listening = list[int](), threading.Event()
    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    listening.wait()
    yield f"http://127.0.0.1:{port[0]}"


def compare(count: int) -> dict[str, object]:
    """All rounds of all ways, in turn: medians, and how they compare."""
    bodies = [body(number) for number in range(count)]
    rounds: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    with served(bodies) as url:
        for _ in range(ROUNDS):
            for way, made in rounds.items():
                made.append(result_of([sys.executable, "-m", "benches.json_table", way, url, str(count)]))
    medians = {
        way: {name: round(statistics.median(each[name] for each in made), 3) for name in made[0]}
        for way, made in rounds.items()
    }
    ratio = medians["orjson"]["seconds"] / medians["fastfetch"]["seconds"]
    return {"count": count, **medians, "rate beside orjson and polars": round(ratio, 2)}


def main() -> None:
    match sys.argv[1:]:
        case [way, url, count]:
            print(json.dumps(one(way, url, int(count))))
        case count:
            print(json.dumps(compare(int(count[0]) if count else COUNT), indent=1))


if __name__ == "__main__":
    main()
