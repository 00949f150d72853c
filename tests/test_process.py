"""Forks and exits with requests in flight: nothing hangs, nothing is said (rules L4 to L6 and L22)."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.programs import running
from tests.programs.exits import EXIT_CODES
from tests.programs.forks import MOMENTS
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

EXITS = int(os.environ.get("FASTFETCH_EXITS", "40"))
"""How many processes exit in all; a longer look sets more."""


@pytest.mark.parametrize("moment", MOMENTS)
def test_l4_a_forked_child_fetches_and_its_parent_goes_on(moment: str, route_server: RouteServer) -> None:
    def waiting(_: object) -> Answer:
        return Answer.text(
            str(sum(request.path == "/gate/forked" for request in route_server.ledger.requests))
        )

    def opened(_: object) -> Answer:
        route_server.open_gate("forked")
        return Answer.text("opened")

    route_server.routes.update({"/waiting": waiting, "/open": opened})
    assert float(running.say("forks", moment, route_server.url)) < 1.0


@pytest.mark.parametrize("kind", EXIT_CODES)
def test_l5_exits_with_requests_in_flight(kind: str, route_server: RouteServer) -> None:
    """The exit code is the program's own, stderr is clean, and it takes no time."""

    def leave(_: int) -> None:
        process = running.start("exits", kind, route_server.url)
        done = running.finish(process)
        seconds = time.monotonic() - float(done.stdout)
        errors = done.stderr.splitlines()
        if kind == "failing":
            assert errors.pop() == "LookupError: the program's own"
            errors = [line for line in errors if not line.startswith((" ", "Traceback"))]
        assert (done.returncode, errors) == (EXIT_CODES[kind], []), done.stderr
        assert seconds < 1.5

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(leave, range(max(1, EXITS // len(EXIT_CODES)))))


def test_l22_an_interrupt_with_many_pending(route_server: RouteServer) -> None:
    """KeyboardInterrupt leaves `asyncio.run` within a second."""
    process = running.start("interrupted", route_server.url)
    assert process.stdout is not None
    assert process.stdout.readline() == "pending\n"
    moment = time.monotonic()
    process.send_signal(signal.SIGINT)
    done = running.finish(process)
    assert (done.returncode, done.stderr) == (0, "")
    assert float(done.stdout) - moment < 1.0
