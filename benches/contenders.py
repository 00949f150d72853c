"""Who runs what: every workload and, in the order of its rounds, every program that takes part."""

import sys
from dataclasses import dataclass
from pathlib import Path

from .packages import installed
from .servers import RECORDS, SMALL_BYTES

IN_FLIGHT = 64
FLOOR = Path(__file__).parent / "floor"


@dataclass(frozen=True)
class Contender:
    name: str
    command: tuple[str, ...]
    count: int  # requests in one round, chosen so that a round takes a second or two
    package: str | None = None

    def absence(self) -> str | None:
        """Why this program cannot run here, or None."""
        if self.package is not None and installed(self.package) is None:
            return "not installed"
        return None if Path(self.command[0]).exists() else "not built"


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    path: str | None  # what to ask the server for; None: no server takes part
    size: int  # of one answer: its bytes, or its records once decoded
    baseline: str
    contenders: tuple[Contender, ...]


def python(name: str, module: str, mode: str, count: int, package: str | None) -> Contender:
    return Contender(name, (sys.executable, "-m", f"benches.workloads.{module}", mode), count, package)


def peer(package: str, mode: str, count: int, remark: str = "") -> Contender:
    return python(package + remark, f"with_{package}", mode, count, package)


def floor(name: str, count: int) -> Contender:
    return Contender(name, (str(FLOOR / "target/release" / name),), count)


WORKLOADS = (
    Workload(
        name="gather",
        title=f"A list of URLs at once: small JSON ({SMALL_BYTES} bytes), {IN_FLIGHT} in flight",
        path="/small.json",
        size=SMALL_BYTES,
        baseline="floor-reqwest",
        contenders=(
            floor("floor-hyper", 100_000),
            floor("floor-reqwest", 100_000),
            peer("fastfetch", "gather", 100_000),
            peer("fastfetch", "gather-read", 100_000, ", every body read"),
            peer("wreq", "gather", 50_000),
            peer("pyreqwest", "gather", 20_000),
            peer("aiohttp", "gather", 20_000),
            peer("httpx2", "gather", 1_000),
            peer("requests", "gather", 2_000, " in threads"),
        ),
    ),
    Workload(
        name="await",
        title=f"Single awaits: small JSON ({SMALL_BYTES} bytes), {IN_FLIGHT} tasks",
        path="/small.json",
        size=SMALL_BYTES,
        baseline="floor-reqwest",
        contenders=(
            floor("floor-reqwest", 100_000),
            peer("fastfetch", "read", 100_000),
            peer("wreq", "read", 50_000),
            peer("wreq", "read-one-thread", 50_000, ", one runtime thread"),
            peer("pyreqwest", "read", 20_000),
            peer("aiohttp", "read", 20_000),
            peer("httpx2", "read", 2_000),
        ),
    ),
    Workload(
        name="decode",
        title=f"Single awaits: JSON of {RECORDS} records (12 KB), decoded, {IN_FLIGHT} tasks",
        path="/records.json",
        size=RECORDS,
        baseline="aiohttp",
        contenders=(
            peer("fastfetch", "decode", 10_000),
            peer("wreq", "decode", 4_000),
            peer("pyreqwest", "decode", 8_000),
            peer("aiohttp", "decode", 8_000),
            peer("httpx2", "decode", 2_000),
            peer("requests", "decode", 2_000, " in threads"),
        ),
    ),
    Workload(
        name="sleep",
        title="sleep(1.0), all at once under asyncio.gather",
        path=None,
        size=1,
        baseline="asyncio.sleep",
        contenders=(
            python("asyncio.sleep", "sleeps", "asyncio", 100_000, None),
            python("fastfetch.sleep", "sleeps", "fastfetch", 100_000, "fastfetch"),
        ),
    ),
    Workload(
        name="hold",
        title="Small responses held, with their headers",
        path="/small.json",
        size=SMALL_BYTES,
        baseline="aiohttp",
        contenders=(
            peer("fastfetch", "gather", 100_000),
            peer("wreq", "hold", 100_000),
            peer("aiohttp", "hold", 100_000),
        ),
    ),
)
