"""Servers that load an application once and fork their workers, whose every request fetches (rule L4)."""

import os
import signal
import sys
from pathlib import Path

import pytest
from fastfetch import Limits, Timeout, sync

from tests.programs.running import path
from tests.servers.process import listen, serving, url
from tests.servers.routes import RouteServer

WORKERS = 3


@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn forks")
@pytest.mark.parametrize("kind", ["sync", "gthread"])
def test_l4_gunicorn_with_preload(kind: str, route_server: RouteServer, tmp_path: Path) -> None:
    """Also when one of the workers is killed and another takes its place."""
    log = tmp_path / "gunicorn.log"
    with listen() as listener:
        server = url(listener)
        command = [sys.executable, "-m", "gunicorn", "tests.programs.preloaded:app", "--preload"]
        command += [f"--bind=fd://{listener.fileno()}", f"--workers={WORKERS}", f"--worker-class={kind}"]
        command += ["--threads=2", "--keep-alive=0", "--no-control-socket", "--graceful-timeout=1"]
        environment = {"FETCHED": f"{route_server.url}/json/a", "PYTHONPATH": path()}
        with (
            serving(command, [listener], log, environment),
            sync.Client(timeout=Timeout(total=20), limits=Limits(per_host=6)) as client,
        ):
            killed = processes(client, server).pop()
            os.kill(killed, signal.SIGKILL)
            assert killed not in processes(client, server)
    assert "Traceback" not in log.read_text()


def processes(client: sync.Client, server: str) -> set[int]:
    """The workers that answer sixty requests."""
    answers = client.gather([server] * 60)
    assert answers.counts == {200: 60}, answers
    return {int(answer.text) for answer in answers}
