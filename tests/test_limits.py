"""How many requests are in flight, and how many URLs a call may have."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator

import fastfetch
import pytest
from fastfetch import Client, Limits, Request

from tests.servers.nginx import Nginx
from tests.servers.routes import RouteServer


@pytest.fixture
def other_server() -> Iterator[RouteServer]:
    """A server on another port, which is another host here."""
    with RouteServer() as server:
        yield server


def urls(server: RouteServer, count: int = 40) -> list[str]:
    """So many URLs whose answers take a moment."""
    return [f"{server.url}/delay/0.01"] * count


def test_default_is_a_hundred(route_server: RouteServer) -> None:
    asyncio.run(fastfetch.gather(urls(route_server, 400)))
    assert route_server.traffic.peak == 100


def test_concurrency_of_a_call(route_server: RouteServer) -> None:
    async def main() -> None:
        await fastfetch.gather(urls(route_server), concurrency=7)
        async for _ in fastfetch.as_completed(urls(route_server), concurrency=7):
            pass

    asyncio.run(main())
    assert route_server.traffic.peak == 7


def test_a_call_may_ask_for_more_than_its_client(route_server: RouteServer) -> None:
    async def main() -> None:
        async with Client(limits=Limits(concurrency=2)) as client:
            await client.gather(urls(route_server), concurrency=9)

    asyncio.run(main())
    assert route_server.traffic.peak == 9


def test_concurrency_of_a_client_bounds_all_its_calls_together(route_server: RouteServer) -> None:
    async def main() -> None:
        async with Client(limits=Limits(concurrency=4)) as client:
            single = [client.get(url) for url in urls(route_server, 10)]
            await asyncio.gather(
                client.gather(urls(route_server)), client.gather(urls(route_server)), *single
            )

    asyncio.run(main())
    assert route_server.traffic.peak == 4


def test_single_requests_of_a_client(route_server: RouteServer) -> None:
    async def main() -> None:
        async with Client(limits=Limits(concurrency=4)) as client:
            await asyncio.gather(*(client.get(url) for url in urls(route_server)))

    asyncio.run(main())
    assert route_server.traffic.peak == 4


def test_per_host(route_server: RouteServer, other_server: RouteServer) -> None:
    both = [url for pair in zip(urls(route_server), urls(other_server), strict=True) for url in pair]

    async def main() -> None:
        await fastfetch.gather(both, per_host=3)
        async with Client(limits=Limits(per_host=3)) as client:
            await client.gather(both)
            await asyncio.gather(*(client.get(url) for url in both))
            async for _ in client.as_completed(both):
                pass

    asyncio.run(main())
    assert (route_server.traffic.peak, other_server.traffic.peak) == (3, 3)


def test_users_of_one_host_share_it(route_server: RouteServer) -> None:
    plain = urls(route_server)
    named = [url.replace("://", "://me:secret@") for url in plain]

    async def main() -> None:
        async with Client(limits=Limits(per_host=3)) as client:
            await client.gather(plain + named)
            await client.gather([*plain, *(Request("GET", url) for url in named)])
            await asyncio.gather(*(client.get(url) for url in plain + named))

    asyncio.run(main())
    assert route_server.traffic.peak == 3


def test_no_host_waits_for_another(route_server: RouteServer, other_server: RouteServer) -> None:
    slow = [f"{route_server.url}/gate/shut"] * 50
    fast = urls(other_server, 50)

    async def main() -> None:
        everything = asyncio.create_task(fastfetch.gather(slow + fast, concurrency=4, per_host=2))
        await asyncio.to_thread(other_server.ledger.wait_requests, 50)
        route_server.open_gate("shut")
        assert (await everything).counts == {200: 100}

    asyncio.run(main())
    assert (route_server.traffic.peak, other_server.traffic.peak) == (2, 2)


def test_a_request_waiting_for_its_turn_has_not_begun(route_server: RouteServer) -> None:
    """The clock of a request starts when it leaves the queue."""

    async def main() -> None:
        async with Client(limits=Limits(concurrency=1)) as client:
            url = f"{route_server.url}/delay/0.05"
            results = await client.gather([url] * 10, timeout=0.4)
            assert results.counts == {200: 10}
            singles = await asyncio.gather(*(client.get(url, timeout=0.4) for _ in range(10)))
            assert all(response.elapsed.total_seconds() < 0.4 for response in [*results, *singles])

    asyncio.run(main())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on open files")
def test_fewer_open_files_than_requests(route_server: RouteServer) -> None:
    """C10. With `ulimit -n 64`."""
    program = """if True:
        import asyncio, fastfetch, resource, sys
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        print(asyncio.run(fastfetch.gather(sys.argv[1:] * 500)).counts)
    """
    command = [sys.executable, "-c", program, f"{route_server.url}/delay/0.01"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("{200: 500}\n", "")


def test_a_hundred_thousand_urls_in_one_call(nginx: Nginx) -> None:
    """C11. Of one host: as many connections as may be in flight, and no port is used up."""

    async def main() -> None:
        async with Client() as client:
            results = await client.gather(f"{nginx.http}/small.json?{n}" for n in range(100_000))
        assert results.counts == {200: 100_000}
        assert [results[n].url[-5:] for n in (0, 99_999)] == ["son?0", "99999"]

    start = time.perf_counter()
    asyncio.run(main())
    assert time.perf_counter() - start < 60
