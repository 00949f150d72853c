"""The text behind `repr(results)`: counts, sizes, times, why some failed, the slowest and the first."""

from collections.abc import Iterable, Sequence

from fastfetch._display.outcomes import NOT_DONE, Columns, Overview, outcome_of, overview
from fastfetch._display.units import human_bytes, human_seconds, printable, short_url


def summary(columns: Columns, *, rows: int = 5, slowest: int = 5) -> str:
    """Describe results in a few lines: a headline, a table of outcomes, one failure of each kind, the slowest
    items, the first items.

    The slowest are left out where the first rows already show every item.
    """
    whole = overview(columns, slowest=slowest)
    if whole.total == 0:
        return "Results: empty"
    lines = [f"Results: {headline(whole)}", *_outcome_table(whole)]
    lines += _failures(columns, whole.failures)
    if whole.total > rows:
        lines += _item_table("slowest", columns, whole.slowest)
    return "\n".join(lines + _item_table("first", columns, range(min(rows, whole.total))))


def headline(whole: Overview) -> str:
    """How many of each kind there are, on one line."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in whole.kinds.items())
    return f"{whole.total:,} URL{'' if whole.total == 1 else 's'}, {kinds}"


def _outcome_table(whole: Overview) -> list[str]:
    total = [whole.whole] if len(whole.lines) > 1 else []
    rows = [line.cells for line in (*whole.lines, *total)]
    return _align("<>>>>", [("outcome", "count", "bytes", "p50", "p95"), *rows])


def _failures(columns: Columns, items: Sequence[int]) -> list[str]:
    table = [(f"[{item}]", printable(columns.message(item), 100)) for item in items]
    return ["why some failed:", *_align("><", table)] if table else []


def _item_table(title: str, columns: Columns, items: Iterable[int]) -> list[str]:
    table = []
    for item in items:
        outcome = outcome_of(columns, item)
        time = human_seconds(columns.elapsed[item]) if outcome != NOT_DONE else ""
        size = human_bytes(columns.size[item]) if outcome != NOT_DONE else ""
        table.append((f"[{item}]", printable(str(outcome)), time, size, short_url(columns.url(item))))
    return [f"{title}:", *_align("><>><", table)] if table else []


def _align(sides: str, table: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of a table, indented; `sides` says "<" or ">" for each column."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        cells = zip(row, sides, widths, strict=True)
        lines.append("  " + "  ".join(f"{cell:{side}{width}}" for cell, side, width in cells).rstrip())
    return lines
