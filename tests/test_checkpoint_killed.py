"""S02. A program killed at any moment and started again: nothing is lost, and nothing fetched twice."""

import asyncio
import random
import sys
import zlib
from pathlib import Path

import pytest

from tests.amounts import times
from tests.programs import running
from tests.scripted import asked
from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

ITEMS = 200


def content_of(number: int) -> bytes:
    """Of all sizes up to some pages of the file."""
    chance = random.Random(number)
    return chance.randbytes(chance.randrange(20_000))


TOTAL = sum(zlib.crc32(content_of(number)) for number in range(ITEMS))


@pytest.mark.parametrize("seed", range(times(200, 5)))
def test_killed_at_a_random_moment(seed: int, tmp_path: Path, route_server: RouteServer) -> None:
    chance, checkpoint = random.Random(seed), tmp_path / "job.db"

    async def body(request: Request) -> Answer:
        await asyncio.sleep(0.005)  # Or all would be done before anybody can be killed.
        return Answer(content_of(int(request.rest)))

    route_server.routes["/body/"] = body
    told: set[str] = set()
    for _ in range(1 + seed % 3):
        done_before, asked_before = told.copy(), len(asked(route_server))
        program = running.start("checkpointed", checkpoint, route_server.url, "body", ITEMS, 0)
        assert program.stdout is not None
        lines = [program.stdout.readline() for _ in range(chance.randrange(ITEMS))]
        program.kill()
        lines += program.stdout.read().split("\n")[:-1]  # What follows the last line end may be half a name.
        running.finish(program)
        told.update(line.strip() for line in lines)
        assert done_before.isdisjoint(names(asked(route_server)[asked_before:]))
    asked_before = len(asked(route_server))
    said = running.say("checkpointed", checkpoint, route_server.url, "body", ITEMS, 0).splitlines()
    assert said[-1] == f"sum {TOTAL}"
    assert sorted(map(int, said[:-1])) == list(range(ITEMS))
    assert told.isdisjoint(names(asked(route_server)[asked_before:]))


def names(paths: list[str]) -> set[str]:
    return {path.rpartition("/")[2] for path in paths}
