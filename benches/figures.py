"""What was measured, and what follows from it: medians, ratios and the goals."""

from dataclasses import dataclass
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


class Row(TypedDict):
    name: str
    count: int
    samples: list[Sample]
    problem: str | None


class Table(TypedDict):
    name: str
    title: str
    baseline: str
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
    machine: dict[str, str]
    versions: dict[str, str]
    tables: list[Table]
    trials: list[TrialRow]
    full: NotRequired[FullRun]


class Measure(Enum):
    RATE = "rate per s"
    CPU = "CPU µs each"
    RSS = "peak RSS MB"

    def of(self, sample: Sample) -> float:
        match self:
            case Measure.RATE:
                return sample["requests"] / sample["seconds"]
            case Measure.CPU:
                return sample["cpu_seconds"] / sample["requests"] * 1e6
            case Measure.RSS:
                return sample["peak_rss_kb"] * 1024 / 1e6


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
    return above / below if above is not None and below is not None else None


@dataclass(frozen=True)
class Goal:
    """A bound on a measure of a row, or on its ratio to another row's. Rows are named table/name."""

    row: str
    measure: Measure
    bound: float
    at_least: bool
    against: str | None = None

    def text(self) -> str:
        sign = "≥" if self.at_least else "≤"
        against = f" × {self.against}" if self.against else ""
        return f"{self.row}: {self.measure.value} {sign} {self.bound:g}{against}"

    def value(self, report: Report) -> float | None:
        row = find(report, self.row)
        if row is None:
            return None
        if self.against is None:
            return middle(row, self.measure)
        return ratio(row, find(report, self.against), self.measure)

    def verdict(self, report: Report) -> str:
        return verdict(self.value(report), self.bound, at_least=self.at_least)


@dataclass(frozen=True)
class TrialGoal:
    """A bound on a figure of a trial."""

    trial: str
    figure: str
    bound: float
    at_least: bool

    def text(self) -> str:
        return f"{self.trial}: {self.figure} {'≥' if self.at_least else '≤'} {self.bound:g}"

    def value(self, report: Report) -> float | None:
        return figure(report, self.trial, self.figure)

    def verdict(self, report: Report) -> str:
        return verdict(self.value(report), self.bound, at_least=self.at_least)


def verdict(value: float | None, bound: float, *, at_least: bool) -> str:
    if value is None:
        return "not measured"
    return "pass" if (value >= bound if at_least else value <= bound) else "miss"


# A peer is met both in the way that a list of URLs invites (gather/...) and in its fastest way (await/...).
GOALS: tuple[Goal | TrialGoal, ...] = (
    Goal("gather/fastfetch", Measure.RATE, 0.9, at_least=True, against="gather/floor-reqwest"),
    Goal("gather/fastfetch", Measure.CPU, 1.15, at_least=False, against="gather/floor-reqwest"),
    Goal("gather/fastfetch", Measure.RATE, 2, at_least=True, against="gather/wreq"),
    Goal("gather/fastfetch", Measure.RATE, 2, at_least=True, against="await/wreq"),
    Goal("gather/fastfetch", Measure.RATE, 8, at_least=True, against="gather/aiohttp"),
    Goal("gather/fastfetch", Measure.RATE, 8, at_least=True, against="await/aiohttp"),
    Goal("await/fastfetch", Measure.RATE, 1.7, at_least=True, against="await/wreq"),
    Goal("sleep/fastfetch.sleep", Measure.CPU, 0.95, at_least=False, against="sleep/asyncio.sleep"),
    Goal("hold/fastfetch", Measure.RSS, 120, at_least=False),
    TrialGoal("stream", "RSS growth MB", 20, at_least=False),
    TrialGoal("stream", "rate per s / gather", 0.8, at_least=True),
    TrialGoal("pace", "5/s: error %", 2, at_least=False),
    TrialGoal("pace", "50/s: error %", 2, at_least=False),
    TrialGoal("pace", "5,000/s: error %", 2, at_least=False),
    TrialGoal("turns", "ns to admit and give back", 1_000, at_least=False),
    TrialGoal("dead", "p95 / without it", 1.05, at_least=False),
    TrialGoal("slow", "under a semaphore / batch", 3, at_least=True),
    TrialGoal("json", "12 KB: rate / orjson", 0.8, at_least=True),
    TrialGoal("json", "600 KB: rate / orjson", 0.8, at_least=True),
    TrialGoal("lag", "p99 ms", 10, at_least=False),
    TrialGoal("watched", "rate / without", 0.99, at_least=True),
    TrialGoal("table", "polars: ms beyond the bodies", 10, at_least=False),
    TrialGoal("table", "pandas: ms beyond the bodies", 15, at_least=False),
    TrialGoal("json_table", "rate / orjson and polars", 5, at_least=True),
    TrialGoal("json_table", "peak memory / bodies", 2, at_least=False),
)
