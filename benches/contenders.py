"""Who takes part: fastfetch, its peers and the floor programs; and what a workload is."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .packages import installed
from .servers import FLOOR
from .workloads.harness import WARM_UP

IN_FLIGHT = 64
SECONDS = 0.6
"""So long a round of a slow peer may take, roughly."""


@dataclass(frozen=True)
class Contender:
    name: str
    command: tuple[str, ...]
    count: int  # requests in one round
    packages: tuple[str, ...] = ()
    peer: bool = False  # another Python library
    lagging: tuple[str, ...] = ()  # the command that also tells how late the event loop is, if it has one

    def absence(self) -> str | None:
        """Why this program cannot run here, or None."""
        missing = [package for package in self.packages if installed(package) is None]
        if missing:
            return f"not installed: {', '.join(missing)}"
        return None if Path(self.command[0]).exists() else "not built"


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    path: str | None  # what to ask the server for; None: no server takes part
    size: int  # of one answer: its bytes, or its records once decoded
    baseline: str
    contenders: tuple[Contender, ...]
    server: str = "http"
    in_flight: int = IN_FLIGHT
    warm_up: int = WARM_UP
    rounds: int | None = None  # at most so many
    partial: bool = False  # not all answers come in time, and how many do is what is measured
    bytes_matter: bool = False


@dataclass(frozen=True)
class Peer:
    """Another library, in the way of its documentation that is the fastest."""

    name: str
    package: str
    pace: int  # small answers a second, roughly: the slow ones get fewer requests
    way: str = ""  # of `harness.run`
    extra: tuple[str, ...] = ()  # packages that it needs besides
    threads: bool = False  # no event loop

    def contender(self, mode: str, count: int) -> Contender:
        module = f"with_{self.package}"
        lagging = () if self.threads else command(module, f"{mode}{self.way}@lag")
        packages = (self.package, *self.extra)
        return Contender(self.name, command(module, mode + self.way), count, packages, True, lagging)


WREQ = Peer("wreq", "wreq", 50_000)
PYREQWEST = Peer("pyreqwest", "pyreqwest", 20_000)
PYQWEST = Peer("pyqwest", "pyqwest", 20_000)
PRIMP = Peer("primp", "primp", 15_000)
AIOHTTP = Peer("aiohttp", "aiohttp", 10_000)
AIOHTTP_UVLOOP = Peer("aiohttp on uvloop", "aiohttp", 13_000, "@uvloop", ("uvloop",))
HTTPX2 = Peer("httpx2", "httpx2", 1_500)
NIQUESTS = Peer("niquests", "niquests", 1_500)
CURL_CFFI = Peer("curl_cffi", "curl_cffi", 3_000)
PYCURL = Peer("pycurl multi", "pycurl", 15_000, threads=True)
REQUESTS = Peer("requests in threads", "requests", 1_200, threads=True)
PEERS = (
    WREQ,
    PYREQWEST,
    PYQWEST,
    PRIMP,
    AIOHTTP,
    AIOHTTP_UVLOOP,
    HTTPX2,
    NIQUESTS,
    CURL_CFFI,
    PYCURL,
    REQUESTS,
)


def command(module: str, mode: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"benches.workloads.{module}", mode)


def ours(name: str, mode: str, count: int) -> Contender:
    module = "with_fastfetch"
    packages = ("fastfetch", "uvloop") if "@uvloop" in mode else ("fastfetch",)
    return Contender(name, command(module, mode), count, packages, lagging=command(module, f"{mode}@lag"))


def floor(name: str, count: int) -> Contender:
    return Contender(name, (str(FLOOR / "target/release" / name),), count)


def taking_part(
    mode: str,
    count: int,
    *,
    fastfetch: dict[str, str],
    floors: Iterable[str] = (),
    peers: Iterable[Peer] = PEERS,
    without: Iterable[Peer] = (),
    slower: float = 1.0,
    exactly: bool = False,
) -> tuple[Contender, ...]:
    """The floor programs, fastfetch's rows (name: mode), and the peers but those `without` what it takes.

    A slow peer gets as many requests as it answers in a while, where not all must do `exactly` the same;
    `slower` says by how much a request takes longer than a small one.
    """
    chosen = [peer for peer in peers if peer not in without]
    return (
        *(floor(name, count) for name in floors),
        *(ours(name, each, count) for name, each in fastfetch.items()),
        *(peer.contender(mode, count if exactly else fitting(peer, count, slower)) for peer in chosen),
    )


def fitting(peer: Peer, count: int, slower: float) -> int:
    fits = int(peer.pace * SECONDS / slower) // 100 * 100
    return min(count, max(100, fits))
