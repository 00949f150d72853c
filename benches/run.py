"""Measure fastfetch, its peers and the floor side by side: `python -m benches.run`.

A full run writes results.json and RESULTS.md. A partial one (fewer rounds, `--only`) prints its page and
writes nothing, so that RESULTS.md never shows figures of a hurried or incomplete run.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from .contenders import IN_FLIGHT, WORKLOADS, Contender, Workload
from .figures import Measure, Report, Row, Sample
from .machine import machine, versions
from .render import HERE, PAGE, RESULTS, render
from .servers import nginx

# One round takes seconds; a program that needs minutes hangs.
PATIENCE_SECONDS = 300
ROUNDS = 5
EVERYTHING = [""]


class RoundError(Exception):
    """A program ended badly, or brought back something else than was asked for."""


def main() -> None:
    options = arguments()
    workloads = [chosen for workload in WORKLOADS if (chosen := choose(workload, options.only)).contenders]
    rounds = 1 if options.quick else options.rounds
    report = measure(workloads, rounds)
    if rounds < ROUNDS or options.only != EVERYTHING:
        print(render(report))
        return
    RESULTS.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(render(report))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help="how often each program runs (default %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="one round only")
    parser.add_argument(
        "--only",
        nargs="+",
        default=EVERYTHING,
        metavar="TEXT",
        help="only programs whose workload/name contains TEXT",
    )
    return parser.parse_args()


def choose(workload: Workload, texts: list[str]) -> Workload:
    """What `--only` leaves of a workload."""
    named = {each: f"{workload.name}/{each.name}" for each in workload.contenders}
    return replace(
        workload,
        contenders=tuple(each for each, name in named.items() if any(text in name for text in texts)),
    )


def measure(workloads: list[Workload], rounds: int) -> Report:
    report = Report(
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        rounds=rounds,
        machine=machine(),
        versions=versions(),
        tables=[
            {"name": each.name, "title": each.title, "baseline": each.baseline, "rows": list(rows(each))}
            for each in workloads
        ],
    )
    with nginx() as server:
        for number in range(1, rounds + 1):
            for workload, table in zip(workloads, report["tables"], strict=True):
                for contender, row in zip(workload.contenders, table["rows"], strict=True):
                    add_sample(row, workload, contender, server)
                    print(f"{number}/{rounds} {workload.name}/{contender.name}: {news(row)}", file=sys.stderr)
    return report


def rows(workload: Workload) -> Iterator[Row]:
    for each in workload.contenders:
        yield {"name": each.name, "count": each.count, "samples": [], "problem": each.absence()}


def add_sample(row: Row, workload: Workload, contender: Contender, server: str) -> None:
    """One round of one program; after a failure it takes no further part, and its row says why."""
    if row["problem"] is None:
        try:
            row["samples"].append(sample(workload, contender, server))
        except RoundError as failure:
            row["problem"] = f"failed: {failure}"


def news(row: Row) -> str:
    """The last round in a few words, for whoever waits."""
    if row["problem"] is not None:
        return row["problem"]
    last = row["samples"][-1]
    return f"{Measure.RATE.of(last):,.0f}/s, {Measure.CPU.of(last):.1f} µs CPU each"


def sample(workload: Workload, contender: Contender, server: str) -> Sample:
    count = str(contender.count)
    arguments = [count] if workload.path is None else [server + workload.path, count, str(IN_FLIGHT)]
    command = [*contender.command, *arguments]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            cwd=HERE.parent,
            env=direct_environment(),
        )
    except subprocess.TimeoutExpired:
        raise RoundError(f"no end within {PATIENCE_SECONDS} s") from None
    if done.returncode != 0:
        complaint = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise RoundError(complaint[-1])
    try:
        result: Sample = json.loads(done.stdout)
    except ValueError:
        raise RoundError(f"printed no result but {done.stdout[:80]!r}") from None
    if result["ok"] != contender.count or result["size"] != contender.count * workload.size:
        raise RoundError(f"{result['ok']} of {contender.count} answers were good, {result['size']} in size")
    return result


def direct_environment() -> dict[str, str]:
    """No proxy may stand between a client and the server."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


if __name__ == "__main__":
    main()
