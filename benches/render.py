"""A report as Markdown. `python -m benches.render` renders results.json again."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

from .figures import Measure, Report, Row, Table, TrialRow, find, measures, middle, ratio, spread
from .goals import GOALS
from .method import METHOD
from .pictures import draw, pictures

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "results.json", HERE / "RESULTS.md"


def render(report: Report) -> str:
    rounds = "in one round" if report["rounds"] == 1 else f"in {report['rounds']} rounds"
    lines = ["# Results", "", "Rendered by `make bench`; not edited by hand.", ""]
    lines += [f"Measured on {report['date']} {rounds}, in {report['minutes']:.0f} minutes.", ""]
    for picture in pictures(report):
        lines += [f"![{picture.title}](images/{picture.name}.svg)", ""]
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
    columns = ["", "count", *(measure.value for measure in measures(table)), "spread"]
    columns += ["lag p99 ms"] if lagging(table) else []
    columns += [f"{name} / {table['baseline']}" for name in compared(table)]
    return tuple(columns)


def lagging(table: Table) -> bool:
    return any(row["lag_p99_ms"] is not None for row in table["rows"])


def compared(table: Table) -> dict[str, Measure]:
    """What is also shown as a ratio to the baseline."""
    return {} if table["partial"] else {"rate": Measure.RATE, "CPU": Measure.CPU}


def cells(report: Report, table: Table) -> Iterator[tuple[str, ...]]:
    baseline = find(report, f"{table['name']}/{table['baseline']}")
    width = len(header(table))
    for row in table["rows"]:
        if row["problem"] is not None:
            yield (row["name"], row["problem"].replace("|", "\\|"), *[""] * (width - 2))
            continue
        found = [row["name"], f"{row['count']:,}", *figures(table, row)]
        if lagging(table):
            found.append(number(row["lag_p99_ms"]))
        yield (*found, *ratios(table, row, baseline))


def figures(table: Table, row: Row) -> Iterator[str]:
    for measure in measures(table):
        yield number(middle(row, measure))
    yield f"{spread(row, Measure.RATE):.0%}"


def ratios(table: Table, row: Row, baseline: Row | None) -> Iterator[str]:
    for measure in compared(table).values():
        value = ratio(row, baseline, measure)
        yield "" if value is None else f"{value:.2f}"


def goals(report: Report) -> Iterator[tuple[str, ...]]:
    for goal in GOALS:
        verdict = goal.verdict(report)
        yield goal.text(), verdict.measured, verdict.word


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
    draw(load())
