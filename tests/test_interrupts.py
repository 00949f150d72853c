"""Ctrl-C: a running batch stops, what was fetched stays, it can be run again at once; no more is said.

In notebooks: `test_notebook.py`.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.programs import running
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGINT for one process alone")

SOON = 1.0
"""In how many seconds a batch must have stopped. It takes a tenth of one; this is for busy machines."""

TRACEBACK = (
    "Traceback ",
    "KeyboardInterrupt",
    "asyncio.exceptions.CancelledError",
    "During handling of",
    " ",
)
"""How the lines of an interrupt's traceback begin: under asyncio it has two parts."""


def stopped_after(server: RouteServer, moment: float) -> float:
    """Seconds from a moment until the connections of the fifty that wait were closed."""
    return max(connection.closed or 0 for connection in server.ledger.wait_closed(50)) - moment


@pytest.mark.parametrize("face", ["async", "sync"])
class TestScript:
    def test_it_goes_on_with_the_rest(self, face: str, route_server: RouteServer) -> None:
        process = running.start("interrupted_batch", face, route_server.url, "caught")
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        route_server.ledger.wait_requests(60)
        moment = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "10\n"
        assert time.monotonic() - moment < SOON
        route_server.open_gate("later")
        done = running.finish(process)
        assert (done.returncode, done.stdout, done.stderr) == (0, "{200: 60}\n", "")
        # Those that were done have not been fetched again, and those that were not were let go.
        assert len(route_server.ledger.requests) == 60 + 50

    def test_connections_are_closed_at_once(self, face: str, route_server: RouteServer) -> None:
        process = running.start("interrupted_batch", face, route_server.url, "uncaught")
        route_server.ledger.wait_requests(60)
        moment = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert stopped_after(route_server, moment) < SOON
        done = running.finish(process)
        assert done.returncode == -signal.SIGINT
        said = done.stderr.splitlines()
        assert said[-1] == "KeyboardInterrupt"
        assert [line for line in said if line and not line.startswith((*TRACEBACK, "^"))] == []


@pytest.fixture
def ipython(tmp_path: Path) -> Iterator[Any]:
    """IPython at a terminal, in which fastfetch and its sync face are imported."""
    import pexpect

    environment = {**os.environ, "IPYTHONDIR": str(tmp_path), "TERM": "dumb"}
    arguments = ["-m", "IPython", "--no-banner", "--simple-prompt", "--colors=NoColor", "--no-confirm-exit"]
    child = pexpect.spawn(
        sys.executable, arguments, env=environment, encoding="utf-8", timeout=60, echo=False
    )
    child.expect_exact("In [1]: ")
    child.sendline("import fastfetch; from fastfetch import sync")
    child.expect(r"In \[\d+\]: ")
    yield child
    child.close(force=True)


def cell(child: Any, code: str) -> str:
    """What a cell says."""
    child.sendline(code)
    child.expect(r"In \[\d+\]: ")
    said: str = child.before
    return said.replace("\r\n", "\n").strip()


@pytest.mark.parametrize(("module", "run"), [("fastfetch", "await batch"), ("sync", "batch.run()")])
def test_ipython_at_a_terminal(ipython: Any, module: str, run: str, route_server: RouteServer) -> None:
    urls = [f"{route_server.url}/json/{n}" for n in range(10)] + [f"{route_server.url}/gate/later"] * 50
    assert cell(ipython, f"batch = {module}.Batch({urls!r}, concurrency=50, per_host=50)") == ""
    ipython.sendline(run)
    route_server.ledger.wait_requests(60)
    moment = time.monotonic()
    ipython.sendintr()
    ipython.expect(r"In \[\d+\]: ")
    assert time.monotonic() - moment < 2 * SOON  # It draws its traceback meanwhile.
    assert ipython.before.strip().endswith("KeyboardInterrupt:")
    assert ipython.before.count("Traceback") == 1
    assert stopped_after(route_server, moment) < SOON
    assert cell(ipython, "len(batch.results), batch.progress.in_flight").endswith("(10, 0)")
    route_server.open_gate("later")
    assert cell(ipython, f"({run}).counts").endswith("{200: 60}")
    assert len(route_server.ledger.requests) == 60 + 50


def test_a_task_of_an_earlier_cell_is_left_alone(ipython: Any, route_server: RouteServer) -> None:
    cell(ipython, "import asyncio")
    url = f"{route_server.url}/gate/later"
    cell(ipython, f"task = asyncio.create_task(fastfetch.get({url!r})); await asyncio.sleep(0.01)")
    ipython.sendline(f"await fastfetch.get('{route_server.url}/never')")
    route_server.ledger.wait_requests(2)
    ipython.sendintr()
    ipython.expect(r"In \[\d+\]: ")
    route_server.ledger.wait_closed(1)
    route_server.open_gate("later")
    assert cell(ipython, "(await task).status_code").endswith("200")
