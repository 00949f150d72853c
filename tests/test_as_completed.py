"""`as_completed`: in order of completion, at most a window ahead, and all of it stops with its reader."""

import asyncio
import gc
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

import fastfetch as ff
import pytest
from fastfetch import _core

from tests.loops import LoopFactory, run
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

PATIENCE = 5.0
AT_ONCE = 0.1

Source = Callable[[Iterable[str]], Iterable[str] | AsyncIterator[str]]


async def asynchronous(items: Iterable[str]) -> AsyncIterator[str]:
    for item in items:
        yield item


async def unhurried(items: Iterable[str]) -> AsyncIterator[str]:
    for item in items:
        await asyncio.sleep(0.0001)
        yield item


SOURCES: list[Source] = [list, iter, asynchronous, unhurried]


class Counting:
    """Counts what is taken from an endless source."""

    def __init__(self, url: str) -> None:
        self.url, self.pulled = url, 0

    def items(self) -> Iterator[str]:
        for number in itertools.count():
            self.pulled += 1
            yield f"{self.url}/json/{number}"


def names(server: RouteServer, count: int) -> list[str]:
    return [f"{server.url}/json/{number}" for number in range(count)]


@pytest.mark.parametrize("source", SOURCES)
def test_every_item_comes_once(source: Source, route_server: RouteServer, loop_factory: LoopFactory) -> None:
    async def main() -> None:
        async with asyncio.timeout(PATIENCE):
            responses = [
                each async for each in ff.as_completed(source(names(route_server, 500)), concurrency=7)
            ]
        assert sorted(int(each.json()["name"]) for each in responses) == list(range(500))

    run(main, loop_factory)
    assert route_server.traffic.peak <= 7


def test_in_the_order_of_completion(route_server: RouteServer) -> None:
    async def main() -> None:
        seen = []
        async for response in ff.as_completed(f"{route_server.url}/gate/{name}" for name in "abc"):
            seen.append(response.json()["gate"])
            if len(seen) == 1:
                route_server.open_gate("a")
            else:
                route_server.open_gate("b")
        assert seen == ["c", "a", "b"]

    route_server.open_gate("c")
    asyncio.run(main())


@pytest.mark.parametrize("source", SOURCES)
def test_an_empty_source(source: Source, loop_factory: LoopFactory) -> None:
    async def main() -> None:
        for _ in range(200):
            async with asyncio.timeout(PATIENCE):
                assert [each async for each in ff.as_completed(source([]))] == []

    run(main, loop_factory)


@pytest.mark.parametrize("source", SOURCES)
def test_the_end_is_seen_while_the_io_thread_is_busy(source: Source, route_server: RouteServer) -> None:
    """Whatever the moment at which the source ends, or the last answer is taken: the reader hears of it."""

    async def main() -> None:
        busy = asyncio.create_task(ff.gather(["http://127.0.0.1:1/"] * 100_000))
        for _ in range(200):
            async with asyncio.timeout(PATIENCE):
                assert len([each async for each in ff.as_completed(source(["not a url"] * 3))]) == 3
        busy.cancel()
        await asyncio.wait([busy])

    asyncio.run(main())


@pytest.mark.parametrize("wrap", [iter, asynchronous, unhurried])
def test_it_pulls_only_what_it_has_room_for(
    wrap: Source, route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    window, source = 10, Counting(route_server.url)

    async def main() -> None:
        taken = 0
        async for response in ff.as_completed(wrap(source.items()), window=window):
            assert response.ok
            taken += 1
            if taken % 10 == 0:
                # A slow reader: let all that is in flight arrive.
                await ff.get(f"{route_server.url}/delay/0.005")
            assert source.pulled <= taken + window
            if taken == 200:
                break

    run(main, loop_factory)
    assert source.pulled <= 200 + window


@pytest.mark.parametrize("wrap", [iter, asynchronous])
def test_nothing_is_pulled_before_the_first_await(wrap: Source, route_server: RouteServer) -> None:
    source = Counting(route_server.url)

    async def main() -> None:
        completed = ff.as_completed(wrap(source.items()), window=5)
        await asyncio.sleep(0)
        assert source.pulled == 0
        assert (await anext(completed)).ok
        assert source.pulled <= 6

    asyncio.run(main())


class TestLeaving:
    """Whichever way the reader goes, everything in flight stops at once."""

    @pytest.mark.parametrize("wrap", [iter, asynchronous])
    @pytest.mark.parametrize("how", ["break", "raise", "aclose", "cancel", "drop"])
    def test_stops_everything(
        self, how: str, wrap: Source, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        targets = [f"{route_server.url}/json/first"] + [f"{route_server.url}/never"] * 40
        left: list[float] = []

        async def leave() -> None:
            if how in ("aclose", "drop"):
                completed = ff.as_completed(wrap(targets), per_host=50)
                assert (await anext(completed)).ok
                await asyncio.to_thread(route_server.ledger.wait_requests, 41)
                left.append(time.monotonic())
                if how == "aclose":
                    await completed.aclose()
                return
            async for response in ff.as_completed(wrap(targets), per_host=50):
                assert response.ok
                await asyncio.to_thread(route_server.ledger.wait_requests, 41)
                left.append(time.monotonic())
                if how == "break":
                    break
                if how == "raise":
                    raise LookupError

        async def main() -> None:
            task = asyncio.create_task(leave())
            if how == "cancel":
                await asyncio.to_thread(route_server.ledger.wait_requests, 41)
                left.append(time.monotonic())
                task.cancel()
            await asyncio.wait([task])
            assert isinstance(task.exception(), LookupError) if how == "raise" else True
            del task
            closed = await asyncio.to_thread(route_server.ledger.wait_closed, 40)
            assert max(connection.closed or 0 for connection in closed) - left[-1] < AT_ONCE

        run(main, loop_factory)

    def test_after_aclose_there_is_no_more(
        self, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        async def main() -> None:
            completed = ff.as_completed([f"{route_server.url}/json/a", *[f"{route_server.url}/never"] * 5])
            assert (await anext(completed)).ok
            await completed.aclose()
            async with asyncio.timeout(1):
                with pytest.raises(StopAsyncIteration):
                    await anext(completed)
            await completed.aclose()

        run(main, loop_factory)

    def test_aclose_ends_a_wait_elsewhere(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        async def main() -> None:
            completed = ff.as_completed([f"{route_server.url}/never"])

            async def read() -> list[ff.Response]:
                return [each async for each in completed]

            reader = asyncio.create_task(read())
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            await completed.aclose()
            assert await asyncio.wait_for(reader, 1) == []

        run(main, loop_factory)

    def test_the_source_is_closed_too(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        async def main() -> None:
            closed = asyncio.Event()

            async def source() -> AsyncIterator[str]:
                try:
                    for url in Counting(route_server.url).items():
                        yield url
                finally:
                    closed.set()

            async for _ in ff.as_completed(source(), concurrency=3):
                break
            await asyncio.wait_for(closed.wait(), PATIENCE)

        run(main, loop_factory)

    def test_nothing_is_kept(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        def streams() -> int:
            gc.collect()
            return sum(isinstance(each, _core.Stream) for each in gc.get_objects())

        async def main() -> None:
            before = streams()
            for source in SOURCES:
                async for _ in ff.as_completed(source(names(route_server, 50)), concurrency=5):
                    break
            await ff.sleep(0.01)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert streams() == before

        run(main, loop_factory)


@pytest.mark.parametrize("asynchronously", [False, True])
def test_the_source_raises_midway(
    asynchronously: bool, route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    """All that it gave is read first; then its error reaches the reader, once."""

    def broken() -> Iterator[str]:
        yield from names(route_server, 20)
        raise LookupError("the source failed")

    async def main() -> None:
        completed = ff.as_completed(asynchronous(broken()) if asynchronously else broken(), concurrency=4)
        seen: list[str] = []

        async def read() -> None:
            async for response in completed:
                seen.append(response.json()["name"])

        async with asyncio.timeout(PATIENCE):
            with pytest.raises(LookupError, match="the source failed"):
                await read()
            assert len(seen) == 20
            await read()
        assert len(seen) == 20

    run(main, loop_factory)


@pytest.mark.parametrize("wrap", [iter, asynchronous])
def test_a_wait_that_times_out_loses_nothing(
    wrap: Source, route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    targets = [f"{route_server.url}/delay/{number / 2_000}" for number in range(40)]

    async def main() -> None:
        completed, seen, late = ff.as_completed(wrap(targets), concurrency=2), [], 0
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    seen.append((await asyncio.wait_for(anext(completed), 0.004)).url)
                except TimeoutError:
                    late += 1
                except StopAsyncIteration:
                    break
        assert late > 0
        assert sorted(seen) == sorted(targets)

    run(main, loop_factory)


def test_a_busy_reader_lets_others_have_their_turn(
    route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    """Though all responses may be there already, so that none is waited for."""

    async def main() -> None:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(others())
        seen: list[int] = []
        async for _ in ff.as_completed(names(route_server, 20), concurrency=20):
            time.sleep(0.003)  # noqa: ASYNC251 - what a reader does with a response takes its time
            seen.append(turns)
        task.cancel()
        assert len(set(seen)) == 20

    run(main, loop_factory)


def test_several_readers_share(route_server: RouteServer, loop_factory: LoopFactory) -> None:
    async def main() -> None:
        completed = ff.as_completed(names(route_server, 200), concurrency=10)

        async def read() -> list[str]:
            return [response.json()["name"] async for response in completed]

        async with asyncio.timeout(PATIENCE):
            shares = await asyncio.gather(*(read() for _ in range(5)))
        assert sorted(map(int, itertools.chain(*shares))) == list(range(200))

    run(main, loop_factory)


@pytest.mark.parametrize("wrong", ["http://127.0.0.1/", None, 7])
def test_what_is_no_source_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="urls"):
        ff.as_completed(wrong)  # type: ignore[arg-type]


def test_an_item_that_is_wrong_is_an_answer(route_server: RouteServer) -> None:
    async def main() -> None:
        items = ["no url", 7, f"{route_server.url}/json/a"]
        responses = [each async for each in ff.as_completed(items)]  # type: ignore[arg-type]
        errors = sorted(type(each.error).__name__ for each in responses)
        assert errors == ["InvalidRequest", "InvalidURL", "NoneType"]

    asyncio.run(main())
