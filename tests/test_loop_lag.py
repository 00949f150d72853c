"""Nothing on the event loop's thread blocks, and large answers do not hold it up (rule L10)."""

import json
import sys

import pytest

from tests.amounts import SLACK, times
from tests.figures import Measured
from tests.programs import running
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

ANSWERS = times(2_000, 100)

LARGE = json.dumps([{"id": n, "text": "x" * 80} for n in range(9_500)]).encode()
"""A megabyte of JSON."""


@pytest.mark.torture
@pytest.mark.skipif(sys.platform != "linux", reason="where a thread's own sleeps are counted")
def test_l10_large_answers_do_not_hold_the_loop_up(route_server: RouteServer, measured: Measured) -> None:
    route_server.routes["/large"] = Answer(LARGE, 200, (("Content-Type", "application/json"),))
    said = json.loads(running.say("loop_lag", ANSWERS, f"{route_server.url}/large", flags=()))
    assert said["calls"] == []
    # Two threads may meet at a lock for a moment. What blocks would do so for every answer.
    assert said["waits"] <= ANSWERS / 20
    p99, worst = said["late"]
    assert p99 < 10 + 1000 * SLACK
    measured(
        f"{ANSWERS:,} answers of 1 MB of JSON arrive",
        f"the loop is {p99:.1f} ms late at p99, {worst:.1f} ms at worst, {said['waits']} waits",
    )
