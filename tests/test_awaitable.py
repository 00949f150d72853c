"""The public functions are coroutine functions: they work wherever asyncio's own do (L9, L12 to L15)."""

import asyncio
import contextvars
import gc
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import fastfetch as ff
import pytest

from tests.loops import LoopFactory, run
from tests.servers.process import listen, url
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

Make = Callable[[], Coroutine[Any, Any, Any]]
Way = Callable[[Make], Coroutine[Any, Any, Any]]

PATIENCE = 10.0


async def plain_await(make: Make) -> Any:
    return await make()


async def create_task(make: Make) -> Any:
    return await asyncio.create_task(make())


async def task_group(make: Make) -> Any:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(make())
        group.create_task(make())
    return task.result()


async def gather(make: Make) -> Any:
    first, second = await asyncio.gather(make(), make())
    assert type(first) is type(second)
    return first


async def wait(make: Make) -> Any:
    done, pending = await asyncio.wait([asyncio.create_task(make())], timeout=PATIENCE)
    assert pending == set()
    return done.pop().result()


async def wait_for(make: Make) -> Any:
    return await asyncio.wait_for(make(), PATIENCE)


async def timeout(make: Make) -> Any:
    async with asyncio.timeout(PATIENCE):
        return await make()


async def shield(make: Make) -> Any:
    return await asyncio.shield(make())


async def as_completed(make: Make) -> Any:
    results = [await each for each in asyncio.as_completed([make(), make()])]
    assert len(results) == 2
    return results[0]


async def ensure_future(make: Make) -> Any:
    return await asyncio.ensure_future(make())


async def run_coroutine_threadsafe(make: Make) -> Any:
    loop = asyncio.get_running_loop()
    return await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(make(), loop).result(PATIENCE))


WAYS: list[Way] = [
    plain_await,
    create_task,
    task_group,
    gather,
    wait,
    wait_for,
    timeout,
    shield,
    as_completed,
    ensure_future,
    run_coroutine_threadsafe,
]
# A `Batch` is an awaitable but no coroutine.
WAYS_OF_A_BATCH: list[Way] = [plain_await, gather, wait_for, timeout, shield, as_completed, ensure_future]


@pytest.mark.parametrize("way", WAYS)
def test_l13_every_way_to_await_get(way: Way, route_server: RouteServer, loop_factory: LoopFactory) -> None:
    target = f"{route_server.url}/json/a"
    response = run(lambda: way(lambda: ff.get(target)), loop_factory)
    assert (response.status_code, response.json()) == (200, {"name": "a"})


@pytest.mark.parametrize("way", WAYS)
def test_l13_every_way_to_await_gather(
    way: Way, route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    targets = [f"{route_server.url}/json/{name}" for name in "abc"]
    results = run(lambda: way(lambda: ff.gather(targets)), loop_factory)
    assert [response.json()["name"] for response in results] == ["a", "b", "c"]


@pytest.mark.parametrize("way", WAYS)
def test_l13_every_way_to_await_sleep(way: Way, loop_factory: LoopFactory) -> None:
    assert run(lambda: way(lambda: ff.sleep(0.001, "awake")), loop_factory) == "awake"


@pytest.mark.parametrize("way", WAYS_OF_A_BATCH)
def test_l13_every_way_to_await_a_batch(
    way: Way, route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    def batch() -> Any:
        return ff.Batch([f"{route_server.url}/json/a"])

    assert run(lambda: way(batch), loop_factory)[0].json() == {"name": "a"}


def test_l13_asyncio_run_takes_them_as_they_are(route_server: RouteServer) -> None:
    target = f"{route_server.url}/json/a"
    assert asyncio.run(ff.get(target)).status_code == 200
    assert asyncio.run(ff.gather([target, target])).counts == {200: 2}
    assert asyncio.run(ff.sleep(0.001, "awake")) == "awake"


def test_l13_nothing_is_sent_before_the_first_await(route_server: RouteServer) -> None:
    target = f"{route_server.url}/json/early"

    async def main() -> None:
        client = ff.Client()
        early = [ff.get(target), ff.gather([target]), client.get(target), client.gather([target])]
        kept = [ff.Batch([target]), client.as_completed([target]), ff.Request("GET", target)]
        unstarted = asyncio.create_task(ff.sleep(0))
        unstarted.cancel()
        await ff.get(f"{route_server.url}/json/control")
        for coroutine in early:
            coroutine.close()
        assert len(kept) == 3

    asyncio.run(main())
    assert [request.path for request in route_server.ledger.requests] == ["/json/control"]
    assert route_server.ledger.accepted == 1


def test_l13_a_task_cancelled_before_it_starts_sends_nothing(route_server: RouteServer) -> None:
    async def main() -> None:
        task = asyncio.create_task(ff.get(f"{route_server.url}/json/never"))
        task.cancel()
        await asyncio.wait([task])
        await ff.get(f"{route_server.url}/json/control")

    asyncio.run(main())
    assert [request.path for request in route_server.ledger.requests] == ["/json/control"]


@pytest.mark.parametrize("name", ["get", "gather", "sleep", "send", "delete"])
def test_l13_unawaited_gives_the_usual_warning_and_no_request(name: str, route_server: RouteServer) -> None:
    target = f"{route_server.url}/json/early"
    arguments: dict[str, Any] = {"gather": [target], "sleep": 1, "send": ff.Request("GET", target)}

    async def main() -> None:
        with pytest.warns(RuntimeWarning, match=rf"coroutine '.*{name}' was never awaited"):
            getattr(ff, name)(arguments.get(name, target))
        await ff.get(f"{route_server.url}/json/control")

    asyncio.run(main())
    assert [request.path for request in route_server.ledger.requests] == ["/json/control"]


def test_l14_no_running_loop_is_an_error_with_a_hint(route_server: RouteServer) -> None:
    def slow() -> Iterator[str]:
        """Taking from it is longer than the iterator keeps the loop to itself: it wants to let others run."""
        time.sleep(0.01)
        yield never

    never = f"{route_server.url}/never"
    coroutines: list[Coroutine[Any, Any, Any]] = [
        ff.get(never),
        ff.gather([never]),
        ff.sleep(1),
        ff.sleep(0),
        ff.as_completed([never]).__anext__(),
        ff.as_completed(slow()).__anext__(),
    ]
    for coroutine in coroutines:
        with pytest.raises(RuntimeError, match=r"no running.* event loop.*asyncio\.run"):
            coroutine.send(None)


def test_l12_trio_is_an_error_with_a_hint() -> None:
    trio = pytest.importorskip("trio")
    with pytest.raises(RuntimeError, match=r"asyncio"):
        trio.run(ff.get, "http://127.0.0.1/")
    with pytest.raises(RuntimeError, match=r"asyncio"):
        trio.run(ff.sleep, 0)


def test_l15_nothing_is_left_unretrieved(
    caplog: pytest.LogCaptureFixture, route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    """Failures that the user saw, and calls that were cancelled, are not reported once more."""
    with listen() as closed:
        refused = url(closed)

    async def main() -> None:
        with pytest.raises(ff.ConnectionRefused):
            await ff.get(refused)
        assert isinstance((await asyncio.gather(ff.get(refused), return_exceptions=True))[0], ff.FetchError)
        assert (await ff.gather([refused])).counts == {"ConnectionRefused": 1}
        tasks = [asyncio.create_task(ff.get(f"{route_server.url}/never")) for _ in range(10)]
        await asyncio.to_thread(route_server.ledger.wait_requests, 10)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    with caplog.at_level(logging.DEBUG, "asyncio"):
        run(main, loop_factory)
        gc.collect()
    assert [record.message for record in caplog.records if "selector" not in record.message] == []


def test_l28_context_variables_are_the_caller_s(route_server: RouteServer, loop_factory: LoopFactory) -> None:
    name = contextvars.ContextVar[str]("name")
    seen: list[str] = []

    async def source() -> AsyncIterator[str]:
        seen.append(name.get())
        yield f"{route_server.url}/json/{name.get()}"
        name.set("changed in the source")

    async def one(value: str) -> None:
        name.set(value)
        await ff.get(f"{route_server.url}/json/a")
        assert name.get() == value
        await ff.sleep(0.001)
        assert name.get() == value
        async for response in ff.as_completed(source()):
            assert response.json() == {"name": value}
            assert name.get() == value
        await ff.gather([f"{route_server.url}/json/a"])
        assert name.get() == value

    async def main() -> None:
        await asyncio.gather(*map(one, "abcd"))

    run(main, loop_factory)
    assert sorted(seen) == ["a", "b", "c", "d"]


def test_l9_debug_mode(
    caplog: pytest.LogCaptureFixture, route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    """asyncio's debug mode checks on which thread its methods are called, among other things."""
    target = f"{route_server.url}/json/a"

    async def source() -> AsyncIterator[str]:
        for _ in range(5):
            yield target

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        loop.slow_callback_duration = PATIENCE
        assert (await ff.get(target)).ok
        assert (await ff.gather([target] * 20)).counts == {200: 20}
        assert [response.ok async for response in ff.as_completed(source())] == [True] * 5
        await asyncio.gather(*(ff.sleep(0.001) for _ in range(100)))
        task = asyncio.create_task(ff.get(f"{route_server.url}/never"))
        await asyncio.to_thread(route_server.ledger.wait_requests, 27)
        task.cancel()
        await asyncio.wait([task])

    with caplog.at_level(logging.INFO, "asyncio"):
        run(main, loop_factory)
    assert caplog.records == []


def test_calls_from_a_thread_into_a_running_loop(
    route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    loop = loop_factory()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        target = f"{route_server.url}/json/a"
        futures = [asyncio.run_coroutine_threadsafe(ff.get(target), loop) for _ in range(50)]
        assert all(future.result(PATIENCE).ok for future in futures)
        never = asyncio.run_coroutine_threadsafe(ff.get(f"{route_server.url}/never"), loop)
        route_server.ledger.wait_requests(51)
        assert never.cancel()
        route_server.ledger.wait_closed(1)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
