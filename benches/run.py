"""Measure fastfetch, its peers and the floor side by side: `python -m benches.run`.

A whole run writes results.json and RESULTS.md. A partial one (fewer rounds, `--only`) prints its page and
writes nothing, so that RESULTS.md never shows figures of a hurried or incomplete run. `--full` measures the
trials alone, once and at full length, and adds what it finds to both files.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from . import trials
from .contenders import IN_FLIGHT, WORKLOADS, Contender, Workload
from .figures import FullRun, Measure, Report, Row, Sample
from .machine import machine, versions
from .program import RoundError, result_of
from .render import PAGE, RESULTS, load, render
from .servers import nginx
from .trials import TRIALS, Trial, add_figures, trial_rows

ROUNDS = 5
EVERYTHING = [""]


def main() -> None:
    options = arguments()
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


def choose(workload: Workload, texts: list[str]) -> Workload:
    """What `--only` leaves of a workload."""
    named = {each: f"{workload.name}/{each.name}" for each in workload.contenders}
    return replace(
        workload,
        contenders=tuple(each for each, name in named.items() if any(text in name for text in texts)),
    )


def measure(workloads: list[Workload], chosen_trials: list[Trial], rounds: int) -> Report:
    report = Report(
        date=now(),
        rounds=rounds,
        machine=machine(),
        versions=versions(),
        tables=[
            {"name": each.name, "title": each.title, "baseline": each.baseline, "rows": list(rows(each))}
            for each in workloads
        ],
        trials=list(trial_rows(chosen_trials, full=False)),
    )
    with nginx() as server:
        for number in range(1, rounds + 1):
            for workload, table in zip(workloads, report["tables"], strict=True):
                for contender, row in zip(workload.contenders, table["rows"], strict=True):
                    add_sample(row, workload, contender, server)
                    print(f"{number}/{rounds} {workload.name}/{contender.name}: {news(row)}", file=sys.stderr)
            if number <= trials.ROUNDS:
                for trial, trial_row in zip(chosen_trials, report["trials"], strict=True):
                    add_figures(trial_row, trial, server)
                    print(f"{number}/{rounds} trial/{trial.name}: {trials.news(trial_row)}", file=sys.stderr)
    return report


def measure_full() -> FullRun:
    rows = list(trial_rows(list(TRIALS), full=True))
    with nginx() as server:
        for trial, row in zip(TRIALS, rows, strict=True):
            add_figures(row, trial, server)
            print(f"full trial/{trial.name}: {trials.news(row)}", file=sys.stderr)
    return FullRun(date=now(), trials=rows)


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


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
    result: Sample = result_of([*contender.command, *arguments])
    if result["ok"] != contender.count or result["size"] != contender.count * workload.size:
        raise RoundError(f"{result['ok']} of {contender.count} answers were good, {result['size']} in size")
    return result


if __name__ == "__main__":
    main()
