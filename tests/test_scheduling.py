"""Whose turn it is: no host, no batch and no single request waits for another that is slow."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Batch, Client, Limits, Results, Retry

from tests.scripted import Script, asked, busy, names, until
from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer

RETRY_LATER = Retry(backoff=3600, jitter=0, max_wait=3600, budget=None)


@pytest.fixture
def other_server() -> Iterator[RouteServer]:
    """A server on another port, which is another host here."""
    with RouteServer() as server:
        yield server


@pytest.fixture
def others() -> Iterator[list[RouteServer]]:
    """Ten more hosts."""
    with contextlib.ExitStack() as servers:
        yield [servers.enter_context(RouteServer()) for _ in range(10)]


class TestHosts:
    """200 URLs of a slow, dead or paused host come first in the list; the others are done all the same."""

    @pytest.mark.parametrize(
        "limits",
        [
            {},
            {"concurrency": 20},
            {"per_host": "auto", "concurrency": 20},
            {"per_host": 5, "concurrency": 10},
            {"per_host": 1, "concurrency": 2},
        ],
        ids=repr,
    )
    def test_a_slow_one(
        self, limits: dict[str, Any], route_server: RouteServer, other_server: RouteServer
    ) -> None:
        slow, fast = [f"{route_server.url}/gate/shut"] * 200, names(other_server, range(200))

        async def main() -> None:
            everything = asyncio.create_task(_gather([*slow, *fast], **limits))
            await asyncio.to_thread(other_server.ledger.wait_requests, 200)
            assert route_server.traffic.peak <= 16
            route_server.open_gate("shut")
            assert (await everything).counts == {200: 400}

        asyncio.run(main())

    def test_a_slow_one_among_what_is_read(
        self, route_server: RouteServer, others: list[RouteServer]
    ) -> None:
        slow = [f"{route_server.url}/gate/shut"] * 200
        fast = [url for server in others for url in names(server, range(20))]

        async def main() -> None:
            async with Client() as client:
                count = 0
                async for response in client.as_completed([*slow, *fast], concurrency=20, window=400):
                    count += response.ok
                    if count == 200:
                        route_server.open_gate("shut")
                assert count == 400

        asyncio.run(asyncio.wait_for(main(), 30))

    def test_one_that_never_answers(self, route_server: RouteServer, others: list[RouteServer]) -> None:
        dead = [f"{route_server.url}/never"] * 200
        fast = [url for server in others for url in names(server, range(20))]

        async def main() -> None:
            async with Client() as client:
                batch = Batch([*dead, *fast], client=client)
                task = asyncio.ensure_future(batch)
                await until(lambda: batch.progress.ok == 200)
                task.cancel()
                await asyncio.wait([task])
                assert batch.results.counts == {200: 200}

        asyncio.run(main())
        assert len(route_server.ledger.requests) <= 16

    def test_one_that_refuses_and_is_tried_again_later(self, others: list[RouteServer]) -> None:
        dead = ["http://127.0.0.1:1/"] * 200
        fast = [url for server in others for url in names(server, range(20))]

        async def main() -> None:
            async with Client(retry=RETRY_LATER) as client:
                batch = Batch([*dead, *fast], client=client)
                task = asyncio.ensure_future(batch)
                await until(lambda: batch.progress.ok == 200 and batch.progress.waiting == 200)
                task.cancel()
                await asyncio.wait([task])

        asyncio.run(main())

    @pytest.mark.parametrize("per_host", ["auto", 3])
    def test_one_that_is_paused(
        self, per_host: Any, route_server: RouteServer, others: list[RouteServer]
    ) -> None:
        route_server.routes["/limited"] = Script(busy(3600, 429))
        limited = [f"{route_server.url}/limited"] * 200
        fast = [url for server in others for url in names(server, range(20))]

        async def main() -> None:
            async with Client(retry=RETRY_LATER) as client:
                batch = Batch([*limited, *fast], client=client, per_host=per_host, concurrency=20)
                task = asyncio.ensure_future(batch)
                await until(lambda: batch.progress.ok == 200)
                assert list(batch.progress.paused) == [route_server.url.removeprefix("http://")]
                task.cancel()
                await asyncio.wait([task])

        asyncio.run(main())
        assert len(route_server.ledger.requests) <= 16


class TestBatches:
    """Calls of one client share its limits."""

    @pytest.mark.parametrize("same_host", [True, False])
    def test_two_at_once(self, same_host: bool, route_server: RouteServer, other_server: RouteServer) -> None:
        """The small one that comes later is done long before the large one, which goes on meanwhile."""
        there = route_server if same_host else other_server
        large = [f"{route_server.url}/delay/0.002"] * 1_000
        small = [f"{there.url}/delay/0.0021"] * 50

        async def main() -> None:
            async with Client(limits=Limits(concurrency=4)) as client:
                first, second = Batch(large, client=client), Batch(small, client=client)
                running = asyncio.ensure_future(first)
                await until(lambda: first.progress.done >= 20)
                before = first.progress.done
                assert (await second).counts == {200: 50}
                assert 10 < first.progress.done - before < 500
                assert (await running).counts == {200: 1_000}

        asyncio.run(main())
        if same_host:
            assert route_server.traffic.peak == 4

    def test_two_that_are_read(self, route_server: RouteServer) -> None:
        urls = [f"{route_server.url}/delay/0.002"] * 300
        shares: list[str] = []

        async def main() -> None:
            async with Client(limits=Limits(concurrency=4)) as client:

                async def read(name: str) -> None:
                    async for response in client.as_completed(urls):
                        assert response.ok
                        shares.append(name)

                await asyncio.gather(read("a"), read("b"))

        asyncio.run(main())
        assert 75 < shares[:300].count("a") < 225

    @pytest.mark.parametrize("limits", [Limits(concurrency=4), Limits(per_host=4)], ids=["in all", "a host"])
    def test_a_single_request_during_a_large_one(self, limits: Limits, route_server: RouteServer) -> None:
        """It waits for a few of the others, not for the thousand."""

        async def main() -> list[int]:
            ahead = []
            async with Client(limits=limits) as client:
                batch = Batch([f"{route_server.url}/delay/0.002"] * 1_000, client=client)
                running = asyncio.ensure_future(batch)
                for number in range(5):
                    await asyncio.to_thread(route_server.ledger.wait_requests, 50 * (number + 1))
                    before = len(route_server.ledger.requests)
                    assert (await client.get(f"{route_server.url}/json/{number}")).ok
                    ahead.append(asked(route_server).index(f"/json/{number}") - before)
                assert batch.progress.done < 1_000
                running.cancel()
                await asyncio.wait([running])
            return ahead

        assert max(asyncio.run(main())) < 40


class TestAuto:
    """`per_host="auto"`, which is the default."""

    def test_it_starts_with_sixteen(self, route_server: RouteServer, other_server: RouteServer) -> None:
        async def main() -> None:
            async with Client() as client:
                task = asyncio.create_task(client.gather([f"{route_server.url}/gate/shut"] * 200))
                await asyncio.to_thread(route_server.ledger.wait_requests, 16)
                assert (await client.gather(names(other_server, range(200)))).counts == {200: 200}
                assert route_server.traffic.peak == 16
                route_server.open_gate("shut")
                assert (await task).counts == {200: 200}

        asyncio.run(main())

    def test_it_starts_with_no_more_than_concurrency(self, route_server: RouteServer) -> None:
        asyncio.run(_gather([f"{route_server.url}/delay/0.01"] * 60, concurrency=5, per_host="auto"))
        assert route_server.traffic.peak == 5

    def test_it_grows_while_a_host_keeps_up(self, route_server: RouteServer) -> None:
        asyncio.run(_gather([f"{route_server.url}/delay/0.05"] * 5_000))
        assert 90 <= route_server.traffic.peak <= 100

    @pytest.mark.parametrize("status", [429, 503])
    def test_it_backs_off_where_a_host_says_so(self, status: int, route_server: RouteServer) -> None:
        """A hundred at once would have two in three of them refused."""

        async def crowded(request: Request) -> Answer:
            if route_server.traffic.now > 32:
                return Answer(status=status)
            await asyncio.sleep(0.02)
            return Answer()

        route_server.routes["/crowded"] = crowded
        results = asyncio.run(_gather([f"{route_server.url}/crowded"] * 4_000, retry=False))
        assert set(results.counts) <= {200, status}
        assert results.counts[200] > 3_000
        assert route_server.traffic.peak > 24

    def test_a_fixed_number_does_not_move(self, route_server: RouteServer) -> None:
        asyncio.run(_gather([f"{route_server.url}/delay/0.01"] * 400, per_host=30))
        assert route_server.traffic.peak == 30

    def test_none_is_no_bound(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with Client(limits=Limits(per_host=None)) as client:
                await client.gather([f"{route_server.url}/delay/0.05"] * 300)

        asyncio.run(main())
        assert route_server.traffic.peak == 100


async def _gather(urls: list[str], **options: Any) -> Results:
    """By a client of its own, which knows nothing of any host yet."""
    async with Client() as client:
        return await client.gather(urls, **options)


def test_relative_urls_are_requests_to_the_base(route_server: RouteServer) -> None:
    """Limits of its host hold for them."""

    async def main() -> None:
        async with Client(base_url=route_server.url) as client:
            host = route_server.url.removeprefix("http://")
            results = await client.gather(["/delay/0.01"] * 20, hosts={host: ff.HostLimits(concurrency=2)})
            assert results.counts == {200: 20}

    asyncio.run(main())
    assert route_server.traffic.peak == 2
