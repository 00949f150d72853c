"""S09. What hooks raise, hooks that are cancelled, and hooks that make requests themselves."""

import asyncio
import copy
import gc
import pickle
import sys
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from fastfetch import Client, FetchError, Limits, Request, Response, TotalTimeout
from fastfetch._core import bridge_counters

from tests.fetching import fetch, outcome
from tests.loops import LoopFactory, run
from tests.programs.running import say
from tests.servers.routes import RouteServer

RAISED = [
    ValueError("no"),
    KeyboardInterrupt("stop"),
    SystemExit(3),
    GeneratorExit(),
    BaseExceptionGroup("several", [KeyboardInterrupt(), ValueError()]),
    ExceptionGroup("several", [ValueError()]),
    asyncio.CancelledError("mine"),
    FetchError("my own"),
]

EVENTS = ["request", "response", "redirect"]


def raising(error: BaseException, colour: str) -> Callable[..., Any]:
    """A hook that raises this where the path is `/redirect/1` or what comes of it."""

    def plain(*told: Any) -> None:
        if "/redirect/1" in told[0].url or "/json/landed" in told[0].url:
            raise error

    async def waiting(*told: Any) -> None:
        await asyncio.sleep(0)
        plain(*told)

    return plain if colour == "plain" else waiting


@pytest.mark.parametrize("colour", ["plain", "async"])
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_l28_it_reaches_that_request_only(
    route_server: RouteServer, error: BaseException, event: str, colour: str
) -> None:
    error = copy.copy(error)
    bad, good = f"{route_server.url}/redirect/1", [f"{route_server.url}/json/{n}" for n in range(5)]

    async def main() -> None:
        async with Client(event_hooks={event: raising(error, colour)}) as client:
            with pytest.raises(type(error)) as caught:
                await client.get(bad)
            if not isinstance(error, asyncio.CancelledError) or colour == "plain":
                assert caught.value is error
            results = await client.gather([*good, bad, *good])
            assert results.counts == {200: 10, type(error).__name__: 1}
            (failed,) = results.failed
            assert type(failed.error) is type(error)
            with pytest.raises(type(error)):
                failed.raise_for_status()
            with pytest.raises(BaseExceptionGroup) as group:
                results.raise_for_errors()
            assert [type(each) for each in group.value.exceptions] == [type(error)]
            assert isinstance(group.value, ExceptionGroup) is isinstance(error, Exception)
            streamed = [response async for response in client.as_completed([*good, bad])]
            assert sorted(type(each.error).__name__ for each in streamed) == sorted(
                ["NoneType"] * 5 + [type(error).__name__]
            )
            with pytest.raises(type(error)):
                async with client.stream("GET", bad):
                    pass
            # It goes on as if nothing had been.
            assert (await client.get(good[0])).ok

    asyncio.run(main())


def test_stop_iteration_is_no_result(route_server: RouteServer) -> None:
    """Raised through a coroutine it would be its return value (PEP 479)."""

    def stop(_: object) -> None:
        raise StopIteration("done")

    for event in ("request", "response"):
        with pytest.raises(RuntimeError, match="StopIteration") as caught:
            fetch(Request("GET", f"{route_server.url}/json/a"), event_hooks={event: stop})
        assert isinstance(caught.value.__cause__, StopIteration)


def test_the_first_hook_that_raises_is_the_last_one_called(route_server: RouteServer) -> None:
    called: list[int] = []

    def note(number: int) -> Callable[[object], None]:
        return lambda _: called.append(number)

    hooks = {"response": [note(1), raising(ValueError("no"), "plain"), note(2)]}
    with pytest.raises(ValueError, match="no"):
        fetch(Request("GET", f"{route_server.url}/json/landed"), event_hooks=hooks)
    assert called == [1]


def test_an_error_that_was_raised_travels_as_words(route_server: RouteServer) -> None:
    hooks = {"response": raising(LookupError("a secret of mine"), "plain")}
    response = outcome(f"{route_server.url}/json/landed", event_hooks=hooks)
    assert type(response.error) is LookupError
    twin = pickle.loads(pickle.dumps(response))
    assert type(twin.error) is FetchError
    assert "the caller's own code raised LookupError" in str(twin.error)
    assert "secret" not in str(twin.error)
    assert (twin.error.url, twin.error.method) == (f"{route_server.url}/json/landed", "GET")


class TestCancel:
    def test_cancels_the_hook_and_closes_the_connection(
        self, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        async def main() -> None:
            began, ended = asyncio.Event(), asyncio.Event()

            async def never(_: Response) -> None:
                began.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    await asyncio.sleep(0)
                    ended.set()

            client = Client(event_hooks={"response": never}, limits=Limits(concurrency=1))

            async def streaming() -> None:
                async with client.stream("GET", f"{route_server.url}/bytes/10000000"):
                    pass

            for fetching in (lambda: client.get(f"{route_server.url}/json/a"), streaming):
                began.clear()
                ended.clear()
                task = asyncio.ensure_future(fetching())
                await asyncio.wait_for(began.wait(), 5)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await asyncio.wait_for(ended.wait(), 5)
            await asyncio.to_thread(route_server.ledger.wait_closed, 1)
            assert len(asyncio.all_tasks()) == 1

        run(main, loop_factory)

    @pytest.mark.parametrize("asked", [False, True])
    def test_a_hook_whose_request_was_given_up_is_not_called(
        self, asked: bool, route_server: RouteServer
    ) -> None:
        """Not even where the I/O thread has asked for it already, and cannot know yet."""
        called: list[str] = []
        client = Client(event_hooks={"request": lambda request: called.append(request.url)})

        async def given_up() -> None:
            before = bridge_counters()["wakes"]
            task = asyncio.create_task(client.get(f"{route_server.url}/json/a"))
            await asyncio.sleep(0)
            while asked and bridge_counters()["wakes"] == before:
                pass  # Not a turn of the loop until the question is there.
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()

        async def kept() -> None:
            assert (await client.get(f"{route_server.url}/json/b")).ok

        # Each in a loop of its own: where something earlier is still to be looked at, the question may be
        # looked at with it, before the task has learnt of its end.
        for _ in range(50):
            asyncio.run(given_up())
        asyncio.run(kept())
        assert called == [f"{route_server.url}/json/b"]

    def test_a_hook_that_cancels_its_own_task(self, route_server: RouteServer) -> None:
        async def quits(_: object) -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(1)

        async def main() -> None:
            async with Client(event_hooks={"request": quits}) as client:
                with pytest.raises(asyncio.CancelledError):
                    await client.get(f"{route_server.url}/json/a")
                me = asyncio.current_task()
                assert me is not None
                assert me.cancelling() == 0

        asyncio.run(main())


class TestClosedLoops:
    """A loop may be closed while a hook awaits, or before it is called: nobody waits for it any more."""

    @pytest.mark.parametrize("turns", [1, 50])
    def test_the_client_lives_on(
        self, route_server: RouteServer, loop_factory: LoopFactory, turns: int
    ) -> None:
        async def never(_: object) -> None:
            await asyncio.Event().wait()

        client = Client(event_hooks={"request": never}, limits=Limits(concurrency=1))
        url = f"{route_server.url}/json/a"
        loop = loop_factory()
        task: Any = loop.create_task(client.get(url))
        for _ in range(turns):
            loop.run_until_complete(asyncio.sleep(0.001))
        for each in asyncio.all_tasks(loop):
            each._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.close()
        gone = weakref.ref(loop)
        del task, each, loop
        deadline = time.monotonic() + 5
        # A loop that watches no descriptors is let go when it is next rung.
        while gone() is not None and time.monotonic() < deadline:
            bridge_counters()  # What the I/O thread has let go of is counted when another calls Rust.
            gc.collect()
        assert gone() is None

        async def main() -> None:
            # The permit has come back, and the hook is called here.
            with pytest.raises(TotalTimeout):
                await client.get(url, timeout=0.1)

        asyncio.run(asyncio.wait_for(main(), 5))


class TestWithin:
    """Hooks may make requests themselves: also where the only permit is held by the request that waits."""

    @pytest.mark.parametrize("event", EVENTS)
    def test_l29_one_permit(self, route_server: RouteServer, event: str, loop_factory: LoopFactory) -> None:
        inner: list[int | None] = []

        async def main() -> None:
            async def ask(*told: Any) -> None:
                if "/inner" in told[0].url or len(inner) > 20:
                    return
                answer = await client.get(f"{route_server.url}/json/inner")
                results = await client.gather([f"{route_server.url}/json/inner"] * 3)
                inner.extend([answer.status_code, *(response.status_code for response in results)])

            client = Client(event_hooks={event: ask}, limits=Limits(concurrency=1, per_host=1))
            async with asyncio.timeout(10), client:
                assert (await client.get(f"{route_server.url}/redirect/1")).ok
                assert inner[:4] == [200] * 4
                inner.clear()
                assert (await client.gather([f"{route_server.url}/redirect/1"] * 3)).counts == {200: 3}
                assert inner[:4] == [200] * 4

        run(main, loop_factory)

    def test_a_task_that_outlives_its_hook_waits_as_all_others(self, route_server: RouteServer) -> None:
        later: list[asyncio.Task[Response]] = []

        async def main() -> None:
            async def leave(response: Response) -> None:
                if not later:
                    later.append(asyncio.create_task(afterwards()))

            async def afterwards() -> Response:
                await asyncio.sleep(0.05)
                return await client.get(f"{route_server.url}/json/later")

            client = Client(event_hooks={"response": leave}, limits=Limits(concurrency=1))
            assert (await client.get(f"{route_server.url}/json/a")).ok
            blocking = asyncio.create_task(client.get(f"{route_server.url}/gate/a"))
            await asyncio.sleep(0.15)
            assert [request.path for request in route_server.ledger.requests] == ["/json/a", "/gate/a"]
            route_server.open_gate("a")
            assert (await blocking).ok
            assert (await later[0]).ok

        asyncio.run(main())

    def test_a_callback_that_waits_for_another_client(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with Client() as other, Client(limits=Limits(concurrency=1)) as client:

                async def sign(request: Request) -> Request:
                    answer = await other.get(f"{route_server.url}/json/token")
                    return request.with_header("X-Token", answer.json()["name"])

                results = await client.gather(
                    [Request("GET", f"{route_server.url}/echo", auth=sign)] * 2, concurrency=2
                )
                fields = [{k.lower(): v for k, v in r.json()["headers"]} for r in results]
                assert [each["x-token"] for each in fields] == ["token"] * 2

        asyncio.run(main())


class TestWithoutALoop:
    """The synchronous door: `Call.wait()`."""

    def call(self, client: Client, url: str) -> Any:
        return client._native.request("GET", url)

    def test_plain_hooks_run_on_the_thread_that_waits(self, route_server: RouteServer) -> None:
        import threading

        seen: list[tuple[str, int]] = []
        names = ("request", "redirect", "response")
        hooks = {name: (lambda *_, name=name: seen.append((name, threading.get_ident()))) for name in names}
        client = Client(event_hooks=hooks, auth=lambda request: request.with_header("X-A", "1"))
        assert self.call(client, f"{route_server.url}/redirect/1").wait().ok
        here = threading.get_ident()
        order = ["request", "redirect", "request", "response"]
        assert seen == [(name, here) for name in order]
        assert [request.headers["x-a"] for request in route_server.ledger.requests] == ["1"] * 2

    @pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
    def test_raising(self, route_server: RouteServer, error: BaseException) -> None:
        client = Client(event_hooks={"response": raising(error, "plain")})
        with pytest.raises(type(error)) as caught:
            self.call(client, f"{route_server.url}/json/landed").wait()
        assert caught.value is error

    def test_async_hooks_are_refused(self, route_server: RouteServer) -> None:
        client = Client(event_hooks={"request": raising(ValueError(), "async")})
        with pytest.raises(TypeError, match="an async callback needs an event loop"):
            self.call(client, f"{route_server.url}/json/a").wait()
        assert route_server.ledger.requests == []

    def test_a_hook_makes_a_request(self, route_server: RouteServer) -> None:
        def ask(request: Request) -> None:
            if "/outer" in request.url:
                assert self.call(client, f"{route_server.url}/json/inner").wait().ok

        client = Client(event_hooks={"request": ask}, limits=Limits(concurrency=1))
        assert self.call(client, f"{route_server.url}/json/outer").wait().ok
        assert [request.path for request in route_server.ledger.requests] == ["/json/inner", "/json/outer"]


@pytest.mark.skipif(sys.platform == "win32", reason="it counts descriptors")
def test_nothing_is_said_that_nobody_asked_for() -> None:
    """In development mode: no exception that was never retrieved, no coroutine that was never awaited."""
    assert say("hooks") == "done\n"
