"""Where the disk is full: an error that says so, the old file as it was, and what was fetched is not lost."""

import errno
import json
import random
import sys
from pathlib import Path

import pytest

from tests.programs.running import say
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

if sys.platform == "win32":
    pytest.skip("Windows has no limit on the size of files", allow_module_level=True)

from tests.programs.full_disk import COUNT, SIZE


def test_a_full_disk_is_an_error_and_loses_nothing(tmp_path: Path, route_server: RouteServer) -> None:
    route_server.routes["/large/"] = lambda request: Answer(random.Random(request.rest).randbytes(SIZE))
    said = json.loads(say("full_disk", tmp_path, route_server.url))
    job = said.pop("job.db")
    for name, told in said.items():
        assert told["error"][0] == errno.EFBIG, name
        assert told["error"][1] in (name, None), name
        assert (told["old"], told["folder"], told["then"]) == ("the old one", [name], True), name
    assert "job.db" in job["error"]
    assert "large" in job["error"] or "full" in job["error"]
    assert 0 < job["done"] < COUNT
    assert job["then"] == COUNT
