"""HTTP/2 servers that break off: what they have not begun with is sent again, the rest fails.

RFC 9113, section 8.7.
"""

import asyncio
import threading
from collections import Counter

import pytest
from fastfetch import Client, IncompleteBody, Limits, ProtocolError, Request
from h2.errors import ErrorCodes
from h2.events import StreamReset
from hyperframe.frame import DataFrame

from tests.conftest import Http2ServerFactory
from tests.fetching import fault
from tests.http2 import OK, Start, kinds
from tests.servers.http2 import Http2Connection, Http2Stream, each
from tests.servers.ledger import PATIENCE
from tests.servers.messages import Answer
from tests.servers.tls import Authority


@pytest.fixture
def start(h2_server: Http2ServerFactory, authority: Authority) -> Start:
    return Start(h2_server, authority)


class TestBrokenOff:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_goaway_before_they_were_begun_with(self, start: Start, method: str) -> None:
        """The server promises that it has not, so any method may be sent once more."""

        async def leave(connection: Http2Connection) -> None:
            if server.ledger.accepted > 1:
                await each(lambda stream: stream.answer(OK))(connection)
                return
            streams = [await connection.request() for _ in range(16)]
            connection.goaway(ErrorCodes.NO_ERROR, last=streams[0].request.stream_id)
            await streams[0].answer(Answer(b"the last one"))

        server = start(leave)
        items = [Request(method, f"{server.url}/{n}", content=b"x" * (method == "POST")) for n in range(16)]
        results = start.gather(items)
        assert kinds(results) == {200: 16}
        assert sorted(response.content for response in results) == [b"ok"] * 15 + [b"the last one"]
        assert server.ledger.accepted == 2
        assert {response.attempts for response in results} == {1, 2}

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_refused_streams_are_sent_once_more(self, start: Start, method: str) -> None:
        seen = Counter[str]()

        async def refuse(stream: Http2Stream) -> None:
            path = stream.request.pseudo["path"]
            seen[path] += 1
            if seen[path] == 1:
                stream.reset(ErrorCodes.REFUSED_STREAM)
            else:
                await stream.answer(OK)

        server = start(each(refuse))
        items = [Request(method, f"{server.url}/{n}", content=b"x" * (method == "POST")) for n in range(20)]
        assert kinds(start.gather(items)) == {200: 20}
        assert set(seen.values()) == {2}
        assert server.ledger.accepted == 1

    def test_refused_for_ever(self, start: Start) -> None:
        async def refuse(stream: Http2Stream) -> None:
            stream.reset(ErrorCodes.REFUSED_STREAM)

        server = start(each(refuse))
        error = fault(server.url, ProtocolError, "response", "gave the request up", attempts=2, tls=start.tls)
        assert "refused" in str(error)

    @pytest.mark.parametrize(
        "code",
        [ErrorCodes.CANCEL, ErrorCodes.INTERNAL_ERROR, ErrorCodes.PROTOCOL_ERROR, ErrorCodes.NO_ERROR],
        ids=lambda code: code.name,
    )
    def test_other_resets_before_the_head(self, start: Start, code: ErrorCodes) -> None:
        """The server may have begun with it, and has no more to say."""

        async def give_up(stream: Http2Stream) -> None:
            stream.reset(code)

        server = start(each(give_up))
        fault(server.url, ProtocolError, "response", "gave the request up", tls=start.tls)

    @pytest.mark.parametrize("code", [ErrorCodes.CANCEL, ErrorCodes.INTERNAL_ERROR], ids=lambda c: c.name)
    def test_resets_in_the_body(self, start: Start, code: ErrorCodes) -> None:
        async def give_up(stream: Http2Stream) -> None:
            stream.start(200, ("content-length", "10"))
            await stream.data(b"hello")
            stream.reset(code)

        server = start(each(give_up))
        error = fault(server.url, IncompleteBody, "body", "5 of 10 bytes", tls=start.tls)
        assert (error.expected, error.received) == (10, 5)

    def test_others_on_the_connection_go_on(self, start: Start) -> None:
        async def some(stream: Http2Stream) -> None:
            number = int(stream.request.pseudo["path"][1:])
            stream.start(200)
            await stream.data(b"hello")
            if number % 2:
                stream.reset(ErrorCodes.INTERNAL_ERROR)
            else:
                await stream.data(b" world", end=True)

        server = start(each(some))
        results = start.gather([f"{server.url}/{n}" for n in range(50)])
        assert kinds(results) == {200: 25, "IncompleteBody": 25}
        assert server.ledger.accepted == 1

    def test_goaway_for_an_error(self, start: Start) -> None:
        async def leave(connection: Http2Connection) -> None:
            await connection.request()
            connection.goaway(ErrorCodes.ENHANCE_YOUR_CALM, last=0, debug=b"calm\r\n")

        server = start(leave)
        fault(server.url, ProtocolError, "response", "gave the request up", tls=start.tls)

    def test_the_connection_cut_in_the_body(self, start: Start) -> None:
        async def cut(connection: Http2Connection) -> None:
            stream = await connection.request()
            stream.start(200)
            await stream.data(b"hello")
            await asyncio.sleep(0.02)
            connection.cut()

        server = start(cut)
        fault(server.url, IncompleteBody, "body", "after 5 bytes", tls=start.tls)


def test_what_is_on_its_way_for_cancelled_requests_costs_the_others_nothing(start: Start) -> None:
    """Of each the server has said more than the client had seen when it cancelled."""
    waves, size = 8, 200
    said = threading.Semaphore(0)

    async def late(stream: Http2Stream) -> None:
        stream.start(200)
        await stream.data(b"a piece")
        if stream.request.pseudo["path"] == "/cancelled":
            said.release()
            await stream.taken_back()
            stream.connection.say(DataFrame(stream.request.stream_id, b"late"))
        else:
            await stream.data(b"", end=True)

    server = start(each(late))

    def all_said() -> bool:
        return all(said.acquire(timeout=PATIENCE) for _ in range(size))

    async def main() -> None:
        limits = Limits(concurrency=size, per_host=size)
        async with Client(tls=start.tls, limits=limits) as client:
            for wave in range(1, waves + 1):
                task = asyncio.ensure_future(client.gather([f"{server.url}/cancelled"] * size))
                assert await asyncio.to_thread(all_said)
                task.cancel()
                await asyncio.wait([task])
                resets = await asyncio.to_thread(server.heard.wait, StreamReset, wave * size)
                assert {reset.error_code for reset in resets} == {ErrorCodes.CANCEL}
            # What was late comes before this answer.
            assert (await client.get(server.url)).content == b"a piece"

    asyncio.run(main())
    assert server.ledger.accepted == 1
