"""Nothing piles up: descriptors, threads, tasks and memory, whatever went wrong."""

import json
import socket
import sys
from collections.abc import Iterator
from statistics import linear_regression
from typing import Any

import pytest

from tests.amounts import TORTURE, times
from tests.conftest import ChaosFactory, RawServerFactory
from tests.figures import Measured
from tests.programs.running import DEVELOPMENT, finish, say, start
from tests.servers.chaos import Weather
from tests.servers.faulty import FAULTS, faulty
from tests.servers.nonces import Nonces
from tests.servers.tls import self_signed

if sys.platform != "linux":
    pytest.skip("what a process holds is told by /proc", allow_module_level=True)

MB = 2**20
STORM = Weather(slow_accept=0.1, delay=0.1, split=0.1, cut=0.2, reset=0.2, stretch=2**12, longest=0.01)


@pytest.fixture
def refused() -> Iterator[str]:
    """A URL where nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{holder.getsockname()[1]}/"


class Laboratory:
    """URLs of good answers, and of faults of all kinds."""

    def __init__(self, raw_server: RawServerFactory, chaos: ChaosFactory, refused: str) -> None:
        server = raw_server(faulty)
        stormy = chaos(raw_server(Nonces().over_http1).url, STORM)
        self.good = [f"{server.url}/ok/{number}" for number in range(10)]
        self.faults = [server.url + path for path in FAULTS]
        self.faults += [refused, raw_server(faulty, tls=self_signed("127.0.0.1")).url]
        # In a storm many are answered; no other is.
        self.storm = [f"{stormy.url}/{kind}/1" for kind in ("plain", "chunked", "gzip", "redirect")]

    def run(self, count: int, rounds: int, share: float) -> dict[str, Any]:
        """What a process of its own says of so many requests in so many rounds."""
        arguments = (count, rounds, share, ",".join(self.good), *self.faults, *self.storm)
        # Memory is measured as users have it, and given back at once, so that what is in use shows.
        flags, under = () if TORTURE else DEVELOPMENT, ("env", "MIMALLOC_PURGE_DELAY=0")
        process = start("resources", *arguments, flags=flags, under=under)
        done = finish(process, patience=900 if TORTURE else 60)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told


@pytest.fixture
def laboratory(raw_server: RawServerFactory, chaos: ChaosFactory, refused: str) -> Laboratory:
    return Laboratory(raw_server, chaos, refused)


def check_memory(memory: list[int], count: int) -> str:
    """Less than 1 MB for 10,000 requests. A few requests show only that it is not much more."""
    # The slope of a straight line through what was in use after each round.
    grown = linear_regression(range(len(memory)), memory).slope / count * 10_000
    told = [value // 1024 for value in memory]
    assert grown < MB if TORTURE else memory[-1] - memory[0] < 8 * MB, told
    return f"memory {grown / MB:+.2f} MB for each 10,000" if TORTURE else "too few to say how memory grows"


@pytest.mark.torture
def test_faulted_requests_leave_nothing_behind(laboratory: Laboratory, measured: Measured) -> None:
    """Cut, reset, garbage, silence, refused, bad TLS, bad gzip, redirect loops, and bad weather."""
    count, rounds = times(1_000, 200), times(40, 2)
    told = laboratory.run(count, rounds, 1.0)
    assert told["after"] == told["before"]
    counts = told["counts"]
    assert sum(counts.values()) == count * rounds
    for kind in (
        "CertificateError",
        "ConnectError",
        "ConnectionRefused",
        "DecodeError",
        "IncompleteBody",
        "LimitExceeded",
        "ProtocolError",
        "TooManyRedirects",
        "TotalTimeout",
    ):
        assert counts.get(kind, 0) > count * rounds / 200, counts
    grown = check_memory(told["memory"], count)
    held = "{descriptors} descriptors, {threads} threads and {tasks} task".format(**told["after"])
    measured(
        f"{count * rounds:,} faulted requests of all kinds",
        f"{held} before and after, {grown}",
    )


def test_no_memory_is_asked_for_in_huge_pages(raw_server: RawServerFactory) -> None:
    """One is in use as a whole once a byte of it is, and a connection has buffers that hardly are."""
    assert say("huge_pages", f"{raw_server(faulty).url}/ok") == ""


@pytest.mark.torture
def test_l27_a_long_run_with_faults_leaks_nothing(laboratory: Laboratory, measured: Measured) -> None:
    count, rounds = times(10_000, 750), times(20, 4)
    told = laboratory.run(count, rounds, 0.1)
    assert told["after"] == told["before"]
    counts = told["counts"]
    assert sum(counts.values()) == count * rounds
    assert 0.9 <= counts["answered"] / (count * rounds) < 0.96, counts
    grown = check_memory(told["memory"], count)
    measured(
        f"{count * rounds:,} requests, 10 % of them faulted",
        f"descriptors, threads and tasks as before, {grown}",
    )
