"""Measure fastfetch, its peers and the floor side by side: `python -m benches.run`.

A whole run writes results.json, RESULTS.md and its pictures. A partial one (fewer rounds, `--only`) prints
its page and writes nothing, so that RESULTS.md never shows figures of a hurried or incomplete run. `--full`
measures the trials alone, once and at full length, and adds what it finds to both files.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from . import trials
from .contenders import Contender, Workload
from .figures import FullRun, Measure, Report, Row, Sample, Table
from .machine import machine, versions
from .matrix import LAG, WORKLOADS
from .pictures import draw
from .program import RoundError, result_of
from .render import PAGE, RESULTS, load, render
from .servers import Bases, servers
from .trials import TRIALS, Trial, add_figures, trial_rows

ROUNDS = 3
PATIENCE_SECONDS = 60
"""For one round of a row, which takes a second or a few."""
EVERYTHING = [""]
Pair = tuple[Contender, Row]


def main() -> None:
    options = arguments()
    allow_many_files()
    if options.full:
        write({**load(), "full": measure_full()})
        return
    workloads = [chosen for workload in WORKLOADS if (chosen := choose(workload, options.only)).contenders]
    chosen_trials = [trial for trial in TRIALS if any(text in f"trial/{trial.name}" for text in options.only)]
    rounds = 1 if options.quick else options.rounds
    report = measure(workloads, chosen_trials, rounds)
    if rounds < ROUNDS or options.only != EVERYTHING:
        print(render(report))
        return
    if RESULTS.exists() and (full := load().get("full")):
        report["full"] = full
    write(report)


def write(report: Report) -> None:
    RESULTS.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(render(report))
    draw(report)


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
        help="only programs whose workload/name contains TEXT, and trials whose trial/name does",
    )
    parser.add_argument("--full", action="store_true", help="the trials alone, at full length")
    return parser.parse_args()


def allow_many_files() -> None:
    """Ten thousand connections are so many open files; the programs inherit the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def choose(workload: Workload, texts: list[str]) -> Workload:
    """What `--only` leaves of a workload."""
    named = {each: f"{workload.name}/{each.name}" for each in workload.contenders}
    return replace(
        workload,
        contenders=tuple(each for each, name in named.items() if any(text in name for text in texts)),
    )


def measure(workloads: list[Workload], chosen_trials: list[Trial], rounds: int) -> Report:
    begun = time.monotonic()
    report = Report(
        date=now(),
        rounds=rounds,
        minutes=0,
        machine=machine(),
        versions=versions(),
        tables=list(map(table_of, workloads)),
        trials=list(trial_rows(chosen_trials, full=False)),
    )
    tables = list(zip(workloads, report["tables"], strict=True))
    with servers() as bases:
        for number in range(1, rounds + 1):
            for workload, table in tables:
                if number <= (of := workload.rounds or rounds):
                    add_samples(workload, table, bases, number, of)
            for trial, trial_row in zip(chosen_trials, report["trials"], strict=True):
                if number <= trial.rounds:
                    add_figures(trial_row, trial, bases["http"])
                    print(f"{number}/{rounds} trial/{trial.name}: {trials.news(trial_row)}", file=sys.stderr)
        for workload, table in tables:
            if workload.name in LAG:
                add_lag(workload, table, bases)
    report["minutes"] = (time.monotonic() - begun) / 60
    print(f"took {report['minutes']:.1f} minutes", file=sys.stderr)
    return report


def measure_full() -> FullRun:
    rows = list(trial_rows(list(TRIALS), full=True))
    with servers() as bases:
        for trial, row in zip(TRIALS, rows, strict=True):
            add_figures(row, trial, bases["http"])
            print(f"full trial/{trial.name}: {trials.news(row)}", file=sys.stderr)
    return FullRun(date=now(), trials=rows)


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def table_of(workload: Workload) -> Table:
    return {
        "name": workload.name,
        "title": workload.title,
        "baseline": workload.baseline,
        "partial": workload.partial,
        "bytes_matter": workload.bytes_matter,
        "rows": list(rows(workload)),
    }


def rows(workload: Workload) -> Iterator[Row]:
    for each in workload.contenders:
        yield {
            "name": each.name,
            "peer": each.peer,
            "count": each.count,
            "samples": [],
            "lag_p99_ms": None,
            "problem": each.absence(),
        }


def add_samples(workload: Workload, table: Table, bases: Bases, number: int, of: int) -> None:
    """One round of each program; after a failure it takes no further part, and its row says why.

    The first program finds memory that the machine may have to fetch, and those after it what it has touched:
    each round begins with another one.
    """
    for contender, row in turned(list(zip(workload.contenders, table["rows"], strict=True)), number - 1, of):
        if row["problem"] is None:
            try:
                row["samples"].append(sample(workload, contender, contender.command, bases))
            except RoundError as failure:
                row["problem"] = f"failed: {failure}"
        print(f"{number}/{of} {workload.name}/{contender.name}: {news(row)}", file=sys.stderr)


def turned(row: list[Pair], number: int, of: int) -> list[Pair]:
    """The same in the same order, from a place that is another one in each of so many rounds."""
    start = len(row) * number // of
    return row[start:] + row[:start]


def add_lag(workload: Workload, table: Table, bases: Bases) -> None:
    """One more round of each program with an event loop, of which only the lag is kept."""
    for contender, row in zip(workload.contenders, table["rows"], strict=True):
        if row["problem"] is None and contender.lagging:
            try:
                row["lag_p99_ms"] = sample(workload, contender, contender.lagging, bases)["lag_p99_ms"]
            except RoundError as failure:
                print(f"lag {workload.name}/{contender.name}: {failure}", file=sys.stderr)


def news(row: Row) -> str:
    """The last round in a few words, for whoever waits."""
    if row["problem"] is not None:
        return row["problem"]
    last = row["samples"][-1]
    rate = last["ok"] / last["seconds"]
    return f"{rate:,.1f}/s, {Measure.CPU.of(last):,.1f} µs CPU each, {last['seconds']:.1f} s"


def sample(workload: Workload, contender: Contender, command: tuple[str, ...], bases: Bases) -> Sample:
    count = str(contender.count)
    if workload.path is None:
        arguments = [count]
    elif (base := bases.get(workload.server)) is None:
        raise RoundError("its server is not built")
    else:
        arguments = [base + workload.path, count, str(workload.in_flight), str(workload.warm_up)]
    result: Sample = result_of([*command, *arguments], PATIENCE_SECONDS)
    good = result["ok"] if workload.partial else contender.count
    if result["ok"] != good or result["size"] != good * workload.size:
        raise RoundError(f"{result['ok']} of {contender.count} answers were good, {result['size']} in size")
    return result


if __name__ == "__main__":
    main()
