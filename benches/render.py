"""A report as Markdown. `python -m benches.render` renders results.json again."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

from .contenders import IN_FLIGHT
from .figures import GOALS, Measure, Report, Row, Table, TrialRow, find, middle, ratio, spread
from .workloads.harness import WARM_UP

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "results.json", HERE / "RESULTS.md"

METHOD = f"""\
Every program is a process of its own against one nginx worker on loopback, one program at a time, in
interleaved rounds (A B C, A B C, and so on). All URLs are distinct and built before the clock starts; so are
the imports, the client and {WARM_UP} requests of warm-up, which open the {IN_FLIGHT} connections. Each
program says how many answers had status 200 and how large all bodies were together; where that is not what
was asked for, its row says so instead of showing figures.

* **gather**: fastfetch gets the whole list in one `gather` and holds all answers until it ends; "every body
  read" then reads each from Python while the clock still runs. The asyncio peers run one task per URL under
  `asyncio.gather` and a semaphore; requests runs {IN_FLIGHT} threads.
* **await**, **decode**: {IN_FLIGHT} tasks take URLs from one list and await one answer after the other. This
  is the fastest way for every peer.
* **hold**: every status, headers and body stays alive to the end, as the library hands it out.
* The floor programs are Rust alone on a one-thread runtime: reqwest's client, and bare hyper connections.

* **rate**: count / wall time; **spread**: (highest - lowest) / median of the rounds' rates.
* **CPU**: user + system time of the whole process, all threads, while the clock runs.
* **peak RSS**: of the whole process over its whole life, import and warm-up included. MB is 10⁶ bytes.
* All figures are medians of the rounds; ratios are ratios of medians.

What a batch promises beside its speed is tried by more programs, in up to three rounds. All of 127.0.0.0/8
leads to the one nginx, so there are a thousand hosts.

* **stream**: by how much the memory in use (RSS) rises above what it was after the first 50,000 responses,
  seen every 5,000; the rate, and its ratio to that of `gather` for 100,000 of the same URLs.
* **pace**: a server in a process of its own notes when each request arrives. The mean rate leaves out the
  burst that may begin at once; "worst second" is the most that arrived within any one second, over what the
  rate and its burst allow in one.
* **dead**: when 95 % of the requests to good hosts are done, with and without one that opens no connection.
* **slow**: when the last request to a fast host is done, though those to a slow one come first: by
  `as_completed`, and by one task per URL under a semaphore.
* **json**: the records of *decode*, and statuses of a social network: nested, many short strings, many
  scripts, some escapes. Either reads about a megabyte before it is the other's turn; medians of the pairs.
* **lag**: a task sleeps for a millisecond again and again and notes how much later than that it goes on.
* **watched**: the median of the ratios within the pairs, of which either comes first in turn.
* **table**: what the bodies alone cost, copied one after another into one buffer, is taken off.
* **json_table**: each way in a process of its own, which holds the bodies; peak memory is what comes to them.
"""


def render(report: Report) -> str:
    rounds = "in one round" if report["rounds"] == 1 else f"in {report['rounds']} rounds"
    lines = ["# Results", "", "Rendered by `make bench`; not edited by hand.", ""]
    lines += [f"Measured on {report['date']} {rounds}.", ""]
    lines += grid(("machine", ""), report["machine"].items())
    lines += grid(("program", "version"), report["versions"].items())
    lines += ["## Method", "", METHOD]
    for table in report["tables"]:
        lines += [f"## {table['name']}: {table['title']}", "", *grid(header(table), cells(report, table))]
    for trial in report["trials"]:
        lines += [f"## {trial['name']}: {trial['title']}", "", *trial_grid(trial)]
    if full := report.get("full"):
        lines += ["## Trials at full length", "", f"Measured on {full['date']} in one round.", ""]
        for trial in full["trials"]:
            lines += [f"### {trial['name']}: {trial['title']}", "", *trial_grid(trial)]
    lines += ["## Goals", "", *grid(("goal", "measured", "verdict"), goals(report))]
    return "\n".join(lines).rstrip() + "\n"


def trial_grid(trial: TrialRow) -> list[str]:
    if trial["problem"] is not None:
        return [trial["problem"], ""]
    figures = (
        (name, f"{median(values):,.2f}", f"{min(values):,.2f}", f"{max(values):,.2f}")
        for name, values in trial["figures"].items()
    )
    return grid((f"count: {trial['count']:,}", "median", "lowest", "highest"), figures)


def header(table: Table) -> tuple[str, ...]:
    columns = ("", "count", *(measure.value for measure in Measure), "spread")
    return (*columns, f"rate / {table['baseline']}", f"CPU / {table['baseline']}")


def cells(report: Report, table: Table) -> Iterator[tuple[str, ...]]:
    baseline = find(report, f"{table['name']}/{table['baseline']}")
    for row in table["rows"]:
        if row["problem"] is not None:
            yield (row["name"], row["problem"].replace("|", "\\|"), *[""] * 6)
        else:
            yield (row["name"], f"{row['count']:,}", *figures(row), *ratios(row, baseline))


def figures(row: Row) -> Iterator[str]:
    for measure in Measure:
        yield number(middle(row, measure))
    yield f"{spread(row, Measure.RATE):.0%}"


def ratios(row: Row, baseline: Row | None) -> Iterator[str]:
    for measure in (Measure.RATE, Measure.CPU):
        value = ratio(row, baseline, measure)
        yield "" if value is None else f"{value:.2f}"


def goals(report: Report) -> Iterator[tuple[str, ...]]:
    for goal in GOALS:
        value = goal.value(report)
        yield goal.text(), "" if value is None else f"{value:.2f}", goal.verdict(report)


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def grid(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A Markdown table, and the empty line after it. The first column is text, the others are figures."""
    rule = ["---", *["---:" if len(header) > 3 else "---"] * (len(header) - 1)]
    return ["| " + " | ".join(line) + " |" for line in (header, rule, *rows)] + [""]


def load() -> Report:
    report: Report = json.loads(RESULTS.read_text())
    return report


if __name__ == "__main__":
    PAGE.write_text(render(load()))
