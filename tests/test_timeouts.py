"""Timeout(...): each part by itself, and when its clock starts."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator

import pytest
from fastfetch import (
    Client,
    ConnectTimeout,
    Limits,
    PoolTimeout,
    ReadTimeout,
    Request,
    Timeout,
    TotalTimeout,
    WriteTimeout,
)

from tests.conftest import RawServerFactory, Serve
from tests.fetching import failure, fault, fetch
from tests.servers.messages import Answer
from tests.servers.process import listen
from tests.servers.process import url as url_of
from tests.servers.raw import RequestReader, silence
from tests.servers.routes import RouteServer
from tests.servers.silent import full_port
from tests.servers.socks import SocksServer


@pytest.fixture
def full() -> Iterator[int]:
    """A port that answers nobody."""
    with full_port() as port:
        if port is None:
            pytest.skip("this system's queue of connections has no end")
        yield port


def test_connect(full: int) -> None:
    timeout = Timeout(connect=0.2)
    fault(f"http://127.0.0.1:{full}/", ConnectTimeout, "connect", "connect timeout of 0.2 s", timeout=timeout)


def test_connect_while_shaking_hands(raw_server: RawServerFactory) -> None:
    async def never(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.read()

    url = raw_server(never).url.replace("http", "https")
    fault(f"{url}/", ConnectTimeout, "tls", "connect timeout of 0.2 s", timeout=Timeout(connect=0.2))


def test_connect_counts_all_of_connecting(serve: Serve) -> None:
    """The proxy answers each step in time, and all of them together too late."""

    async def slowly(reader: StreamReader, writer: StreamWriter) -> None:
        for byte in b"\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38":
            await asyncio.sleep(0.06)
            writer.write(bytes((byte,)))
        await reader.read()

    socks = serve(SocksServer(faults={"request": slowly}))
    fault("http://a.test/", ConnectTimeout, "connect", proxy=socks.url, timeout=Timeout(connect=0.3, read=5))


def test_read(raw_server: RawServerFactory) -> None:
    url = raw_server(silence).url
    fault(f"{url}/", ReadTimeout, "response", "read timeout of 0.2 s", timeout=Timeout(read=0.2))


def test_read_is_for_each_piece(raw_server: RawServerFactory) -> None:
    async def drip(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
        for _ in range(8):
            await asyncio.sleep(0.1)
            writer.write(b"x")

    server = raw_server(drip)
    assert fetch(Request("GET", server.url), timeout=Timeout(read=0.5)).content == b"x" * 8


def test_total(raw_server: RawServerFactory) -> None:
    url = raw_server(silence).url
    fault(f"{url}/", TotalTimeout, "response", "0.2 s", timeout=Timeout(total=0.2))
    fault(f"{url}/", TotalTimeout, "response", "0.2 s", timeout=0.2)


def test_total_counts_redirects(route_server: RouteServer) -> None:
    route_server.routes["/delay/"] = lambda request: _slow_redirect()
    error = failure(Request("GET", f"{route_server.url}/delay/1"), timeout=Timeout(total=0.5, read=5))
    assert type(error) is TotalTimeout
    assert error.attempts > 1


async def _slow_redirect() -> Answer:
    await asyncio.sleep(0.2)
    return Answer.redirect("/delay/1")


def test_pool(route_server: RouteServer) -> None:
    async def main() -> None:
        async with Client(limits=Limits(concurrency=1), timeout=Timeout(pool=0.2)) as client:
            first = asyncio.create_task(client.get(f"{route_server.url}/gate/shut"))
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            with pytest.raises(PoolTimeout, match=r"no turn within the pool timeout of 0\.2 s") as caught:
                await client.get(f"{route_server.url}/json/a")
            error = caught.value
            assert (error.phase, error.attempts, error.url) == ("queue", 0, f"{route_server.url}/json/a")
            route_server.open_gate("shut")
            assert (await first).ok
            assert (await client.get(f"{route_server.url}/json/a")).ok

    asyncio.run(main())
    assert len(route_server.ledger.requests) == 2


def test_the_clock_starts_when_the_request_leaves_the_queue(route_server: RouteServer) -> None:
    """Eight requests of 0.15 s in turn: none of them takes 0.6 s, though the last waits for a second."""

    async def main() -> None:
        async with Client(limits=Limits(concurrency=1), timeout=Timeout(total=0.6, read=0.6)) as client:
            singles = await asyncio.gather(*(client.get(f"{route_server.url}/delay/0.15") for _ in range(8)))
            assert all(response.elapsed.total_seconds() < 0.6 for response in singles)

    asyncio.run(main())


def test_write() -> None:
    async def main(url: str) -> None:
        async with Client(timeout=Timeout(write=0.3)) as client:
            with pytest.raises(WriteTimeout, match=r"write timeout of 0\.3 s") as caught:
                await client.post(url, content=bytes(64 * 2**20))
            assert (caught.value.phase, caught.value.attempts) == ("send", 1)

    with listen() as listener:  # Nobody accepts, so nobody reads.
        asyncio.run(main(url_of(listener)))
