"""`Client.stream`: what becomes of the connection, and what others of the same client notice."""

import asyncio
import gc
from typing import Any

import pytest
from fastfetch import TLS, Client, ConnectionRefused, Limits, PoolTimeout, StreamedResponse, Timeout
from h2.errors import ErrorCodes
from h2.events import StreamReset

from tests.conftest import Http2ServerFactory, RawServerFactory
from tests.loops import LoopFactory, run
from tests.servers.http2 import Http2Stream, each
from tests.servers.messages import Answer
from tests.servers.pieces import CHUNKED, Pieces, chunk, head
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

BODY = bytes(2**20)

PIECES = (b"one", b"two", b"three")


async def whole(response: StreamedResponse) -> bytes:
    return b"".join([piece async for piece in response.aiter_bytes()])


class TestReuse:
    def test_read_to_the_end_the_connection_serves_again(self, route_server: RouteServer) -> None:
        route_server.routes["/big"] = Answer(BODY)

        async def main() -> None:
            async with Client() as client:
                for _ in range(3):
                    async with client.stream("GET", f"{route_server.url}/big") as response:
                        assert await whole(response) == BODY
                    assert (await client.get(f"{route_server.url}/json/x")).ok

        asyncio.run(main())
        assert (route_server.ledger.accepted, len(route_server.ledger.requests)) == (1, 6)

    @pytest.mark.parametrize("pieces_read", [0, 1])
    def test_left_before_the_end_it_is_closed(
        self, raw_server: RawServerFactory, loop_factory: LoopFactory, pieces_read: int
    ) -> None:
        pieces = Pieces(*PIECES)
        server = raw_server(pieces)

        async def main() -> None:
            async with Client(limits=Limits(concurrency=1)) as client:
                async with client.stream("GET", server.url) as response:
                    body = response.aiter_bytes()
                    for _ in range(pieces_read):
                        assert await anext(body) == b"one"
                    assert server.ledger.open == 1
                await asyncio.to_thread(server.ledger.wait_closed, 1)
                for _ in range(4):
                    pieces.go(server)
                assert (await client.get(server.url)).content == b"onetwothree"

        run(main, loop_factory)
        assert server.ledger.accepted == 2

    def test_an_exception_in_the_block_closes_it(self, raw_server: RawServerFactory) -> None:
        server = raw_server(Pieces(*PIECES))

        async def main() -> None:
            async with Client() as client:
                with pytest.raises(ZeroDivisionError):
                    async with client.stream("GET", server.url):
                        raise ZeroDivisionError
                await asyncio.to_thread(server.ledger.wait_closed, 1)

        asyncio.run(main())

    def test_closing_twice_is_once(self, raw_server: RawServerFactory) -> None:
        server = raw_server(Pieces(*PIECES))

        async def main() -> None:
            async with Client() as client, client.stream("GET", server.url) as response:
                await response.aclose()
                await response.aclose()
                await asyncio.to_thread(server.ledger.wait_closed, 1)

        asyncio.run(main())

    def test_dropped_without_a_word_it_is_closed(self, raw_server: RawServerFactory) -> None:
        server = raw_server(Pieces(*PIECES))

        async def main() -> None:
            async with Client() as client:
                stream = client.stream("GET", server.url)
                response = await stream.__aenter__()
                assert await anext(response.aiter_bytes()) == b"one"
                del stream, response
                gc.collect()
                await asyncio.to_thread(server.ledger.wait_closed, 1)

        asyncio.run(main())

    def test_a_client_may_be_closed_meanwhile(self, raw_server: RawServerFactory) -> None:
        pieces = Pieces(*PIECES)
        server = raw_server(pieces)

        async def main() -> None:
            client = Client()
            async with client.stream("GET", server.url) as response:
                await client.aclose()
                pieces.go(server)
                pieces.go(server)
                assert await whole(response) == b"onetwothree"

        asyncio.run(main())
        server.ledger.wait_none_open()


class TestCancel:
    def test_while_reading(self, raw_server: RawServerFactory, loop_factory: LoopFactory) -> None:
        server = raw_server(Pieces(*PIECES))

        async def main() -> None:
            begun = asyncio.Event()
            async with Client(limits=Limits(concurrency=1)) as client:

                async def reads() -> None:
                    async with client.stream("GET", server.url) as response:
                        async for _ in response.aiter_bytes():
                            begun.set()

                task = asyncio.create_task(reads())
                await begun.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await asyncio.to_thread(server.ledger.wait_closed, 1)
                async with client.stream("GET", server.url) as response:
                    assert await anext(response.aiter_bytes()) == b"one"

        run(main, loop_factory)

    def test_while_opening(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with Client(limits=Limits(concurrency=1)) as client:

                async def opens() -> None:
                    async with client.stream("GET", f"{route_server.url}/never"):
                        raise AssertionError("there is no answer")

                task = asyncio.create_task(opens())
                await asyncio.to_thread(route_server.ledger.wait_requests, 1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await asyncio.to_thread(route_server.ledger.wait_closed, 1)
                assert (await client.get(f"{route_server.url}/json/x")).ok

        asyncio.run(main())

    def test_closing_ends_a_read_of_another_task(self, raw_server: RawServerFactory) -> None:
        server = raw_server(Pieces(b"one", b"never"))

        async def main() -> None:
            async with Client() as client, client.stream("GET", server.url) as response:
                pieces = response.aiter_bytes()
                assert await anext(pieces) == b"one"
                reading = asyncio.create_task(anext(pieces))
                await asyncio.sleep(0)
                await asyncio.wait_for(response.aclose(), 5)
                with pytest.raises(RuntimeError, match="closed"):
                    await reading

        asyncio.run(main())
        server.ledger.wait_none_open()


class TestOthers:
    def test_an_open_stream_is_in_flight(self, raw_server: RawServerFactory) -> None:
        pieces = Pieces(b"one", b"two")
        server = raw_server(pieces)

        async def main() -> None:
            one = Limits(concurrency=1)
            async with Client(limits=one) as client, client.stream("GET", server.url) as response:
                with pytest.raises(PoolTimeout):
                    await client.get(server.url, timeout=Timeout(pool=0.1))
                waits = asyncio.create_task(client.get(server.url))
                pieces.go(server)
                assert await whole(response) == b"onetwo"
                pieces.go(server)
                assert (await waits).content == b"onetwo"  # Read to its end, it is in flight no more.

        asyncio.run(main())
        assert len(server.ledger.requests) == 2

    def test_a_batch_beside_it(self, route_server: RouteServer, raw_server: RawServerFactory) -> None:
        pieces = Pieces(*PIECES)
        server = raw_server(pieces)

        async def main() -> None:
            async with Client() as client, client.stream("GET", server.url) as response:
                results = await client.gather([f"{route_server.url}/json/{n}" for n in range(100)])
                assert results.counts == {200: 100}
                pieces.go(server)
                pieces.go(server)
                assert await whole(response) == b"onetwothree"

        asyncio.run(main())

    def test_many_at_once(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        route_server.routes["/big"] = Answer(BODY)

        async def main() -> None:
            async with Client() as client:

                async def one() -> bool:
                    async with client.stream("GET", f"{route_server.url}/big") as response:
                        return await whole(response) == BODY

                assert await asyncio.gather(*(one() for _ in range(20))) == [True] * 20

        run(main, loop_factory)

    def test_what_fails_gives_its_turn_back(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with Client(limits=Limits(concurrency=1)) as client:
                for _ in range(3):
                    with pytest.raises(ConnectionRefused):
                        async with client.stream("GET", "http://127.0.0.1:1/"):
                            pass
                assert (await client.get(f"{route_server.url}/json/x")).ok

        asyncio.run(main())


class Flood:
    """64 MB, and how many of them the client has let the server say."""

    CHUNK = bytes(2**16)
    COUNT = 1024
    SIZE = COUNT * len(CHUNK)

    def __init__(self) -> None:
        self.said = 0

    async def over_http1(self, reader: RequestReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.head():
            if b" /small " in request:
                writer.write(head("Content-Length: 0"))
                continue
            writer.write(head(f"Content-Length: {self.SIZE}"))
            for _ in range(self.COUNT):
                writer.write(self.CHUNK)
                await writer.drain()
                self.said += len(self.CHUNK)

    async def over_http2(self, stream: Http2Stream) -> None:
        stream.start(200)
        if stream.request.pseudo["path"] != "/small":
            for _ in range(self.COUNT):
                await stream.data(self.CHUNK)
                self.said += len(self.CHUNK)
        await stream.data(b"", end=True)


class TestBackpressure:
    """A server says no more than is read, but for what fits into buffers on the way."""

    BUFFERS = 2**24

    @pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
    def flooded(
        self,
        request: pytest.FixtureRequest,
        raw_server: RawServerFactory,
        h2_server: Http2ServerFactory,
        authority: Authority,
    ) -> tuple[Flood, str, dict[str, Any]]:
        flood = Flood()
        if request.param == "HTTP/1.1":
            return flood, raw_server(flood.over_http1).url, {}
        tls = authority.context("127.0.0.1", alpn=("h2",))
        return flood, h2_server(each(flood.over_http2), tls=tls).url, {"tls": TLS(ca=authority.ca_pem)}

    def test_a_reader_that_holds_still(self, flooded: tuple[Flood, str, dict[str, Any]]) -> None:
        flood, url, options = flooded

        async def main() -> None:
            async with Client(**options) as client, client.stream("GET", url) as response:
                for _ in range(200):  # The I/O thread has every chance to read on.
                    assert (await client.get(f"{url}/small")).ok
                held = flood.said
                assert held < self.BUFFERS
                size = sum([len(piece) async for piece in response.aiter_bytes()])
                assert size == flood.SIZE

        asyncio.run(main())
        assert flood.said == flood.SIZE


class TestHttp2:
    def test_streams_share_a_connection(
        self, h2_server: Http2ServerFactory, authority: Authority, loop_factory: LoopFactory
    ) -> None:
        async def answer(stream: Http2Stream) -> None:
            stream.start(200)
            await stream.data(stream.request.pseudo["path"].encode())
            if stream.request.pseudo["path"] != "/left":
                await stream.data(b" end", end=True)

        server = h2_server(each(answer), tls=authority.context("127.0.0.1", alpn=("h2",)))

        async def main() -> None:
            async with (
                Client(tls=TLS(ca=authority.ca_pem)) as client,
                client.stream("GET", f"{server.url}/one") as one,
                client.stream("GET", f"{server.url}/two") as two,
            ):
                assert one.http_version == two.http_version == "HTTP/2"
                async with client.stream("GET", f"{server.url}/left") as left:
                    assert await anext(left.aiter_bytes()) == b"/left"
                assert await whole(two) == b"/two end"
                assert await whole(one) == b"/one end"

        run(main, loop_factory)
        [reset] = server.heard.wait(StreamReset)
        assert reset.error_code == ErrorCodes.CANCEL
        assert server.ledger.accepted == 1


def test_trailers_come_last(raw_server: RawServerFactory) -> None:
    async def main() -> None:
        async with Client() as client, client.stream("GET", server.url) as response:
            assert list(response.trailers) == []
            assert await response.aread() == b"hi"
            assert dict(response.trailers) == {"x-sum": "1"}

    server = raw_server(head(CHUNKED) + chunk(b"hi") + b"0\r\nX-Sum: 1\r\n\r\n")
    asyncio.run(main())


def test_it_is_entered_once(route_server: RouteServer) -> None:
    async def main() -> None:
        async with Client() as client:
            stream = client.stream("GET", f"{route_server.url}/json/x")
            async with stream:
                pass
            with pytest.raises(RuntimeError, match="entered once"):
                await stream.__aenter__()

    asyncio.run(main())


def test_clocks(raw_server: RawServerFactory) -> None:
    """`elapsed` is the time to the head, whatever the body takes."""
    pieces = Pieces(b"one", b"two")
    server = raw_server(pieces)

    async def main() -> None:
        async with Client() as client, client.stream("GET", server.url) as response:
            before = response.elapsed
            await asyncio.sleep(0.05)
            pieces.go(server)
            await response.aread()
            assert response.elapsed == before

    asyncio.run(main())


def test_nothing_is_sent_until_the_block_is_entered(route_server: RouteServer) -> None:
    for _ in range(3):
        Client().stream("GET", f"{route_server.url}/json/x")
    assert route_server.ledger.accepted == 0
