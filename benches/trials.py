"""What a batch promises beside its speed, each measured by a program of its own that prints its figures."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from .contenders import IN_FLIGHT
from .figures import TrialRow
from .packages import installed
from .program import RoundError, result_of


@dataclass(frozen=True)
class Trial:
    name: str
    title: str
    module: str
    count: int  # what it counts is said in its title
    full: int  # the same in a full run
    packages: tuple[str, ...] = ()  # besides fastfetch
    rounds: int = 2  # at most so many: most of their time is waiting, of which more tells no more

    def absence(self) -> str | None:
        """Why it cannot run here, or None."""
        missing = [name for name in self.packages if installed(name) is None]
        return f"not installed: {', '.join(missing)}" if missing else None


TRIALS = (
    Trial(
        name="start",
        title="the import, the first client, the first request; and nothing at all",
        module="started",
        count=20,
        full=100,
    ),
    Trial(
        name="stream",
        title="as_completed over 1,000 hosts, URLs from a generator, no response kept",
        module="streamed",
        count=1_000_000,
        full=1_000_000,
        rounds=1,
    ),
    Trial(
        name="pace",
        title="rate=5, 50 and 5,000 per second, seconds of each, as they arrive at a server",
        module="paced",
        count=10,
        full=10,
        rounds=1,
    ),
    Trial(
        name="turns",
        title="the schedule alone, requests to 10,000 hosts in line",
        module="turns",
        count=1_000_000,
        full=1_000_000,
    ),
    Trial(
        name="instructions",
        title="callgrind's count for one of each; a URL, header lines, a turn and a body by the engine alone",
        module="instructions",
        count=5_000,
        full=5_000,
        rounds=1,
    ),
    Trial(
        name="dead",
        title="one host of 1,000 that does not accept connections, requests to all others",
        module="hosts",
        count=10_000,
        full=10_000,
    ),
    Trial(
        name="slow",
        title=f"{IN_FLIGHT} requests to a host that takes 2 s come first, then those to fast hosts",
        module="hosts",
        count=10_000,
        full=10_000,
    ),
    Trial(
        name="json",
        title="Response.json() beside orjson.loads, turns of either",
        module="decoded",
        count=100,
        full=400,
        packages=("orjson",),
    ),
    Trial(
        name="lag",
        title="how late the event loop is while JSON bodies of 1 MB arrive",
        module="lagging",
        count=2_000,
        full=2_000,
    ),
    Trial(
        name="watched",
        title="gather with a function as progress and without, pairs of rounds",
        module="watched",
        count=40,
        full=200,
    ),
    Trial(
        name="threads",
        title="rounds of 1 to 16 I/O threads: small JSON, 50 KB coded by gzip, 50 KB over TLS",
        module="threaded",
        count=15,
        full=60,
    ),
    Trial(
        name="table",
        title="results that are there to tables, with their bodies; the shortest of 15",
        module="tabled",
        count=100_000,
        full=100_000,
        packages=("pandas", "polars", "pyarrow"),
    ),
    Trial(
        name="json_table",
        title="bodies of 12 KB to one typed table, beside [orjson.loads(b) …] and polars.DataFrame",
        module="json_tables",
        count=10_000,
        full=10_000,
        packages=("orjson", "polars"),
    ),
)


def trial_rows(trials: list[Trial], *, full: bool) -> Iterator[TrialRow]:
    for each in trials:
        count = each.full if full else each.count
        yield {
            "name": each.name,
            "title": each.title,
            "count": count,
            "figures": {},
            "problem": each.absence(),
        }


def add_figures(row: TrialRow, trial: Trial, server: str) -> None:
    """One round; after a failure the trial takes no further part, and its row says why."""
    if row["problem"] is not None:
        return
    module = f"benches.workloads.{trial.module}"
    arguments = [trial.name, f"{server}/small.json", str(row["count"]), str(IN_FLIGHT)]
    try:
        figures: dict[str, float] = result_of([sys.executable, "-m", module, *arguments])
    except RoundError as failure:
        row["problem"] = f"failed: {failure}"
        return
    for name, value in figures.items():
        row["figures"].setdefault(name, []).append(value)


def news(row: TrialRow) -> str:
    """The last round in a few words, for whoever waits."""
    if row["problem"] is not None:
        return row["problem"]
    return ", ".join(f"{name} {values[-1]:,.2f}" for name, values in row["figures"].items())
