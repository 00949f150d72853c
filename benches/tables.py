"""How long 100,000 results take to become a table: `python -m benches.tables [COUNT]`, prints JSON.

The answers are nginx's 171 bytes with its eight header fields, fetched once and held. Each way is timed
ROUNDS times, the ways in turn, and the shortest counts: what others do on the machine only adds. `copy` is
what the bodies alone cost: their bytes, copied one after another into one buffer.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable

import fastfetch
import pandas
import polars
import pyarrow

from .servers import nginx

ROUNDS = 15
COUNT = 100_000


def fetched(url: str, count: int) -> fastfetch.Results:
    results = asyncio.run(fastfetch.gather([f"{url}/small.json?n={number}" for number in range(count)]))
    if len(results.ok) != count:
        raise SystemExit(f"not all were fetched: {results.counts}")
    return results


def ways(results: fastfetch.Results) -> dict[str, Callable[[], object]]:
    """What is timed, by name."""
    rest = [name for name in results.table().column_names if name != "body"]
    bodies = results.table(["body"]).to_arrow()["body"]
    return {
        "table": results.table,
        "table, no body": lambda: results.table(rest),
        "table, body alone": lambda: results.table(["body"]),
        "to_polars": results.to_polars,
        "to_polars, no body": lambda: results.to_polars(rest),
        "to_pandas": results.to_pandas,
        "to_pandas, no body": lambda: results.to_pandas(rest),
        "polars.DataFrame(results)": lambda: polars.DataFrame(results),
        "pyarrow.table(results)": lambda: pyarrow.table(results),
        "pandas.DataFrame.from_arrow(results)": lambda: pandas.DataFrame.from_arrow(results),
        "copy": lambda: b"".join(chunk.buffers()[2] for chunk in bodies.chunks),
    }


def milliseconds(timed: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The shortest time of each."""
    best = dict.fromkeys(timed, float("inf"))
    for _ in range(ROUNDS):
        for name, way in timed.items():
            gc.collect()
            begun = time.perf_counter()
            made = way()
            best[name] = min(best[name], (time.perf_counter() - begun) * 1e3)
            del made
    return {name: round(value, 2) for name, value in best.items()}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with nginx() as bases:
        results = fetched(bases["http"], count)
    print(json.dumps({"count": count, "milliseconds": milliseconds(ways(results))}, indent=1))


if __name__ == "__main__":
    main()
