"""`on_response=`: what is called with each answer, where, when, and what becomes of what it gives."""

import asyncio
import pickle
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Batch, Request, Response, Results, Retry

from tests.loops import LoopFactory, run
from tests.scripted import YES, Script, busy, names
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.usefixtures("face")

Colour = Callable[[Callable[..., Any]], Callable[..., Any]]


def as_async(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def called(*told: Any) -> Any:
        await asyncio.sleep(0.001)
        return function(*told)

    return called


@pytest.fixture(params=["plain", "async"])
def colour(request: pytest.FixtureRequest) -> Colour:
    """Makes a callback plain or async."""
    return as_async if request.param == "async" else lambda function: function


async def by_gather(items: Any, **options: Any) -> list[Response]:
    return list(await ff.gather(items, **options))


async def by_batch(items: Any, **options: Any) -> list[Response]:
    return list(await Batch(items, **options))


async def in_order(items: Any, **options: Any) -> list[Response]:
    return [response async for response in ff.as_completed(items, ordered=True, **options)]


EVERY_WAY = pytest.mark.parametrize("fetched", [by_gather, by_batch, in_order])
Fetched = Callable[..., Awaitable[list[Response]]]


def name_of(response: Response) -> str:
    name: str = response.json()["name"]
    return name


class TestValue:
    @EVERY_WAY
    def test_is_what_it_returns(
        self, fetched: Fetched, colour: Colour, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        async def main() -> None:
            responses = await fetched(names(route_server, range(50)), on_response=colour(name_of))
            assert [response.value for response in responses] == [str(n) for n in range(50)]
            assert [response.json()["name"] for response in responses] == [str(n) for n in range(50)]

        run(main, loop_factory)

    def test_is_the_very_object(self, route_server: RouteServer) -> None:
        made: list[object] = []

        def make(_: Response) -> object:
            made.append(object())
            return made[-1]

        results = asyncio.run(ff.gather([f"{route_server.url}/json/a"], on_response=make))
        assert results[0].value is made[0]
        assert results[0].value is results[:1].ok[0].value

    def test_is_none_without(self, route_server: RouteServer) -> None:
        async def main() -> list[object]:
            url = f"{route_server.url}/json/a"
            return [(await ff.get(url)).value, *(each.value for each in await ff.gather([url, "no url"]))]

        assert asyncio.run(main()) == [None] * 3

    def test_travels(self, colour: Colour, route_server: RouteServer) -> None:
        async def main() -> Results:
            urls = [*names(route_server, range(3)), "no url"]
            return await ff.gather(urls, on_response=colour(lambda response: {name_of(response): 1}))

        results = asyncio.run(main())
        twin = pickle.loads(pickle.dumps(results))
        assert [each.value for each in twin] == [{"0": 1}, {"1": 1}, {"2": 1}, None]
        assert pickle.loads(pickle.dumps(results[1])).value == {"1": 1}
        assert pickle.loads(pickle.dumps(results[1:])).ok[0].value == {"1": 1}

    def test_that_cannot_travel(self, route_server: RouteServer) -> None:
        results = asyncio.run(ff.gather(names(route_server, range(2)), on_response=lambda _: lambda: None))
        with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
            pickle.dumps(results)


class TestCalls:
    @pytest.mark.awaits
    @EVERY_WAY
    def test_on_the_thread_of_the_event_loop(
        self, fetched: Fetched, colour: Colour, route_server: RouteServer
    ) -> None:
        seen: list[tuple[int, object]] = []

        def note(_: Response) -> None:
            seen.append((threading.get_ident(), asyncio.get_running_loop()))

        async def main() -> None:
            await fetched(names(route_server, range(10)), on_response=colour(note))
            assert seen == [(threading.get_ident(), asyncio.get_running_loop())] * 10

        asyncio.run(main())

    @EVERY_WAY
    def test_once_for_each_answer_whatever_its_status(
        self, fetched: Fetched, colour: Colour, route_server: RouteServer
    ) -> None:
        """Where there is none, there is nothing to call it with."""
        seen: list[tuple[int, object]] = []

        def note(response: Response) -> None:
            seen.append((response.status_code, response.tag))

        route_server.routes["/flaky"] = Script(busy(), YES)
        items = [
            *(f"{route_server.url}/status/{status}" for status in (204, 404, 500)),
            Request("GET", f"{route_server.url}/redirect/2", tag="own"),
            Request("GET", f"{route_server.url}/flaky", retry=Retry(backoff=0.001)),
            "http://127.0.0.1:1/",
            "no url",
        ]

        async def main() -> list[Response]:
            return await fetched(items, on_response=colour(note))

        responses = asyncio.run(main())
        assert sorted(seen, key=repr) == [(200, "own"), (200, None), (204, None), (404, None), (500, None)]
        assert [type(response.error).__name__ for response in responses[5:]] == [
            "ConnectionRefused",
            "InvalidURL",
        ]

    @pytest.mark.parametrize(
        ("keep", "held"), [("head", b""), (["name"], b'{"name":"Ann"}'), ("all", b'{"name": "Ann", "x": 1}')]
    )
    def test_it_sees_the_whole_body(
        self, keep: Any, held: bytes, colour: Colour, route_server: RouteServer
    ) -> None:
        route_server.routes["/answer"] = Answer.json({"name": "Ann", "x": 1})
        see = colour(lambda response: (response.content, response.json()["x"]))
        results = asyncio.run(ff.gather([f"{route_server.url}/answer"], keep=keep, on_response=see))
        assert results[0].value == (b'{"name": "Ann", "x": 1}', 1)
        assert results[0].content.replace(b" ", b"") == held.replace(b" ", b"")

    @pytest.mark.awaits
    def test_many_at_once(self, route_server: RouteServer) -> None:
        """One that waits holds up none of the others."""
        arrived = 0

        async def main() -> None:
            together = asyncio.Event()

            async def meet(_: Response) -> int:
                nonlocal arrived
                arrived += 1
                if arrived == 10:
                    together.set()
                await together.wait()
                return arrived

            async with asyncio.timeout(5):
                results = await ff.gather(names(route_server, range(10)), on_response=meet)
            assert [response.value for response in results] == [10] * 10

        asyncio.run(main())

    @pytest.mark.awaits
    def test_a_cancel_cancels_it(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        async def main() -> None:
            began, ended = asyncio.Event(), asyncio.Event()

            async def wait(_: Response) -> None:
                began.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.set()

            batch = Batch([f"{route_server.url}/json/a"], on_response=wait)
            task = asyncio.ensure_future(batch)
            await asyncio.wait_for(began.wait(), 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(ended.wait(), 5)
            assert asyncio.all_tasks() == {asyncio.current_task()}

        run(main, loop_factory)


class TestRaising:
    @EVERY_WAY
    def test_is_the_error_of_that_item(
        self, fetched: Fetched, colour: Colour, route_server: RouteServer
    ) -> None:
        def picky(response: Response) -> str:
            if (name := name_of(response)) == "3":
                raise LookupError("not three")
            return name

        async def main() -> list[Response]:
            return await fetched(names(route_server, range(6)), on_response=colour(picky))

        responses = asyncio.run(main())
        assert [response.value for response in responses] == ["0", "1", "2", None, "4", "5"]
        assert [type(response.error) for response in responses if response.error] == [LookupError]
        with pytest.raises(LookupError, match="not three"):
            responses[3].raise_for_status()

    def test_counts_and_progress(self, route_server: RouteServer) -> None:
        async def main() -> None:
            batch = Batch(names(route_server, range(5)), on_response=lambda _: 1 // 0)
            assert (await batch).counts == {"ZeroDivisionError": 5}
            assert (batch.progress.done, batch.progress.failed, batch.progress.ok) == (5, 5, 0)

        asyncio.run(main())

    def test_it_is_not_tried_again(self, route_server: RouteServer) -> None:
        """The server did what it was asked."""

        def refuse(response: Response) -> None:
            raise ff.ConnectError("of the caller's own")

        retry = Retry(backoff=0.001)
        results = asyncio.run(ff.gather(names(route_server, range(3)), on_response=refuse, retry=retry))
        assert results.counts == {"ConnectError": 3}
        assert len(route_server.ledger.requests) == 3


@pytest.mark.parametrize("value", [5, "print", [print]], ids=repr)
def test_wrong(value: Any) -> None:
    for call in (Batch, ff.as_completed):
        with pytest.raises(TypeError, match=r"^on_response: expected .*, got "):
            call([], on_response=value)
