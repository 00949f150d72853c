"""The text behind `repr(results)`: counts, sizes, times, the slowest items and the first ones.

Pure functions over columns, so that a hundred thousand items take a fraction of a second and make no
`Response`. Text from the network is not trusted: `printable` stands between it and the terminal.
"""

import heapq
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

Outcome = int | str  # a status code, the class name of an exception, or NOT_DONE

NOT_DONE = "not done"
MAX_OUTCOMES = 20  # rows of the table, the most frequent ones: a server may answer with hundreds of codes


class Columns(Protocol):
    """What the display needs to know of `Results`: columns of equal length, one entry for each item."""

    @property
    def status(self) -> Sequence[int | None]:
        """Status codes; None where no answer came."""

    @property
    def error(self) -> Sequence[str | None]:
        """Class names of exceptions; None where an answer came or the item is not done."""

    @property
    def size(self) -> Sequence[int]:
        """Bytes of body; 0 where no answer came."""

    @property
    def elapsed(self) -> Sequence[float]:
        """Seconds from leaving the queue to the outcome; any number where the item is not done."""

    def url(self, index: int, /) -> str:
        """The URL of one item, made only for the few that are shown."""


def summary(columns: Columns, *, rows: int = 5, slowest: int = 5) -> str:
    """Describe results in a few lines: a headline, a table of outcomes, the slowest items, the first items.

    The slowest are left out where the first rows already show every item.
    """
    total = len(columns.status)
    if total == 0:
        return "Results: empty"
    groups = group_by_outcome(columns)
    lines = [_headline(columns, groups), *_outcome_table(columns, groups)]
    if total > rows:
        worst = heapq.nlargest(slowest, _done(groups), columns.elapsed.__getitem__)
        lines += _item_table("slowest", columns, worst)
    return "\n".join(lines + _item_table("first", columns, range(min(rows, total))))


def group_by_outcome(columns: Columns) -> dict[Outcome, list[int]]:
    """Sort item numbers by outcome: status codes upwards, then exceptions by name, last what is not done."""
    groups: dict[Outcome, list[int]] = {}
    for item, (status, error) in enumerate(zip(columns.status, columns.error, strict=True)):
        groups.setdefault(error or status or NOT_DONE, []).append(item)
    return dict(sorted(groups.items(), key=lambda group: _rank(group[0])))


def _rank(outcome: Outcome) -> tuple[bool, bool, str]:
    return isinstance(outcome, str), outcome == NOT_DONE, str(outcome)


def _headline(columns: Columns, groups: dict[Outcome, list[int]]) -> str:
    counts = {"ok": 0, "error status": 0, "failed": 0, NOT_DONE: 0}
    for outcome, items in groups.items():
        if isinstance(outcome, int):
            counts["ok" if outcome < 400 else "error status"] += len(items)
        else:
            counts[NOT_DONE if outcome == NOT_DONE else "failed"] += len(items)
    total = len(columns.status)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    return f"Results: {total:,} URL{'' if total == 1 else 's'}, {kinds}"


def _outcome_table(columns: Columns, groups: dict[Outcome, list[int]]) -> list[str]:
    shown = set(heapq.nlargest(MAX_OUTCOMES, groups, key=lambda outcome: len(groups[outcome])))
    table = [("outcome", "count", "bytes", "p50", "p95")]
    for outcome, items in groups.items():
        if outcome == NOT_DONE:
            table.append((NOT_DONE, f"{len(items):,}", "", "", ""))
        elif outcome in shown:
            table.append((_outcome_name(outcome), *_figures(columns, items)))
    if rest := [len(items) for outcome, items in groups.items() if outcome not in {*shown, NOT_DONE}]:
        table.append((f"{len(rest):,} other outcomes", f"{sum(rest):,}", "", "", ""))
    if len(groups) > 1:
        table.append(("all done", *_figures(columns, _done(groups))))
    return _align("<>>>>", table)


def _done(groups: dict[Outcome, list[int]]) -> list[int]:
    return [item for outcome, items in groups.items() if outcome != NOT_DONE for item in items]


def _figures(columns: Columns, items: Sequence[int]) -> tuple[str, str, str, str]:
    times = sorted(columns.elapsed[item] for item in items)
    size = sum(columns.size[item] for item in items)
    middle, high = human_seconds(percentile(times, 50)), human_seconds(percentile(times, 95))
    return f"{len(items):,}", human_bytes(size), middle, high


def _outcome_name(outcome: Outcome) -> str:
    from http import HTTPStatus  # here, not above: it would slow down `import fastfetch`

    try:
        return f"{outcome} {HTTPStatus(int(outcome)).phrase}"
    except ValueError:  # an exception, or a code without a name
        return printable(str(outcome))


def _item_table(title: str, columns: Columns, items: Iterable[int]) -> list[str]:
    table = []
    for item in items:
        outcome = str(columns.error[item] or columns.status[item] or NOT_DONE)
        time = human_seconds(columns.elapsed[item]) if outcome != NOT_DONE else ""
        size = human_bytes(columns.size[item]) if outcome != NOT_DONE else ""
        table.append((f"[{item}]", printable(outcome), time, size, short_url(columns.url(item))))
    return [f"{title}:", *_align("><>><", table)] if table else []


def _align(sides: str, table: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of a table, indented; `sides` says "<" or ">" for each column."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        cells = zip(row, sides, widths, strict=True)
        lines.append("  " + "  ".join(f"{cell:{side}{width}}" for cell, side, width in cells).rstrip())
    return lines


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` of the sorted values do not exceed (nearest rank).

    >>> percentile([1.0, 2.0, 3.0, 40.0], 50)
    2.0
    """
    rank = -(-percent * len(ordered) // 100)  # rounded up, in whole numbers
    return ordered[max(rank, 1) - 1]


def human_bytes(count: int) -> str:
    """A number of bytes in decimal units, three digits.

    >>> human_bytes(171), human_bytes(12_345), human_bytes(999_999)
    ('171 B', '12.3 kB', '1 MB')
    """
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}"


def human_seconds(seconds: float) -> str:
    """A length of time, three digits or two units.

    >>> human_seconds(0.00052), human_seconds(0.0123), human_seconds(2.349), human_seconds(125)
    ('0.52 ms', '12.3 ms', '2.35 s', '2 min 5 s')
    """
    if seconds < 0.001:
        return f"{1000 * seconds:.2g} ms" if seconds >= 0.00001 else "0 ms"
    if seconds < 0.9995:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 59.95:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def short_url(url: str, width: int = 60) -> str:
    """A URL fit to be shown: without user name and password, printable, shortened in the middle.

    >>> short_url("https://me:secret@example.com/a/long/path/to/data.json", 40)
    'https://***@example.../path/to/data.json'
    """
    return printable(_USERINFO.sub(r"\1***@", url), width)


# Up to the last "@" before the path. URL parsers accept one slash, none, or backslashes too.
_USERINFO = re.compile(r"^(\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\\s]*)[^/\\?#]*@")


def printable(text: str, width: int = 200) -> str:
    r"""Text that is safe in a terminal: one line, control characters escaped, shortened in the middle.

    >>> printable("red\x1b[31m\n")
    'red\\x1b[31m\\n'
    >>> printable("0123456789abcdef", 11)
    '0123...cdef'
    """
    if len(text) > 2 * width:  # before the escapes: the text may be megabytes long
        text = text[:width] + text[-width:]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if len(text) > width:
        head, tail = (width - 2) // 2, (width - 3) // 2
        text = f"{text[:head]}...{text[-tail:]}"
    return text
