"""`Results` and `Batch` as notebooks show them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastfetch._display.markup import (
    FAINT,
    KINDS,
    Html,
    bar,
    element,
    facts,
    heading,
    line,
    link,
    page,
    pill,
    table,
    text,
)
from fastfetch._display.outcomes import NOT_DONE, Columns, Line, Overview, kind_of, outcome_of, overview
from fastfetch._display.units import human_bytes, human_seconds

if TYPE_CHECKING:
    from fastfetch._progress import Progress


def results_html(columns: Columns, *, rows: int = 10, slowest: int = 5) -> str:
    """Results at a glance: counts and times by outcome, why some failed, the slowest, the first."""
    return page(_results("Results", columns, rows, slowest))


def batch_html(progress: "Progress", columns: Columns, *, rows: int = 5, slowest: int = 5) -> str:
    """How far a batch is, and what has become of those that are done."""
    parts = [("done", progress.done, KINDS["ok"]), (NOT_DONE, (progress.total or 0) - progress.done, FAINT)]
    return page(
        line(element("b", "Batch"), element("span", str(progress))),
        bar([(f"{int(count):,} {what}", count, colour) for what, count, colour in parts]),
        _results("Done so far", columns, rows, slowest) if progress.done else (),
    )


def _results(title: str, columns: Columns, rows: int, slowest: int) -> list[Html]:
    whole = overview(columns, slowest=slowest)
    if not whole.total:
        return [element("span", f"{title}: empty")]
    shown = [
        _headline(title, whole),
        bar([(f"{count:,} {kind}", count, KINDS[kind]) for kind, count in whole.kinds.items()]),
        _outcomes(whole),
    ]
    if whole.failures:
        shown += [heading("why some failed, one of each kind"), _failures(columns, whole.failures)]
    if whole.total > rows:
        shown += [heading(f"slowest {len(whole.slowest)}"), _items(columns, whole.slowest)]
    count = min(rows, whole.total)
    return [
        *shown,
        heading("all" if count == whole.total else f"first {count}"),
        _items(columns, range(count)),
    ]


def _headline(title: str, whole: Overview) -> Html:
    done = whole.whole
    return line(
        element("b", title),
        element("span", f"{whole.total:,} URL{'' if whole.total == 1 else 's'}"),
        *(pill(f"{count:,} {kind}", KINDS[kind]) for kind, count in whole.kinds.items()),
        facts(done.bytes, f"p50 {done.p50}", f"p95 {done.p95}") if done.count else "",
    )


def _outcomes(whole: Overview) -> Html:
    def row(shown: Line) -> list[str | Html]:
        name, count, *figures = shown.cells
        return [pill(name, KINDS[shown.kind]), count, _share(shown, whole.total), *figures]

    total = [[element("span", "all done"), *_total(whole)]] if len(whole.lines) > 1 else []
    head = ("outcome", "count", "", "bytes", "p50", "p95")
    return table("<><>>>", [*map(row, whole.lines), *total], head)


def _total(whole: Overview) -> list[str]:
    _, count, *figures = whole.whole.cells
    return [count, "", *figures]


def _share(shown: Line, total: int) -> Html:
    parts = [("", shown.count, KINDS[shown.kind]), ("", total - shown.count, FAINT)]
    return element("div", bar(parts, "96px"), title=f"{shown.count / total:.1%}")


def _failures(columns: Columns, items: Iterable[int]) -> Html:
    def row(item: int) -> list[Html]:
        return [_number(item), _pill(columns, item), text(columns.message(item), 500)]

    return table("><w", map(row, items))


def _items(columns: Columns, items: Iterable[int]) -> Html:
    def row(item: int) -> list[str | Html]:
        done = outcome_of(columns, item) != NOT_DONE
        time = human_seconds(columns.elapsed[item]) if done else ""
        size = human_bytes(columns.size[item]) if done else ""
        return [_number(item), _pill(columns, item), time, size, link(columns.url(item))]

    return table("><>><", map(row, items))


def _number(item: int) -> Html:
    return element("span", f"[{item}]", style="opacity:.7")


def _pill(columns: Columns, item: int) -> Html:
    outcome = outcome_of(columns, item)
    return pill(str(outcome), KINDS[kind_of(outcome)])
