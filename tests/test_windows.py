"""`as_completed`: how far ahead it reads its source, what waits for a slow reader, and the input order."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Client, Completed, Retry

from tests.scripted import Script, asked, busy, until
from tests.servers.routes import RouteServer

Source = Callable[[Iterable[str]], Iterable[str] | AsyncIterator[str]]


async def asynchronous(items: Iterable[str]) -> AsyncIterator[str]:
    for item in items:
        yield item


WRAP = pytest.mark.parametrize("wrap", [iter, asynchronous])


class Counting:
    """Counts what is taken from an endless source, of which the first items may be others."""

    def __init__(self, url: str, *first: str) -> None:
        self.url, self.first, self.pulled = url, first, 0

    def items(self) -> Iterator[str]:
        numbers = (f"{self.url}/json/{number}" for number in itertools.count(len(self.first)))
        for url in itertools.chain(self.first, numbers):
            self.pulled += 1
            yield url


@pytest.fixture
def other_server() -> Iterator[RouteServer]:
    """A server on another port, which is another host here."""
    with RouteServer() as server:
        yield server


async def settle(server: RouteServer) -> None:
    """Give whatever would still happen the time of some round trips; nothing waits for it to happen."""
    async with Client() as client:
        for _ in range(5):
            await client.get(f"{server.url}/delay/0.02")


class TestWindow:
    @WRAP
    @pytest.mark.parametrize("ordered", [False, True])
    @pytest.mark.parametrize(("options", "window"), [({"window": 30}, 30), ({}, 50), ({"window": 1}, 1)])
    def test_no_more_is_taken_than_it_holds(
        self, wrap: Source, ordered: bool, options: dict[str, Any], window: int, route_server: RouteServer
    ) -> None:
        """Unless told, ten times what may be in flight."""
        source = Counting(route_server.url)

        async def main() -> None:
            taken = 0
            completed = ff.as_completed(wrap(source.items()), concurrency=5, ordered=ordered, **options)
            async for response in completed:
                assert response.ok
                taken += 1
                assert source.pulled <= taken + window
                if taken == 300:
                    break

        asyncio.run(main())
        assert source.pulled <= 300 + window

    @pytest.mark.parametrize("value", [0, -1, "5", 1.5, True], ids=repr)
    def test_wrong(self, value: Any) -> None:
        with pytest.raises((TypeError, ValueError), match=r"^window: expected .*, got "):
            ff.as_completed([], window=value)

    @pytest.mark.parametrize("name", ["window", "ordered"])
    def test_it_is_no_option_of_others(self, name: str) -> None:
        options: dict[str, Any] = {name: True}
        with pytest.raises(TypeError, match=name):
            ff.Batch([], **options)
        with pytest.raises(TypeError, match=name):
            asyncio.run(ff.gather([], **options))


class TestUnread:
    @WRAP
    def test_what_waits_for_a_reader_is_bounded(
        self, wrap: Source, route_server: RouteServer, other_server: RouteServer
    ) -> None:
        """As many as may be in flight wait unread before no more are started, whatever the window is."""
        source = Counting(route_server.url)

        async def main() -> None:
            async with Client() as client:
                completed = client.as_completed(wrap(source.items()), concurrency=8, window=1_000)
                for read in range(1, 30):
                    assert (await anext(completed)).ok
                    if read % 10 == 0:
                        await settle(other_server)
                        assert read < len(route_server.ledger.requests) <= read + 2 * 8
                await completed.aclose()

        asyncio.run(main())

    def test_in_input_order_the_window_is_the_bound(
        self, route_server: RouteServer, other_server: RouteServer
    ) -> None:
        source = Counting(route_server.url, f"{route_server.url}/gate/first")

        async def main() -> None:
            async with Client() as client:
                completed = client.as_completed(source.items(), concurrency=4, window=25, ordered=True)
                first = asyncio.ensure_future(anext(completed))
                await asyncio.to_thread(route_server.ledger.wait_requests, 25)
                await settle(other_server)
                assert (len(route_server.ledger.requests), source.pulled) == (25, 25)
                route_server.open_gate("first")
                assert (await first).json() == {"gate": "first"}
                assert [(await anext(completed)).json()["name"] for _ in range(50)] == [
                    str(n) for n in range(1, 51)
                ]
                await completed.aclose()

        asyncio.run(main())


class TestOrdered:
    @WRAP
    @pytest.mark.parametrize("window", [1, 3, 40, None])
    def test_in_input_order(self, wrap: Source, window: int | None, route_server: RouteServer) -> None:
        """Whatever the order of their answers, and with errors among them."""
        urls = [f"{route_server.url}/delay/{(7 * number % 10) / 1_000}" for number in range(200)]
        items = [url if number % 13 else "no url" for number, url in enumerate(urls)]

        async def main() -> None:
            completed = ff.as_completed(wrap(items), ordered=True, window=window, concurrency=20)
            assert [response.url async for response in completed] == items

        asyncio.run(main())

    def test_with_retries(self, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(), busy())
        urls = [f"{route_server.url}/flaky", *(f"{route_server.url}/json/{n}" for n in range(20))]

        async def main() -> None:
            completed = ff.as_completed(urls, ordered=True, retry=Retry(backoff=0.01))
            assert [response.url async for response in completed] == urls

        asyncio.run(main())

    @pytest.mark.parametrize("ordered", [False, True])
    @WRAP
    def test_a_source_that_raises_midway(
        self, wrap: Source, ordered: bool, route_server: RouteServer
    ) -> None:
        """What it gave before is fetched and read first."""

        def broken() -> Iterator[str]:
            yield from (f"{route_server.url}/json/{number}" for number in range(30))
            raise LookupError("the source failed")

        async def main() -> list[str]:
            names: list[str] = []

            async def read() -> None:
                async for response in ff.as_completed(wrap(broken()), concurrency=4, ordered=ordered):
                    names.append(response.json()["name"])

            with pytest.raises(LookupError, match="the source failed"):
                await read()
            return names

        read = asyncio.run(asyncio.wait_for(main(), 5))
        assert sorted(map(int, read)) == list(range(30))
        if ordered:
            assert read == list(map(str, range(30)))

    def test_a_source_that_raises_under_gather(self, route_server: RouteServer) -> None:
        def broken() -> Iterator[str]:
            yield f"{route_server.url}/json/a"
            raise LookupError("the source failed")

        for source in (broken, lambda: asynchronous(broken())):
            with pytest.raises(LookupError, match="the source failed"):
                asyncio.run(ff.gather(source()))

    @pytest.mark.parametrize("value", ["yes", 1], ids=repr)
    def test_wrong(self, value: Any) -> None:
        with pytest.raises(TypeError, match=r"^ordered: expected True or False.*, got "):
            ff.as_completed([], ordered=value)


class TestLeaving:
    """Whatever is under way, waits or is still to begin: it ends with the loop that reads."""

    OPTIONS = (
        {"rate": 200.0, "burst": 5},
        {"min_delay": 0.005},
        {"ordered": True, "window": 40},
        {"retry": Retry(backoff=0.05, budget=None), "concurrency": 5},
        {"per_host": 2},
    )

    @WRAP
    @pytest.mark.parametrize("options", OPTIONS, ids=lambda options: next(iter(options)))
    def test_stops_at_once(
        self, wrap: Source, options: dict[str, Any], route_server: RouteServer, other_server: RouteServer
    ) -> None:
        source = Counting(route_server.url, *[f"{route_server.url}/status/503"] * 5)

        async def read(completed: Completed) -> None:
            async for response in completed:
                if response.ok:
                    break

        async def main() -> None:
            async with Client() as client:
                completed = client.as_completed(wrap(source.items()), **options)
                await read(completed)
                await completed.aclose()
                await until(lambda: client.statistics().in_flight == 0)
                await settle(route_server)  # What was on its way has been heard of then.
                before, pulled = len(asked(route_server)), source.pulled
                await settle(other_server)
                assert (len(asked(route_server)), source.pulled) == (before, pulled)

        asyncio.run(main())
