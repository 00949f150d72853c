"""HTTP/2 servers that break off: what they have not begun with is sent again, the rest fails.

RFC 9113, section 8.7.
"""

import asyncio
import threading
import time
from collections import Counter

import pytest
from fastfetch import Client, FetchError, Limits, ReadTimeout, Request, Timeout
from h2.errors import ErrorCodes
from h2.events import StreamReset
from hyperframe.frame import DataFrame

from tests.amounts import SLACK, TORTURE
from tests.conftest import Http2ServerFactory
from tests.figures import Measured
from tests.http2 import OK, Start, kinds
from tests.servers.http2 import Http2Connection, Http2Server, Http2Stream, each
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


class TestDead:
    """C05, H10: a connection on which nothing comes any more, and nobody says why."""

    def start(self, start: Start) -> Http2Server:
        """The first connection answers once, and is dead from then on."""

        async def answer(connection: Http2Connection) -> None:
            if server.ledger.accepted > 1:
                await each(lambda stream: stream.answer(OK))(connection)
                return
            await (await connection.request()).answer(OK)
            connection.transport.pause_reading()
            await connection.request()

        server = start(answer)
        return server

    def test_is_given_up_by_the_read_timeout(self, start: Start) -> None:
        """Once it has been silent for two seconds, whoever comes next has another one."""
        server = self.start(start)

        async def main() -> tuple[int, float]:
            async with Client(tls=start.tls, timeout=Timeout(read=0.5)) as client:
                assert (await client.get(server.url)).ok
                begun, late = time.monotonic(), 0
                while True:
                    try:
                        assert (await client.get(server.url)).ok
                    except ReadTimeout:
                        late += 1
                    else:
                        return late, time.monotonic() - begun

        late, seconds = asyncio.run(main())
        assert 4 <= late <= 5
        assert seconds < 2.6 + SLACK
        assert server.ledger.accepted == 2

    @pytest.mark.torture
    @pytest.mark.skipif(not TORTURE, reason="it takes 30 s")
    def test_is_found_out_by_a_ping(self, start: Start, measured: Measured) -> None:
        """Where the read timeout is longer than that takes."""
        server = self.start(start)

        async def main() -> tuple[FetchError, float]:
            async with Client(tls=start.tls, timeout=Timeout(read=90)) as client:
                assert (await client.get(server.url)).ok
                begun = time.monotonic()
                with pytest.raises(FetchError) as caught:
                    await client.post(server.url, content="once")
                seconds = time.monotonic() - begun
                assert (await client.get(server.url)).ok
                return caught.value, seconds

        error, seconds = asyncio.run(main())
        assert "may have processed the request" in str(error)
        assert seconds < 31 + SLACK
        measured("a dead HTTP/2 connection, found out by a ping", f"given up after {seconds:.1f} s")


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
