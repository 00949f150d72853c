"""client.statistics(): what is open and under way."""

import asyncio
from dataclasses import FrozenInstanceError

import pytest
from fastfetch import TLS, Client, HostStatistics, Statistics

from tests.conftest import Serve
from tests.servers.nginx import Nginx
from tests.servers.routes import RouteServer
from tests.servers.socks import SocksServer
from tests.servers.tls import Authority


def test_nothing_at_first() -> None:
    assert Client().statistics() == Statistics(0, 0, 0, 0, 0, {})


def test_ten_in_turn(nginx: Nginx) -> None:
    async def main() -> Statistics:
        async with Client() as client:
            for _ in range(10):
                await client.get(f"{nginx.http}/small.json")
            return client.statistics()

    statistics = asyncio.run(main())
    counters = (statistics.in_flight, statistics.open, statistics.idle, statistics.opened, statistics.reused)
    assert counters == (0, 1, 1, 1, 9)
    host = nginx.http.removeprefix("http://")
    assert statistics.hosts == {host: HostStatistics(open=1, idle=1, opened=1, reused=9)}


def test_fifty_over_one_http2_connection(nginx: Nginx, authority: Authority) -> None:
    async def main() -> Statistics:
        async with Client(tls=TLS(ca=authority.ca_pem)) as client:
            await client.get(f"{nginx.https}/small.json")
            await client.gather([f"{nginx.https}/small.json"] * 49)
            return client.statistics()

    statistics = asyncio.run(main())
    assert (statistics.opened, statistics.reused, statistics.open) == (1, 49, 1)


def test_while_under_way(route_server: RouteServer) -> None:
    async def main() -> None:
        async with Client() as client:
            batch = asyncio.create_task(client.gather([f"{route_server.url}/gate/shut"] * 3))
            await asyncio.to_thread(route_server.ledger.wait_requests, 3)
            before = client.statistics()
            assert (before.in_flight, before.open, before.opened, before.reused) == (3, 3, 3, 0)
            route_server.open_gate("shut")
            await batch
            after = client.statistics()
            assert (after.in_flight, after.opened, after.idle) == (0, 3, after.open)
            assert before.in_flight == 3

        closed = client.statistics()
        assert (closed.in_flight, closed.open) == (0, 0)

    asyncio.run(main())


def test_it_cannot_be_changed() -> None:
    statistics = Client().statistics()
    with pytest.raises(FrozenInstanceError):
        statistics.open = 5  # type: ignore[misc]
    with pytest.raises(TypeError):
        statistics.hosts["a"] = HostStatistics(0, 0, 0, 0)  # type: ignore[index]


def test_through_a_proxy_it_is_the_host_that_counts(route_server: RouteServer, serve: Serve) -> None:
    async def main() -> Statistics:
        async with Client(proxy=serve(SocksServer()).url) as client:
            for _ in range(3):
                await client.get(f"{route_server.url}/json/a")
            return client.statistics()

    hosts = asyncio.run(main()).hosts
    assert hosts == {f"127.0.0.1:{route_server.port}": HostStatistics(open=1, idle=1, opened=1, reused=2)}
