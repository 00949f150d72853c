"""C15, and rule L30: when the clock on the wall jumps, nothing that takes time notices; dates do."""

import json
from pathlib import Path

import pytest

from tests.amounts import SLACK
from tests.conftest import need
from tests.programs.running import say
from tests.servers.listening import find
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer


def libfaketime() -> str:
    """The library that `faketime` puts before the program."""
    folders = [Path("/usr/lib"), Path("/usr/local/lib")]
    found = [path for folder in folders for path in folder.glob("*/faketime/libfaketimeMT.so.1")]
    return str(found[0])


@pytest.mark.parametrize("distance", ["+1d", "-1d"])
def test_a_jump_of_the_clock(distance: str, route_server: RouteServer, tmp_path: Path) -> None:
    need("faketime", find("faketime"))
    clock = tmp_path / "clock"
    clock.write_text("+0")
    route_server.routes["/set"] = Answer(headers=(("Set-Cookie", "a=b; Max-Age=3600"),))
    under = (
        "env",
        f"LD_PRELOAD={libfaketime()}",
        f"FAKETIME_TIMESTAMP_FILE={clock}",
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
    )
    said = json.loads(say("clocks", route_server.url, clock, distance, under=under))
    cookies, elapsed = said.pop("cookies"), said.pop("elapsed")
    for what, seconds in said.items():
        assert 0.29 <= seconds < 0.4 + SLACK, f"{what}: {said}"
    assert 0.1 <= elapsed < 0.2 + SLACK
    assert cookies == [True, distance == "-1d"]
    # An idle connection does not age by it: one serves all, but where an answer was given up.
    assert route_server.ledger.accepted <= 3
