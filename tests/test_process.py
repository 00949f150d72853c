"""Forks and exits with requests in flight: nothing hangs, nothing is said (rules L4 to L6 and L22)."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.amounts import SLACK, times
from tests.figures import Measured
from tests.programs import running
from tests.programs.exits import EXIT_CODES
from tests.programs.forks import MOMENTS
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

EXITS = int(os.environ.get("FASTFETCH_EXITS") or times(1_000, 2))
"""How many processes exit in each way: an hour of them at full length, so one may ask for fewer."""

FORKS = -(-times(500, 1) // len(MOMENTS))
"""How many programs fork at each moment. Some fork more than once."""

PYTHON = f"Python {sys.version_info[0]}.{sys.version_info[1]}"

AS_ALLOCATED = ("env", "PYTHONMALLOC=pymalloc")
"""What programs with daemon threads run under. When the interpreter ends, CPython 3.11 and 3.12 free the
states of such threads while one may be about to look at its own (python/cpython#110052). In development mode
what is freed is overwritten at once, and about one exit in a thousand on a busy machine then crashes."""

Slowest = dict[str, float]
"""Seconds that the slowest took of each kind."""


@pytest.fixture(scope="module")
def slowest() -> Slowest:
    return {}


class Server(RouteServer):
    """Has requests wait at a gate until a program asks to open it, and tells how many do."""

    def __init__(self) -> None:
        super().__init__()
        self.routes.update({"/waiting": self._waiting, "/open": self._open})

    def _waiting(self, _: object) -> Answer:
        return Answer.text(str(sum(request.path == "/gate/forked" for request in self.ledger.requests)))

    def _open(self, _: object) -> Answer:
        self.open_gate("forked")
        return Answer.text("opened")


@pytest.mark.torture
@pytest.mark.parametrize("moment", MOMENTS)
def test_l4_a_forked_child_fetches_and_its_parent_goes_on(
    moment: str, slowest: Slowest, measured: Measured
) -> None:
    def run(_: int) -> float:
        with Server() as server:
            return float(running.say("forks", moment, server.url))

    with ThreadPoolExecutor(2) as pool:
        slowest[moment] = max(pool.map(run, range(FORKS)))
    assert slowest[moment] < 1.0 + SLACK
    if slowest.keys() >= MOMENTS.keys():
        worst = max(slowest[each] for each in MOMENTS)
        measured(
            f"{FORKS * len(MOMENTS):,} programs that fork, at {len(MOMENTS)} moments, on {PYTHON}",
            f"none hangs, and the slowest child has fetched and left after {worst:.2f} s",
        )


@pytest.mark.torture
@pytest.mark.parametrize("kind", EXIT_CODES)
def test_l5_exits_with_requests_in_flight(
    kind: str, route_server: RouteServer, slowest: Slowest, measured: Measured
) -> None:
    """The exit code is the program's own, stderr is clean, and it takes no time."""

    def leave(_: int) -> float:
        under = AS_ALLOCATED if kind.startswith("daemon") else ()
        process = running.start("exits", kind, route_server.url, under=under)
        done = running.finish(process)
        seconds = time.monotonic() - float(done.stdout)
        errors = done.stderr.splitlines()
        if kind.startswith("failing"):
            assert errors.pop() == "LookupError: the program's own"
            told = (" ", "Traceback", "Exception in thread")
            errors = [line for line in errors if not line.startswith(told)]
        assert (done.returncode, errors) == (EXIT_CODES[kind], []), done.stderr
        return seconds

    with ThreadPoolExecutor(3) as pool:
        slowest[kind] = max(pool.map(leave, range(EXITS)))
    assert slowest[kind] < 1.0 + SLACK
    if slowest.keys() >= EXIT_CODES.keys():
        worst = max(slowest[each] for each in EXIT_CODES)
        measured(
            f"{EXITS:,} exits in each of {len(EXIT_CODES)} ways on {PYTHON}",
            f"the program's own exit code, no word on stderr, over within {worst:.2f} s",
        )


def test_l6_after_the_exit_handler(route_server: RouteServer) -> None:
    """After the exit handler no thread of ours is there, and whoever calls is refused: no hang, no crash."""
    *said, last = running.say("refused", route_server.url).splitlines()
    assert said == ["fastfetch-io", "", *["the interpreter is shutting down"] * 6]
    assert last == "refused"


def test_l22_an_interrupt_with_many_pending(route_server: RouteServer) -> None:
    """KeyboardInterrupt leaves `asyncio.run` within a second."""
    process = running.start("interrupted", route_server.url)
    assert process.stdout is not None
    assert process.stdout.readline() == "pending\n"
    moment = time.monotonic()
    process.send_signal(signal.SIGINT)
    done = running.finish(process)
    assert (done.returncode, done.stderr) == (0, "")
    assert float(done.stdout) - moment < 1.0 + SLACK
