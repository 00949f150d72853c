"""`progress=`: what shows how far a batch is, when and how often; `Batch` and `as_completed`."""

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import fastfetch as ff
import pytest
import tqdm
import tqdm.asyncio
import tqdm.auto
from fastfetch import Progress, _core

from tests.loops import LoopFactory, run
from tests.scripted import until
from tests.servers.routes import RouteServer
from tests.watched import FACES, Face, as_completed


def hold_the_loop(seconds: float) -> None:
    """What a loop's body may do, too."""
    time.sleep(seconds)


@pytest.fixture
def urls(route_server: RouteServer) -> list[str]:
    """Three that are answered at once, and one at a gate."""
    return [*(f"{route_server.url}/json/{name}" for name in "abc"), f"{route_server.url}/gate/shut"]


class Opening:
    """Keeps all snapshots, and opens the gate when it has so many."""

    def __init__(self, server: RouteServer, enough: int = 1) -> None:
        self.server, self.enough = server, enough
        self.seen: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)
        if len(self.seen) == self.enough:
            self.server.open_gate("shut")


class TestCallable:
    @FACES
    def test_it_gets_snapshots_and_the_last_is_the_end(
        self, face: Face, urls: list[str], route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        told = Opening(route_server, 3)
        assert run(lambda: face(urls, progress=told), loop_factory) == 4
        *before, last = told.seen
        assert len(before) >= 3
        assert {type(progress) for progress in told.seen} == {Progress}
        # Where the machine is busy, the first may come before the answers.
        assert [some.total for some in before[:3]] == [4] * 3
        assert [some.done for some in before[1:3]] == [3] * 2
        assert (last.total, last.done, last.ok, last.in_flight) == (4, 4, 4, 0)

    @FACES
    def test_about_ten_times_a_second(self, face: Face, urls: list[str], route_server: RouteServer) -> None:
        told = Opening(route_server, 8)
        asyncio.run(face(urls, progress=told))
        # What comes late is not made up for. One more at the end, and the clocks are two.
        assert len(told.seen) <= 10 * told.seen[-1].elapsed + 2

    @FACES
    def test_a_busy_loop_gets_no_backlog(
        self, face: Face, urls: list[str], route_server: RouteServer
    ) -> None:
        told = Opening(route_server, 4)

        def busy(progress: Progress) -> None:
            time.sleep(0.15)
            told(progress)

        asyncio.run(face(urls, progress=busy))
        assert len(told.seen) <= told.seen[-1].elapsed / 0.15 + 2

    @FACES
    def test_a_short_batch_is_told_of_once(self, face: Face, urls: list[str]) -> None:
        seen: list[Progress] = []
        asyncio.run(face(urls[:3], progress=seen.append))
        assert [(some.total, some.done) for some in seen[-1:]] == [(3, 3)]

    @FACES
    def test_what_it_raises_is_raised(self, face: Face, urls: list[str], route_server: RouteServer) -> None:
        told: list[Progress] = []

        def fail(progress: Progress) -> None:
            told.append(progress)
            raise LookupError("of the callable")

        with pytest.raises(LookupError, match=r"^of the callable$"):
            asyncio.run(face(urls, progress=fail))
        assert [some.done for some in told] == [3]

    def test_after_it_has_raised_the_batch_goes_on(self, urls: list[str], route_server: RouteServer) -> None:
        raised = [ff.ReadTimeout("one"), KeyError("two")]

        def fail(progress: Progress) -> None:
            if raised:
                raise raised.pop(0)
            route_server.open_gate("shut")

        async def main() -> None:
            batch = ff.Batch(urls, progress=fail)
            with pytest.raises(ff.ReadTimeout, match=r"^one$"):
                await batch
            assert (len(batch.results), batch.progress.in_flight) == (3, 0)
            with pytest.raises(KeyError, match="two"):
                await batch
            assert (await batch).counts == {200: 4}

        asyncio.run(main())

    def test_after_it_has_raised_the_iteration_goes_on(
        self, urls: list[str], route_server: RouteServer
    ) -> None:
        # One of our own classes ends nothing either, where it is not ours that was raised.
        raised: list[BaseException] = [ff.ReadTimeout("one"), KeyError("two")]

        def fail(progress: Progress) -> None:
            if raised:
                raise raised.pop(0)
            route_server.open_gate("shut")

        async def main() -> None:
            some = ff.as_completed(urls, progress=fail)
            got = [await anext(some) for _ in range(3)]
            with pytest.raises(ff.ReadTimeout, match=r"^one$"):
                await anext(some)
            with pytest.raises(KeyError, match="two"):
                await anext(some)
            got += [response async for response in some]
            assert sorted(response.url.rsplit("/")[-1] for response in got) == ["a", "b", "c", "shut"]

        asyncio.run(main())

    def test_what_it_raises_between_two_waits_costs_no_response(
        self, urls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(progress: Progress) -> None:
            raise LookupError

        async def main() -> None:
            some = ff.as_completed(urls[:3], progress=fail)
            got = [await anext(some)]
            await until(lambda: some.progress.done == 3)
            hold_the_loop(0.11)
            with pytest.raises(LookupError):
                await anext(some)
            got += [await anext(some), await anext(some)]
            assert {response.url for response in got} == set(urls[:3])
            await some.aclose()

        asyncio.run(main())

    def test_the_last_one_may_raise_too(self, urls: list[str]) -> None:
        def fail(progress: Progress) -> None:
            raise LookupError

        async def main() -> None:
            batch = ff.Batch(urls[:3], progress=fail)
            with pytest.raises(LookupError):
                await batch
            assert batch.results.counts == {200: 3}

        asyncio.run(main())

    @FACES
    def test_an_interrupt_is_not_hidden_by_what_it_raises(
        self, face: Face, urls: list[str], route_server: RouteServer
    ) -> None:
        seen: list[Progress] = []

        tasks: list[asyncio.Task[int]] = []

        def fail_at_the_end(progress: Progress) -> None:
            seen.append(progress)
            if tasks[0].cancelling():
                raise LookupError

        async def main() -> None:
            tasks.append(asyncio.create_task(face(urls, progress=fail_at_the_end)))
            await until(lambda: seen)
            tasks[0].cancel()
            await asyncio.wait(tasks)
            assert tasks[0].cancelled()
            count = len(seen)
            await ff.sleep(0.25)
            assert len(seen) == count

        asyncio.run(main())
        assert seen[-1].done == 3

    @FACES
    def test_it_runs_in_the_context_of_the_caller(
        self, face: Face, urls: list[str], route_server: RouteServer
    ) -> None:
        cell: contextvars.ContextVar[str] = contextvars.ContextVar("cell", default="none")
        seen: list[str] = []

        def note(progress: Progress) -> None:
            seen.append(cell.get())
            route_server.open_gate("shut")

        async def main() -> None:
            cell.set("this one")
            await face(urls, progress=note)

        asyncio.run(main())
        assert len(seen) >= 2
        assert set(seen) == {"this one"}

    def test_two_who_await_one_batch_are_told_once(self, urls: list[str], route_server: RouteServer) -> None:
        told = Opening(route_server)

        async def main() -> None:
            batch = ff.Batch(urls, progress=told)
            await asyncio.gather(batch, batch)

        asyncio.run(main())
        assert [some.done for some in told.seen].count(4) == 1

    def test_a_thread_that_waits_is_told_as_well(self, urls: list[str], route_server: RouteServer) -> None:
        """What the synchronous face does."""
        batch = ff.Batch(urls)
        calls: list[int] = []

        def note() -> None:
            calls.append(batch.progress.done)
            if len(calls) == 2:
                raise LookupError
            if len(calls) == 4:
                route_server.open_gate("shut")

        with pytest.raises(LookupError):
            _core.gather_fetch(batch._native, (note, 0.05, 0.01)).wait()
        assert (calls, batch.progress.done) == ([3, 3], 3)
        _core.gather_fetch(batch._native, (note, 0.0, 0.01)).wait()
        assert batch.results.counts == {200: 4}

    def test_progress_of_an_async_source(self, urls: list[str]) -> None:
        async def source() -> AsyncIterator[str]:
            for url in urls[:3]:
                yield url

        async def main() -> None:
            seen: list[Progress] = []
            assert len(await ff.gather(source(), progress=seen.append)) == 3
            assert [response async for response in ff.as_completed(source(), progress=seen.append)]
            assert [some.total for some in seen] == [3, 3]

        asyncio.run(main())


BARS = pytest.mark.parametrize("bar", [tqdm.tqdm, tqdm.auto.tqdm, tqdm.asyncio.tqdm])


class Counting:
    """A class with the interface of tqdm."""

    def __init__(self, *, total: int | None, fails: bool = False) -> None:
        self.total, self.updates, self.closed, self.fails = total, list[int](), 0, fails
        made.append(self)

    def update(self, n: int) -> None:
        self.updates.append(n)
        if self.fails:
            raise LookupError

    def close(self) -> None:
        self.closed += 1


made: list[Counting] = []


@pytest.fixture
def bars() -> list[Counting]:
    """The bars that were made."""
    made.clear()
    return made


class TestTqdm:
    @FACES
    @BARS
    def test_it_itself(self, face: Face, bar: type[tqdm.tqdm], urls: list[str], capsys: Any) -> None:
        asyncio.run(face(urls[:3], progress=bar))
        shown = capsys.readouterr().err
        assert "0/3" in shown
        assert "100%" in shown
        assert "3/3" in shown

    @FACES
    def test_with_options_of_its_own(self, face: Face, urls: list[str], capsys: Any) -> None:
        asyncio.run(face(urls[:3], progress=partial(tqdm.tqdm, desc="pages")))
        assert "pages: 100%" in capsys.readouterr().err

    @FACES
    def test_it_gets_the_total_the_differences_and_the_end(
        self, face: Face, urls: list[str], route_server: RouteServer, bars: list[Counting]
    ) -> None:
        async def main() -> None:
            task = asyncio.ensure_future(face(urls, progress=Counting))
            await until(lambda: bars and bars[0].updates)
            route_server.open_gate("shut")
            await task

        asyncio.run(main())
        [bar] = bars
        assert (bar.total, bar.updates, bar.closed) == (4, [3, 1], 1)

    @FACES
    def test_it_is_closed_after_an_interrupt_and_another_goes_on(
        self, face: Face, urls: list[str], route_server: RouteServer, bars: list[Counting]
    ) -> None:
        async def main() -> None:
            batch: Any = ff.Batch(urls, progress=Counting)
            if face is as_completed:
                some = ff.as_completed(urls, progress=Counting)
                for _ in range(3):
                    await anext(some)
                batch = anext(some)
            task = asyncio.ensure_future(batch)
            await until(lambda: bars and bars[0].updates)
            task.cancel()
            await asyncio.wait([task])
            assert (bars[0].updates, bars[0].closed) == ([3], 1)
            route_server.open_gate("shut")
            if face is as_completed:
                assert len([response async for response in some]) == 1
            else:
                await batch
            assert (bars[1].total, bars[1].closed) == (4, 1)
            assert sum(bars[1].updates) == 4

        asyncio.run(main())
        assert len(bars) == 2

    @FACES
    def test_it_is_closed_after_it_has_raised(
        self, face: Face, urls: list[str], bars: list[Counting]
    ) -> None:
        with pytest.raises(LookupError):
            asyncio.run(face(urls, progress=partial(Counting, fails=True)))
        assert [(bar.updates, bar.closed) for bar in bars] == [([3], 1)]

    @FACES
    def test_it_is_closed_after_what_ends_all(
        self, face: Face, urls: list[str], tmp_path: Path, bars: list[Counting]
    ) -> None:
        (tmp_path / "foreign").write_text("something else")
        with pytest.raises(ff.CheckpointError):
            asyncio.run(face(urls, checkpoint=tmp_path / "foreign", progress=Counting))
        assert [bar.closed for bar in bars] == [1]

    def test_a_total_that_is_not_known(self, urls: list[str], bars: list[Counting]) -> None:
        assert asyncio.run(as_completed(iter(urls[:3]), progress=Counting)) == 3
        assert [(bar.total, sum(bar.updates), bar.closed) for bar in bars] == [(None, 3, 1)]

    @pytest.mark.parametrize("how", ["close", "drop"])
    def test_an_iteration_that_is_left(self, how: str, urls: list[str], bars: list[Counting]) -> None:
        async def main() -> None:
            some = ff.as_completed(urls, progress=Counting)
            await anext(some)
            if how == "close":
                await some.aclose()
            del some
            assert [bar.closed for bar in bars] == [1]

        asyncio.run(main())

    def test_a_source_that_raises(self, urls: list[str], bars: list[Counting]) -> None:
        def source() -> Iterator[str]:
            yield from urls[:3]
            raise LookupError

        with pytest.raises(LookupError):
            asyncio.run(as_completed(source(), progress=Counting))
        assert [(sum(bar.updates), bar.closed) for bar in bars] == [(3, 1)]
