"""HTTP/2 (RFC 9113): one connection for all, also where streams stall and heads are odd."""

import asyncio

import pytest
from fastfetch import (
    TLS,
    Client,
    LimitExceeded,
    ProtocolError,
    ReadTimeout,
    Request,
    Response,
    Timeout,
    WriteTimeout,
)
from h2.errors import ErrorCodes
from h2.events import RemoteSettingsChanged
from h2.settings import SettingCodes

from tests.conftest import Http2ServerFactory, RawServerFactory
from tests.fetching import fault, fetch, outcome
from tests.http2 import OK, Start, kinds
from tests.servers.http2 import Http2Connection, Http2Stream, Settings, each, pushing
from tests.servers.messages import Answer
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority


@pytest.fixture
def start(h2_server: Http2ServerFactory, authority: Authority) -> Start:
    return Start(h2_server, authority)


class TestConnections:
    def test_500_at_once_share_one(self, start: Start) -> None:
        """Although nobody knows, when they are sent, that the server speaks HTTP/2."""
        server = start(OK)
        results = start.gather([f"{server.url}/{n}" for n in range(500)], concurrency=500)
        assert kinds(results) == {200: 500}
        assert {response.http_version for response in results} == {"HTTP/2"}
        assert server.ledger.accepted == 1

    def test_so_they_do_after_the_first_one_is_gone(self, start: Start) -> None:
        async def answer(connection: Http2Connection) -> None:
            if server.ledger.accepted == 1:
                await (await connection.request()).answer(OK)
            else:
                await each(lambda stream: stream.answer(OK))(connection)

        server = start(answer)

        async def main() -> dict[int | str, int]:
            async with Client(tls=start.tls) as client:
                await client.get(server.url)
                server.ledger.wait_none_open()
                return (await client.gather([f"{server.url}/{n}" for n in range(100)])).counts

        assert asyncio.run(main()) == {200: 100}
        assert server.ledger.accepted == 2

    def test_who_waits_for_the_first_one_takes_over_from_it(
        self, raw_server: RawServerFactory, start: Start
    ) -> None:
        """The first connection never gets anywhere, and whoever opened it gives up."""

        async def handler(reader: RequestReader, writer: asyncio.StreamWriter) -> None:
            if server.ledger.accepted == 1:
                await reader.read()
                return
            await writer.start_tls(start.authority.context("127.0.0.1"))
            while True:
                await reader.head()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        server = raw_server(handler)
        url = f"https://127.0.0.1:{server.port}"

        async def main() -> dict[int | str, int]:
            async with Client(tls=start.tls, timeout=10) as client:
                first = asyncio.ensure_future(client.get(url))
                await asyncio.to_thread(server.ledger.wait_accepted, 1)
                rest = asyncio.ensure_future(client.gather([url] * 5))
                await asyncio.sleep(0.05)
                assert server.ledger.accepted == 1
                first.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await first
                return (await rest).counts

        assert asyncio.run(main()) == {200: 5}

    def test_who_waits_for_the_first_one_waits_no_longer_than_for_a_connection(
        self, raw_server: RawServerFactory, start: Start
    ) -> None:
        async def silent(reader: RequestReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()

        server = raw_server(silent)
        url = f"https://127.0.0.1:{server.port}"
        results = start.gather([url] * 20, timeout=Timeout(connect=0.3))
        assert kinds(results) == {"ConnectTimeout": 20}
        assert all(0.25 < response.error.elapsed < 3 for response in results if response.error)

    @pytest.mark.parametrize("alpn", [("http/1.1",), ()], ids=["http/1.1", "no ALPN"])
    def test_a_server_without_http2_is_spoken_to_in_http1(
        self, authority: Authority, alpn: tuple[str, ...]
    ) -> None:
        with RouteServer(tls=authority.context("127.0.0.1", alpn=alpn)) as server:
            response = fetch(Request("GET", f"{server.url}/json/a"), tls=TLS(ca=authority.ca_pem))
            assert (response.http_version, response.json()) == ("HTTP/1.1", {"name": "a"})

    def test_and_none_of_its_requests_waits_for_another(self, authority: Authority) -> None:
        """Fifty answers that come only when all fifty are asked for, from a server that nobody knows."""
        there = asyncio.Event()

        async def together(_: object) -> Answer:
            if server.traffic.now == 50:
                there.set()
            await there.wait()
            return OK

        with RouteServer(tls=authority.context("127.0.0.1")) as server:
            server.routes["/together/"] = together

            async def main() -> dict[int | str, int]:
                async with Client(tls=TLS(ca=authority.ca_pem), timeout=30) as client:
                    return (
                        await client.gather([f"{server.url}/together/{n}" for n in range(50)], per_host=50)
                    ).counts

            assert asyncio.run(main()) == {200: 50}
            assert server.ledger.accepted == 50

    def test_one_stream_at_a_time(self, start: Start) -> None:
        """H05. More are refused by the server, as those are that were sent before it could say so."""
        here = 0

        async def alone(stream: Http2Stream) -> None:
            nonlocal here
            if here:
                stream.reset(ErrorCodes.REFUSED_STREAM)
                return
            here += 1
            await asyncio.sleep(0)
            await stream.answer(OK)
            here -= 1

        server = start(each(alone), {SettingCodes.MAX_CONCURRENT_STREAMS: 1})
        results = start.gather([f"{server.url}/{n}" for n in range(500)])
        assert kinds(results) == {200: 500}
        assert server.ledger.accepted == 1

    def test_no_stream_at_all_for_a_while(self, start: Start) -> None:
        async def later(connection: Http2Connection) -> None:
            some: Settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 10}
            asyncio.get_running_loop().call_later(0.1, connection.change_settings, some)
            await each(lambda stream: stream.answer(OK))(connection)

        server = start(later, {SettingCodes.MAX_CONCURRENT_STREAMS: 0})
        assert kinds(start.gather([server.url] * 20)) == {200: 20}


class TestStalls:
    def test_one_answer_that_stops(self, start: Start) -> None:
        """Its request fails in time; the others have their answers, and the connection stays."""

        async def stall(stream: Http2Stream) -> None:
            if stream.request.pseudo["path"] != "/stall":
                await stream.answer(OK)
                return
            stream.start(200)
            await stream.data(b"hello")
            assert await stream.taken_back() == ErrorCodes.CANCEL

        server = start(each(stall))

        async def main() -> list[Response]:
            async with Client(tls=start.tls, timeout=Timeout(read=0.3)) as client:
                results = list(
                    await client.gather([f"{server.url}/{path}" for path in ("stall", *range(20))])
                )
                assert isinstance(results[0].error, ReadTimeout)
                assert results[0].error.phase == "body"
                return [*results, await client.get(server.url)]

        assert kinds(asyncio.run(main())) == {200: 21, "ReadTimeout": 1}
        assert server.ledger.accepted == 1

    def test_one_that_never_begins(self, start: Start) -> None:
        async def stall(stream: Http2Stream) -> None:
            if stream.request.pseudo["path"] == "/stall":
                await stream.taken_back()
            else:
                await stream.answer(OK)

        server = start(each(stall))
        urls = [f"{server.url}/{path}" for path in ("stall", *range(20))]
        results = start.gather(urls, timeout=Timeout(read=0.3))
        assert kinds(results) == {200: 20, "ReadTimeout": 1}
        assert results[0].error is not None
        assert results[0].error.elapsed < 5
        assert server.ledger.accepted == 1

    def test_a_window_that_never_opens(self, start: Start) -> None:
        """The body of a request does not get out; requests without one do."""
        server = start(OK, {SettingCodes.INITIAL_WINDOW_SIZE: 0}, acknowledges=False)
        # Until the server has spoken, 65,535 bytes are allowed (RFC 9113, section 6.9.2).
        items = [Request("POST", f"{server.url}/stall", content=bytes(10**6))]
        items += [Request("GET", f"{server.url}/{n}") for n in range(20)]
        results = start.gather(items, timeout=Timeout(write=0.5))
        error = results[0].error
        assert isinstance(error, WriteTimeout)
        assert error.phase == "send"
        assert 0.5 <= error.elapsed < 5
        assert kinds(results[1:]) == {200: 20}
        assert server.ledger.accepted == 1

    def test_a_body_larger_than_any_window(self, start: Start) -> None:
        async def echo(stream: Http2Stream) -> None:
            await stream.answer(Answer(await stream.body()))

        body = bytes(range(256)) * 20_000
        server = start(each(echo), {SettingCodes.INITIAL_WINDOW_SIZE: 20_000})
        request = Request("POST", server.url, content=body)
        assert fetch(request, tls=start.tls).content == body


def test_push_is_refused(start: Start) -> None:
    """H11. It is said beforehand (RFC 9113, section 6.5.2); who pushes all the same is not heard."""

    server = start(pushing)
    assert isinstance(outcome(server.url, tls=start.tls).error, ProtocolError)
    said = server.heard.wait(RemoteSettingsChanged)[0].changed_settings
    assert said[SettingCodes.ENABLE_PUSH].new_value == 0


def test_limit_counts_bodies_of_http2_too(start: Start) -> None:
    async def endless(stream: Http2Stream) -> None:
        stream.start(200)
        while True:
            await stream.data(b"x" * 10_000)

    server = start(each(endless))
    fault(server.url, LimitExceeded, "body", "max_body=100000", max_body=100_000, tls=start.tls)
