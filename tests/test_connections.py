"""Connections: kept, given up, and never more than allowed."""

import asyncio
import contextlib
import itertools
from asyncio import StreamWriter

import pytest
from fastfetch import (
    TLS,
    Client,
    ConnectError,
    FetchError,
    ProtocolError,
    Request,
    Timeout,
    TransportError,
)

from tests.amounts import times
from tests.conftest import RawServerFactory
from tests.fetching import failure
from tests.servers.ledger import PATIENCE
from tests.servers.raw import Handler, RawServer, RequestReader, reset
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def contents(server: RawServer, count: int) -> list[bytes]:
    """What so many requests in turn by one client get."""

    async def main() -> list[bytes]:
        async with Client() as client:
            return [(await client.get(f"{server.url}/{n}")).content for n in range(count)]

    return asyncio.run(main())


class TestReuse:
    def test_in_turn_one_connection_serves_all(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with Client() as client:
                for _ in range(20):
                    await client.get(f"{route_server.url}/json/a")
                    await client.head(f"{route_server.url}/bytes/100")
                    await client.post(f"{route_server.url}/echo", content="body")
                    for path in ("status/204", "status/304", "status/500", "redirect/2"):
                        await client.get(f"{route_server.url}/{path}")

        asyncio.run(main())
        assert route_server.ledger.accepted == 1
        assert len(route_server.ledger.requests) == 20 * 9

    def test_at_once_no_more_connections_than_requests_in_flight(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with Client() as client:
                for _ in range(3):
                    await client.gather([f"{route_server.url}/json/{n}" for n in range(100)], concurrency=10)

        asyncio.run(main())
        assert route_server.ledger.accepted <= 10

    def test_closing_the_client_closes_its_connections(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with Client() as client:
                await client.gather([f"{route_server.url}/json/{n}" for n in range(20)])
            route_server.ledger.wait_none_open()

        asyncio.run(main())

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            OK + b"left over",
            OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON",
        ],
        ids=["close", "1.0", "left over", "second answer"],
    )
    def test_a_connection_that_cannot_be_trusted_is_not_used_again(
        self, raw_server: RawServerFactory, answer: bytes
    ) -> None:
        async def keep_open(reader: RequestReader, writer: StreamWriter) -> None:
            while True:
                await reader.head()
                writer.write(answer)

        server = raw_server(keep_open)
        assert contents(server, 5) == [b"ok"] * 5
        assert server.ledger.accepted == 5

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_body_where_none_may_be_is_never_the_next_answer(
        self, raw_server: RawServerFactory, method: str
    ) -> None:
        async def smuggle(reader: RequestReader, writer: StreamWriter) -> None:
            while True:
                await reader.head()
                poison = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON"
                status = b"204 No Content" if method == "GET" else b"200 OK"
                writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n\r\n" % len(poison) + poison)

        server = raw_server(smuggle)

        async def main() -> list[bytes]:
            async with Client() as client:
                return [(await client.request(method, server.url)).content for _ in range(5)]

        assert asyncio.run(main()) == [b""] * 5


async def close_after(reader: RequestReader, writer: StreamWriter) -> None:
    """Answers, and closes without a word, as a server does that tires of an idle connection."""
    await reader.head()
    writer.write(OK)


async def close_instead(reader: RequestReader, writer: StreamWriter) -> None:
    """Answers, and closes when the next request has come."""
    await reader.head()
    writer.write(OK)
    await reader.head()


async def reset_instead(reader: RequestReader, writer: StreamWriter) -> None:
    """The same, with a reset."""
    await reader.head()
    writer.write(OK)
    await reader.head()
    reset(writer)


async def close_soon(reader: RequestReader, writer: StreamWriter) -> None:
    """Answers, and closes 2 ms after."""
    loop = asyncio.get_running_loop()
    while True:
        await reader.head()
        writer.write(OK)
        loop.call_later(0.002, writer.close)


async def in_the_race(client: Client, method: str, url: str) -> int:
    """The status of a request that sets off when the connection before is just about to be closed."""
    await asyncio.sleep(0.002)
    return (await client.request(method, url)).status_code


TIRED = pytest.mark.parametrize(
    "handler", [close_after, close_instead, reset_instead], ids=lambda h: h.__name__
)


class TestTiredServers:
    @TIRED
    def test_300_gets_in_turn_do_not_notice(self, raw_server: RawServerFactory, handler: Handler) -> None:
        assert contents(raw_server(handler), 300) == [b"ok"] * 300

    @TIRED
    def test_300_gets_at_once_do_not_notice(self, raw_server: RawServerFactory, handler: Handler) -> None:
        server = raw_server(handler)

        async def main() -> dict[int | str, int]:
            async with Client() as client:
                return (await client.gather([f"{server.url}/{n}" for n in range(300)], concurrency=20)).counts

        assert asyncio.run(main()) == {200: 300}

    @pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS"])
    def test_nor_does_any_other_method_that_may_be_repeated(
        self, raw_server: RawServerFactory, method: str
    ) -> None:
        server = raw_server(close_instead)

        async def main() -> set[int]:
            async with Client() as client:
                return {(await client.request(method, server.url)).status_code for _ in range(10)}

        assert asyncio.run(main()) == {200}

    @TIRED
    @pytest.mark.parametrize("method", ["POST", "PATCH"])
    def test_what_may_not_be_repeated_is_never_sent_twice(
        self, raw_server: RawServerFactory, handler: Handler, method: str
    ) -> None:
        server = raw_server(handler)

        async def main() -> list[FetchError]:
            errors = []
            async with Client() as client:
                for n in range(100):
                    try:
                        await client.request(method, f"{server.url}/{n}", content="once")
                    except FetchError as error:
                        errors.append(error)
            return errors

        errors = asyncio.run(main())
        paths = [head.split()[1] for head in server.ledger.requests]
        assert len(paths) == len(set(paths))
        assert all(isinstance(error, TransportError) and error.attempts == 1 for error in errors)

    def test_gets_that_meet_the_close_on_its_way(self, raw_server: RawServerFactory) -> None:
        server = raw_server(close_soon)

        async def main() -> set[int]:
            async with Client() as client:
                return {await in_the_race(client, "GET", f"{server.url}/{n}") for n in range(300)}

        assert asyncio.run(main()) == {200}

    def test_posts_that_meet_the_close_on_its_way(self, raw_server: RawServerFactory) -> None:
        server = raw_server(close_soon)

        async def main() -> None:
            async with Client() as client:
                for n in range(times(1000, 200)):
                    with contextlib.suppress(TransportError):
                        await in_the_race(client, "POST", f"{server.url}/{n}")

        asyncio.run(main())
        paths = [head.split()[1] for head in server.ledger.requests]
        assert len(paths) == len(set(paths)) > 0

    def test_repeated_once_only(self, raw_server: RawServerFactory) -> None:
        async def answer_once(reader: RequestReader, writer: StreamWriter) -> None:
            first = server.ledger.accepted == 1
            await reader.head()
            if first:
                writer.write(OK)
                await reader.head()

        server = raw_server(answer_once)

        async def main() -> ProtocolError:
            async with Client() as client:
                await client.get(server.url)
                with pytest.raises(ProtocolError) as caught:
                    await client.get(server.url)
            return caught.value

        error = asyncio.run(main())
        assert error.attempts == 2
        assert "2 attempts" in str(error)
        assert len(server.ledger.requests) == 3

    @pytest.mark.parametrize(("slam", "expected"), [(False, ProtocolError), (True, ConnectError)])
    def test_who_hangs_up_twice_is_believed(
        self, raw_server: RawServerFactory, slam: bool, expected: type[FetchError]
    ) -> None:
        async def hang_up(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            if slam:
                reset(writer)

        server = raw_server(hang_up)
        error = failure(Request("GET", server.url))
        assert type(error) is expected
        assert (error.phase, error.attempts) == ("response", 2)
        assert len(server.ledger.requests) == 4  # twice alone, and twice in a batch


def test_a_request_that_got_the_connection_of_another_has_connected(
    raw_server: RawServerFactory, authority: Authority
) -> None:
    """Two connections are begun, the second hangs; the first becomes free and serves both requests."""
    context, second, number = authority.context("127.0.0.1"), asyncio.Event(), itertools.count(1)

    async def one_is_enough(reader: RequestReader, writer: StreamWriter) -> None:
        if next(number) == 2:
            second.set()
            await reader.read()
            return
        await writer.start_tls(context)
        await reader.head()
        await second.wait()
        writer.write(OK)
        await reader.head()
        await asyncio.sleep(0.5)
        writer.write(OK)

    server = raw_server(one_is_enough)

    async def main() -> dict[int | str, int]:
        timeout = Timeout(connect=0.25, read=PATIENCE)
        async with Client(tls=TLS(ca=authority.ca_pem), timeout=timeout, http2=False) as client:
            return (await client.gather([f"https://127.0.0.1:{server.port}/"] * 2)).counts

    assert asyncio.run(main()) == {200: 2}
    assert len(server.ledger.requests) == 2
