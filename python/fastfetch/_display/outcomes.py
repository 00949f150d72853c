"""Results sorted by outcome: what text and HTML are made from.

Pure functions over columns, so that a hundred thousand items take a fraction of a second and make no
`Response`.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fastfetch._display.units import human_bytes, human_seconds, percentile, printable

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

    def message(self, index: int, /) -> str:
        """What the error of one item says, made only for the few that are shown."""


@dataclass(frozen=True)
class Line:
    """A row of the table of outcomes, ready to be shown."""

    name: str
    count: int
    bytes: str = ""
    p50: str = ""
    p95: str = ""
    kind: str = ""
    """The word for all outcomes of its kind; "" where they differ."""

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The columns of the table."""
        return self.name, f"{self.count:,}", self.bytes, self.p50, self.p95


@dataclass(frozen=True)
class Overview:
    """What is to be said of results as a whole."""

    total: int
    kinds: dict[str, int]
    """How many are ok, have an error status, failed, are not done; without those that are none."""
    lines: list[Line]
    whole: Line
    """All that is done, together."""
    slowest: list[int]
    failures: list[int]
    """The first item of each class of exception, the most frequent classes first."""


def overview(columns: Columns, *, slowest: int = 5, failures: int = 5) -> Overview:
    """Look at all items once."""
    groups = group_by_outcome(columns)
    kinds = {"ok": 0, "error status": 0, "failed": 0, NOT_DONE: 0}
    for outcome, items in groups.items():
        kinds[kind_of(outcome)] += len(items)
    done = [item for outcome, items in groups.items() if outcome != NOT_DONE for item in items]
    failed = {outcome: items for outcome, items in groups.items() if kind_of(outcome) == "failed"}
    frequent = heapq.nlargest(failures, failed.values(), key=len)
    return Overview(
        total=len(columns.status),
        kinds={kind: count for kind, count in kinds.items() if count},
        lines=_lines(columns, groups),
        whole=_line(columns, "all done", "", done),
        slowest=heapq.nlargest(slowest, done, columns.elapsed.__getitem__),
        failures=[items[0] for items in frequent],
    )


def group_by_outcome(columns: Columns) -> dict[Outcome, list[int]]:
    """Sort item numbers by outcome: status codes upwards, then exceptions by name, last what is not done."""
    groups: dict[Outcome, list[int]] = {}
    for item, (status, error) in enumerate(zip(columns.status, columns.error, strict=True)):
        groups.setdefault(error or status or NOT_DONE, []).append(item)
    return dict(sorted(groups.items(), key=lambda group: _rank(group[0])))


def outcome_of(columns: Columns, item: int) -> Outcome:
    """The outcome of one item."""
    return columns.error[item] or columns.status[item] or NOT_DONE


def kind_of(outcome: Outcome) -> str:
    """The word for all outcomes of its kind."""
    if isinstance(outcome, int):
        return "ok" if outcome < 400 else "error status"
    return NOT_DONE if outcome == NOT_DONE else "failed"


def outcome_name(outcome: Outcome) -> str:
    """An outcome in words, fit to be shown.

    >>> outcome_name(404), outcome_name(299), outcome_name("ReadTimeout")
    ('404 Not Found', '299', 'ReadTimeout')
    """
    from http import HTTPStatus  # here, not above: it would slow down `import fastfetch`

    try:
        return f"{outcome} {HTTPStatus(int(outcome)).phrase}"
    except ValueError:  # an exception, or a code without a name
        return printable(str(outcome))


def _rank(outcome: Outcome) -> tuple[bool, bool, str]:
    return isinstance(outcome, str), outcome == NOT_DONE, str(outcome)


def _lines(columns: Columns, groups: dict[Outcome, list[int]]) -> list[Line]:
    shown = set(heapq.nlargest(MAX_OUTCOMES, groups, key=lambda outcome: len(groups[outcome])))
    lines = []
    for outcome, items in groups.items():
        if outcome == NOT_DONE:
            lines.append(Line(NOT_DONE, len(items), kind=NOT_DONE))
        elif outcome in shown:
            lines.append(_line(columns, outcome_name(outcome), kind_of(outcome), items))
    if rest := [len(items) for outcome, items in groups.items() if outcome not in {*shown, NOT_DONE}]:
        lines.append(Line(f"{len(rest):,} other outcomes", sum(rest)))
    return lines


def _line(columns: Columns, name: str, kind: str, items: Sequence[int]) -> Line:
    if not items:
        return Line(name, 0, kind=kind)
    times = sorted(columns.elapsed[item] for item in items)
    size = sum(columns.size[item] for item in items)
    middle, high = human_seconds(percentile(times, 50)), human_seconds(percentile(times, 95))
    return Line(name, len(items), human_bytes(size), middle, high, kind)
