"""What fastfetch means to reach, and whether it did in a report."""

from dataclasses import dataclass

from .figures import Measure, Report, Table, figure, find, middle, ratio
from .matrix import BATCHES
from .servers import BODIES


@dataclass(frozen=True)
class Verdict:
    measured: str
    word: str


def judge(value: float | None, bound: float, *, at_least: bool) -> Verdict:
    if value is None:
        return Verdict("", "not measured")
    good = value >= bound if at_least else value <= bound
    return Verdict(f"{value:,.2f}", "pass" if good else "miss")


@dataclass(frozen=True)
class Goal:
    """A bound on a measure of a row, or on its ratio to another row's. Rows are named table/name."""

    row: str
    measure: Measure
    bound: float
    at_least: bool = False
    against: str | None = None

    def text(self) -> str:
        sign = "≥" if self.at_least else "≤"
        against = f" × {self.against}" if self.against else ""
        return f"{self.row}: {self.measure.value} {sign} {self.bound:g}{against}"

    def verdict(self, report: Report) -> Verdict:
        return judge(self._value(report), self.bound, at_least=self.at_least)

    def _value(self, report: Report) -> float | None:
        row = find(report, self.row)
        if row is None:
            return None
        if self.against is None:
            return middle(row, self.measure)
        return ratio(row, find(report, self.against), self.measure)


@dataclass(frozen=True)
class HeldGoal:
    """A bound on the peak of memory in use, as a multiple of the bodies that a row holds."""

    table: str
    row: str
    size: int
    bound: float

    def text(self) -> str:
        return f"{self.table}/{self.row}: {Measure.RSS.value} / bodies held ≤ {self.bound:g}"

    def verdict(self, report: Report) -> Verdict:
        row = find(report, f"{self.table}/{self.row}")
        peak = None if row is None else middle(row, Measure.RSS)
        held = None if row is None or peak is None else peak * 1e6 / (row["count"] * self.size)
        return judge(held, self.bound, at_least=False)


@dataclass(frozen=True)
class TrialGoal:
    """A bound on a figure of a trial."""

    trial: str
    figure: str
    bound: float
    at_least: bool = False

    def text(self) -> str:
        return f"{self.trial}: {self.figure} {'≥' if self.at_least else '≤'} {self.bound:g}"

    def verdict(self, report: Report) -> Verdict:
        return judge(figure(report, self.trial, self.figure), self.bound, at_least=self.at_least)


@dataclass(frozen=True)
class First:
    """fastfetch's best row before every peer's, in each table that has peers."""

    measure: Measure
    highest: bool

    def text(self) -> str:
        return f"every table with peers: fastfetch is first in {self.measure.value}"

    def verdict(self, report: Report) -> Verdict:
        found = [behind for table in report["tables"] if (behind := self._behind(table)) is not None]
        if not found:
            return Verdict("", "not measured")
        lost = [each for each in found if each]
        ahead = f"in {len(found) - len(lost)} of {len(found)} tables"
        return Verdict("; ".join([ahead, *lost]), "miss" if lost else "pass")

    def _behind(self, table: Table) -> str | None:
        """Which peer was better, and by how much: empty where none was, None where there is no contest."""
        # Where a deadline cuts the time off, the rate says nothing but how many came in time.
        measure = Measure.IN_TIME if table["partial"] and self.measure is Measure.RATE else self.measure
        ours, theirs = dict[str, float](), dict[str, float]()
        for row in table["rows"]:
            value = middle(row, measure)
            if value is not None and row["peer"]:
                theirs[row["name"]] = value
            elif value is not None and row["name"].startswith("fastfetch"):
                ours[row["name"]] = value
        if not ours or not theirs:
            return None
        best = max if self.highest else min
        own, peer = best(ours.values()), best(theirs, key=theirs.__getitem__)
        ahead = own >= theirs[peer] if self.highest else own <= theirs[peer]
        return "" if ahead else f"{table['name']}: {peer} has {theirs[peer]:,.4g}, we {own:,.4g}"


def of_bodies(name: str) -> tuple[Goal | HeldGoal, ...]:
    return (
        Goal(f"{name}/fastfetch", Measure.CPU, 1.1, against=f"{name}/floor-reqwest"),
        Goal(f"{name}/fastfetch", Measure.CPU, 0.6, against=f"{name}/aiohttp"),
        HeldGoal(name, "fastfetch.gather, all held", BODIES[name], 1.15),
    )


GOALS: tuple[Goal | HeldGoal | TrialGoal | First, ...] = (
    Goal("gather/fastfetch", Measure.RATE, 1, at_least=True, against="gather/floor-reqwest"),
    Goal("gather/fastfetch", Measure.CPU, 1, against="gather/floor-reqwest"),
    Goal("await/fastfetch", Measure.RATE, 2, at_least=True, against="await/wreq"),
    Goal("await/fastfetch", Measure.CPU, 0.5, against="await/wreq"),
    First(Measure.RATE, highest=True),
    First(Measure.CPU, highest=False),
    *of_bodies("1MB"),
    *of_bodies("10MB"),
    Goal("decode/fastfetch", Measure.CPU, 0.35, against="decode/aiohttp"),
    Goal("sleep/fastfetch.sleep", Measure.CPU, 0.4, against="sleep/asyncio.sleep"),
    Goal("hold/fastfetch", Measure.RSS, 100),
    *(
        Goal(f"deadline-{count}/fastfetch.gather", Measure.IN_TIME, percent, at_least=True)
        for count, percent in zip(BATCHES, (100, 100, 95), strict=True)
    ),
    TrialGoal("start", "import ms", 25),
    TrialGoal("start", "first client ms", 5),
    TrialGoal("start", "wake-ups while idle", 0),
    TrialGoal("start", "wheel MB", 8),
    TrialGoal("stream", "RSS growth MB", 20),
    TrialGoal("stream", "rate per s / gather", 0.8, at_least=True),
    TrialGoal("pace", "5/s: error %", 2),
    TrialGoal("pace", "50/s: error %", 2),
    TrialGoal("pace", "5,000/s: error %", 2),
    TrialGoal("turns", "ns to admit and give back", 1_000),
    # A piece that comes to cost more has changed, and somebody should know why.
    TrialGoal("instructions", "gather / floor-reqwest", 1),
    TrialGoal("instructions", "await, the loop's thread", 34_000),
    TrialGoal("instructions", "sleep", 31_000),
    TrialGoal("instructions", "a URL", 4_000),
    TrialGoal("instructions", "header lines", 1_000),
    TrialGoal("instructions", "a turn in line", 2_000),
    TrialGoal("instructions", "50 KB of gzip", 1_300_000),
    TrialGoal("dead", "p95 / without it", 1.05),
    TrialGoal("slow", "under a semaphore / batch", 3, at_least=True),
    TrialGoal("json", "12 KB: rate / orjson", 0.8, at_least=True),
    TrialGoal("json", "600 KB: rate / orjson", 0.8, at_least=True),
    TrialGoal("lag", "p99 ms", 10),
    TrialGoal("watched", "rate / without", 0.99, at_least=True),
    TrialGoal("table", "polars: ms beyond the bodies", 10),
    TrialGoal("table", "pandas: ms beyond the bodies", 15),
    TrialGoal("json_table", "rate / orjson and polars", 5, at_least=True),
    TrialGoal("json_table", "peak memory / bodies", 2),
)
