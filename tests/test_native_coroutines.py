"""What `get` and the others return is a coroutine, and a future where an event loop takes it for one."""

import asyncio
import collections.abc
import contextvars
import functools
import gc
import inspect
import logging
import warnings
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import sync

from tests.loops import LoopFactory, run
from tests.servers.process import listen, url
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

PATIENCE = 10.0

COROUTINE_FUNCTIONS = ["delete", "get", "head", "options", "patch", "post", "put", "request", "send", "sleep"]


@pytest.fixture
def refused() -> str:
    with listen() as closed:
        return url(closed)


class TestFunction:
    """Each passes for the `async def` that it stands for."""

    @pytest.mark.parametrize("name", COROUTINE_FUNCTIONS)
    def test_it_is_a_coroutine_function(self, name: str) -> None:
        function = getattr(ff, name)
        assert inspect.iscoroutinefunction(function)
        assert asyncio.iscoroutinefunction(function)
        assert inspect.iscoroutinefunction(functools.partial(function))
        assert not inspect.iscoroutinefunction(getattr(sync, name))

    @pytest.mark.parametrize("name", sorted({*COROUTINE_FUNCTIONS} - {"sleep"}))
    def test_its_annotation_is_of_what_is_awaited(self, name: str) -> None:
        assert inspect.signature(getattr(ff, name)).return_annotation == "Response"

    def test_a_subclass_may_have_one_of_its_own(self, route_server: RouteServer) -> None:
        class Noting(ff.Client):
            asked: list[str]

            async def get(self, url: str, **options: Any) -> ff.Response:
                self.asked.append(url)
                return await super().get(url, **options)

        client = Noting()
        client.asked = []
        target = f"{route_server.url}/json/a"
        assert asyncio.run(client.get(target)).json() == {"name": "a"}
        assert client.asked == [target]


class TestCoroutine:
    def test_it_is_one_to_whoever_asks(self) -> None:
        coroutine = ff.sleep(1)
        assert asyncio.iscoroutine(coroutine)
        assert isinstance(coroutine, collections.abc.Coroutine)
        assert inspect.isawaitable(coroutine)
        assert (*map(coroutine.__getattribute__, ("__name__", "__qualname__")),) == ("sleep", "sleep")
        coroutine.close()
        assert not asyncio.isfuture(coroutine)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: ff.get("http://localhost/", timeout="long"),  # type: ignore[arg-type]
            lambda: ff.get("http://localhost/", heders={}),  # type: ignore[call-arg]
            lambda: ff.send("http://localhost/"),  # type: ignore[arg-type]
            lambda: ff.sleep("long"),  # type: ignore[call-overload]
        ],
    )
    def test_a_wrong_argument_is_told_when_it_is_awaited(
        self, make: Callable[[], Coroutine[Any, Any, Any]], loop_factory: LoopFactory
    ) -> None:
        async def main() -> None:
            coroutine = make()
            with pytest.raises(TypeError):
                await coroutine
            assert isinstance((await asyncio.gather(make(), return_exceptions=True))[0], TypeError)

        run(main, loop_factory)

    def test_what_is_thrown_into_it_comes_out(self, route_server: RouteServer) -> None:
        async def main() -> None:
            fresh, begun = ff.sleep(1), ff.get(f"{route_server.url}/never")
            begun.send(None)
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            for coroutine in (fresh, begun):
                with pytest.raises(LookupError, match="thrown"):
                    coroutine.throw(LookupError("thrown"))
                with pytest.raises(RuntimeError, match="awaited already"):
                    coroutine.send(None)
            await asyncio.to_thread(route_server.ledger.wait_none_open)

        asyncio.run(main())

    def test_closed_it_does_not_warn(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ff.sleep(1).close()
            gc.collect()

    def test_a_task_tells_its_name(self) -> None:
        async def main() -> None:
            task = asyncio.create_task(ff.sleep(3600))
            assert "coro=<sleep" in repr(task)
            task.cancel()
            await asyncio.wait([task])

        asyncio.run(main())

    def test_a_loop_that_does_not_run_yet_makes_a_task_of_it(self, loop_factory: LoopFactory) -> None:
        loop = loop_factory()
        try:
            assert loop.run_until_complete(ff.sleep(0.001, "awake")) == "awake"
            with pytest.raises(TypeError, match="delay"):
                loop.run_until_complete(ff.sleep("long"))  # type: ignore[call-overload]
        finally:
            loop.close()


class TestFuture:
    def test_gather_makes_no_tasks(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        async def main() -> None:
            targets = [f"{route_server.url}/gate/{number % 3}" for number in range(30)]
            client = ff.Client(limits=ff.Limits(concurrency=40, per_host=None))
            gathered = asyncio.gather(*(client.get(target) for target in targets), ff.sleep(0, "awake"))
            await asyncio.to_thread(route_server.ledger.wait_requests, 30)
            assert len(asyncio.all_tasks()) == 1
            for number in range(3):
                route_server.open_gate(str(number))
            responses: list[Any] = await gathered
            awake = responses.pop()
            assert [response.json()["gate"] for response in responses] == list("012" * 10)
            assert awake == "awake"

        run(main, loop_factory)

    def test_what_is_scheduled_goes_on_while_nobody_awaits_it(
        self, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        async def main() -> None:
            future = asyncio.ensure_future(ff.get(f"{route_server.url}/json/a"))
            assert asyncio.isfuture(future)
            assert future.get_loop() is asyncio.get_running_loop()
            assert not future.done()
            with pytest.raises(asyncio.InvalidStateError):
                future.result()
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            first, second = await future, await future
            assert first is second is future.result()
            assert future.exception() is None
            assert (future.done(), future.cancelled(), future.cancel()) == (True, False, False)
            forgotten = asyncio.ensure_future(ff.get(f"{route_server.url}/json/b"))
            del forgotten
            gc.collect()
            await asyncio.to_thread(route_server.ledger.wait_requests, 2)

        run(main, loop_factory)

    def test_several_tasks_await_it(self, loop_factory: LoopFactory) -> None:
        async def main() -> None:
            future = asyncio.ensure_future(ff.sleep(0.01, "awake"))

            async def use() -> str:
                return await future

            assert {*await asyncio.gather(use(), use(), future)} == {"awake"}

        run(main, loop_factory)

    def test_l17_a_cancel_stops_the_request(
        self, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        async def main() -> None:
            future = asyncio.ensure_future(ff.get(f"{route_server.url}/never"))
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            assert future.cancel("why")
            assert (future.done(), future.cancelled(), future.cancel()) == (True, True, False)
            await asyncio.to_thread(route_server.ledger.wait_none_open)
            with pytest.raises(asyncio.CancelledError, match="why"):
                await future
            with pytest.raises(asyncio.CancelledError, match="why"):
                future.exception()

        run(main, loop_factory)

    @pytest.mark.parametrize("collect", [False, True])
    def test_l17_a_cancelled_gather_stops_all(
        self, collect: bool, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        async def main() -> None:
            client = ff.Client(limits=ff.Limits(concurrency=40, per_host=None))
            requests = [client.get(f"{route_server.url}/never") for _ in range(20)]
            gathered = asyncio.gather(*requests, return_exceptions=collect)
            await asyncio.to_thread(route_server.ledger.wait_requests, 20)
            gathered.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gathered
            await asyncio.to_thread(route_server.ledger.wait_none_open)

        run(main, loop_factory)

    def test_l16_a_timeout_stops_what_was_scheduled(
        self, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        async def main() -> None:
            future = asyncio.ensure_future(ff.get(f"{route_server.url}/never"))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(future, 0.05)
            assert future.cancelled()
            await asyncio.to_thread(route_server.ledger.wait_none_open)

        run(main, loop_factory)

    def test_a_shield_keeps_it(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        async def main() -> None:
            inner = ff.get(f"{route_server.url}/gate/a")
            outer = asyncio.shield(inner)
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            outer.cancel()
            with pytest.raises(asyncio.CancelledError):
                await outer
            route_server.open_gate("a")
            assert (await inner).json() == {"gate": "a"}

        run(main, loop_factory)

    def test_callbacks_have_their_context(self, loop_factory: LoopFactory) -> None:
        name = contextvars.ContextVar("name", default="none")

        async def main() -> None:
            told: list[tuple[str, object]] = []
            over = asyncio.Event()
            future: Any = ff.sleep(0.001)

            def tell(ended: object) -> None:
                told.append((name.get(), ended))

            context = contextvars.copy_context()
            context.run(name.set, "given")
            name.set("current")
            future.add_done_callback(tell, context=context)
            future.add_done_callback(tell)
            future.add_done_callback(str)
            assert future.remove_done_callback(str) == 1
            future.add_done_callback(lambda _: over.set())
            name.set("changed")
            await over.wait()
            future.add_done_callback(tell, context=context)
            await asyncio.sleep(0)
            assert told == [("given", future), ("current", future), ("given", future)]

        run(main, loop_factory)

    def test_l28_a_hook_has_the_context_of_whoever_scheduled_it(
        self, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        name = contextvars.ContextVar[str]("name")
        seen: list[tuple[str, str]] = []

        def hook(request: ff.Request) -> None:
            seen.append((name.get(), request.url.rsplit("/", 1)[1]))

        client = ff.Client(event_hooks={"request": hook})

        async def one(value: str) -> None:
            name.set(value)
            gathered = asyncio.gather(client.get(f"{route_server.url}/json/{value}"))
            name.set("changed")
            await gathered

        async def main() -> None:
            await asyncio.gather(*map(one, "abcd"))

        run(main, loop_factory)
        assert sorted(seen) == [(value, value) for value in "abcd"]

    def test_l15_a_failure_that_nobody_sees_is_reported_once(
        self, caplog: pytest.LogCaptureFixture, refused: str, loop_factory: LoopFactory
    ) -> None:
        async def main() -> None:
            seen = asyncio.ensure_future(ff.get(refused))
            with pytest.raises(ff.ConnectionRefused):
                await seen
            over = asyncio.Event()
            unseen = asyncio.ensure_future(ff.get(refused))
            unseen.add_done_callback(lambda _: over.set())
            del unseen
            await over.wait()
            gc.collect()

        with caplog.at_level(logging.ERROR, "asyncio"):
            run(main, loop_factory)
        (record,) = caplog.records
        assert "exception was never retrieved" in record.message
        assert record.exc_info is not None
        assert record.exc_info[0] is ff.ConnectionRefused

    def test_an_asyncio_wait_takes_no_coroutines(self) -> None:
        async def main() -> None:
            coroutine = ff.sleep(1)
            with pytest.raises(TypeError, match="oroutines"):
                await asyncio.wait([coroutine])  # type: ignore[type-var]
            coroutine.close()

        asyncio.run(main())

    @pytest.mark.parametrize("ring", [False, True])
    def test_it_goes_with_the_loop_that_keeps_it(
        self, ring: bool, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        class Held:
            pass

        async def main() -> weakref.ref[Held]:
            held = Held()
            future = asyncio.ensure_future(ff.get(f"{route_server.url}/never"))
            future.add_done_callback(functools.partial(print, held, future if ring else None))
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            return weakref.ref(held)

        gone = run(main, loop_factory)
        if ring:
            gc.collect()
        route_server.ledger.wait_none_open()
        assert gone() is None
