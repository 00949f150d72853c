"""What was measured, and what follows from it: medians and ratios."""

from enum import Enum
from statistics import median
from typing import NotRequired, TypedDict


class Sample(TypedDict):
    """One round of one program, as it printed it."""

    requests: int
    ok: int
    size: int
    seconds: float
    cpu_seconds: float
    peak_rss_kb: int
    lag_p99_ms: NotRequired[float]


class Row(TypedDict):
    name: str
    peer: bool
    count: int
    samples: list[Sample]
    lag_p99_ms: float | None
    problem: str | None


class Table(TypedDict):
    name: str
    title: str
    baseline: str
    partial: bool
    bytes_matter: bool
    rows: list[Row]


class TrialRow(TypedDict):
    """What a trial measured: for each figure one value a round."""

    name: str
    title: str
    count: int
    figures: dict[str, list[float]]
    problem: str | None


class FullRun(TypedDict):
    """The trials at full length, which `make bench` has no time for."""

    date: str
    trials: list[TrialRow]


class Report(TypedDict):
    date: str
    rounds: int
    minutes: float
    machine: dict[str, str]
    versions: dict[str, str]
    tables: list[Table]
    trials: list[TrialRow]
    full: NotRequired[FullRun]


class Measure(Enum):
    RATE = "rate per s"
    BYTES = "MB per s"
    IN_TIME = "in time %"
    CPU = "CPU µs each"
    RSS = "peak RSS MB"

    def of(self, sample: Sample) -> float:
        match self:
            case Measure.RATE:
                return sample["requests"] / sample["seconds"]
            case Measure.BYTES:
                return sample["size"] / sample["seconds"] / 1e6
            case Measure.IN_TIME:
                return sample["ok"] / sample["requests"] * 100
            case Measure.CPU:
                return sample["cpu_seconds"] / max(1, sample["ok"]) * 1e6
            case Measure.RSS:
                return sample["peak_rss_kb"] * 1024 / 1e6


def measures(table: Table) -> list[Measure]:
    """Those that say something in this table."""
    first = Measure.IN_TIME if table["partial"] else Measure.RATE
    more = [Measure.BYTES] if table["bytes_matter"] else []
    return [first, *more, Measure.CPU, Measure.RSS]


def middle(row: Row, measure: Measure) -> float | None:
    """The median of a row, or None where it could not be measured."""
    if row["problem"] is not None or not row["samples"]:
        return None
    return median(measure.of(sample) for sample in row["samples"])


def spread(row: Row, measure: Measure) -> float:
    """How far the rounds lie apart: (highest - lowest) / median."""
    values = [measure.of(sample) for sample in row["samples"]]
    return (max(values) - min(values)) / median(values)


def find(report: Report, path: str) -> Row | None:
    """The row called table/name."""
    rows = {f"{table['name']}/{row['name']}": row for table in report["tables"] for row in table["rows"]}
    return rows.get(path)


def figure(report: Report, trial: str, name: str) -> float | None:
    """The median of a trial's figure, or None where it could not be measured."""
    for row in report["trials"]:
        if row["name"] == trial and row["problem"] is None and row["figures"].get(name):
            return median(row["figures"][name])
    return None


def ratio(row: Row, baseline: Row | None, measure: Measure) -> float | None:
    """The ratio of two medians."""
    above = middle(row, measure)
    below = None if baseline is None else middle(baseline, measure)
    return above / below if above is not None and below else None
