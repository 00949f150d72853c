"""Bodies from files: from where they stand, with their length, and again where that is asked for."""

import asyncio
import io
import os
from pathlib import Path
from typing import Any

import fastfetch
import pytest
from fastfetch import InvalidRequest, Request

from tests.servers.bodies import BodyServer
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer


def post(url: str, **options: Any) -> fastfetch.Response:
    return asyncio.run(fastfetch.post(url, **options))


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 2**20 + 1])
def test_are_sent_from_where_they_stand(heard: BodyServer, tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"skipped" + b"x" * size)
    with path.open("rb") as file, path.open("rb", buffering=0) as raw:
        for source in (file, raw, io.BytesIO(path.read_bytes())):
            source.seek(7)
            post(heard.url, content=source)
            assert f"\r\ncontent-length: {size}\r\n".encode() in heard.head
    assert heard.bodies == [b"x" * size] * 3


def test_two_requests_can_read_one(heard: BodyServer) -> None:
    content = bytes(range(256)) * 5000

    async def main() -> None:
        request = Request("POST", heard.url, content=io.BytesIO(content))
        assert (await fastfetch.gather([request] * 4)).counts == {200: 4}

    asyncio.run(main())
    assert heard.bodies == [content] * 4


def test_one_that_grows_is_sent_as_it_was(heard: BodyServer) -> None:
    file = io.BytesIO(b"before")
    request = Request("POST", heard.url, content=file)
    file.write(b"longer now")
    asyncio.run(fastfetch.send(request))
    assert heard.bodies == [b"longer"]


def test_one_that_shrinks_is_an_error(heard: BodyServer) -> None:
    file = io.BytesIO(b"before")
    request = Request("POST", heard.url, content=file)
    file.truncate(2)
    with pytest.raises(InvalidRequest, match="content: 4 bytes fewer than announced"):
        asyncio.run(fastfetch.send(request))


def test_a_pipe_is_sent_in_chunks(heard: BodyServer) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as file:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(b"through a pipe")
        post(heard.url, content=file)
    assert heard.bodies == [b"through a pipe"]
    assert b"\r\ntransfer-encoding: chunked\r\n" in heard.head


def test_a_closed_one_is_refused(tmp_path: Path) -> None:
    file = io.BytesIO(b"x")
    file.close()
    with pytest.raises(ValueError, match="closed file"):
        Request("POST", "http://a.test/", content=file)


def test_one_closed_too_early_is_the_callers_error(heard: BodyServer) -> None:
    file = io.BytesIO(b"x")
    request = Request("POST", heard.url, content=file)
    file.close()
    with pytest.raises(ValueError, match="closed file"):
        asyncio.run(fastfetch.send(request))


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_sends_it_again(route_server: RouteServer, status: int) -> None:
    route_server.routes["/from"] = Answer.redirect("/echo", status)
    content = b"x" * 700_000
    answer = post(f"{route_server.url}/from", content=io.BytesIO(content))
    assert answer.json()["body"].encode() == content
    assert [seen.body for seen in route_server.ledger.requests] == [content, content]
