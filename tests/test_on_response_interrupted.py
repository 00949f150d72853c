"""`on_response=` of a batch that is cut short: what has run to its end is kept, and does not run again."""

import asyncio
import random
from collections import Counter
from collections.abc import Generator
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import sync

from tests.amounts import times
from tests.scripted import names
from tests.servers.routes import RouteServer

COLOURS = pytest.mark.parametrize("colour", ["plain", "async"])


class TestCutShortByTheCallbackItself:
    """The wait is over before the callback is: there is nobody to whom it might give its value."""

    async def cut(self, server: RouteServer, colour: str) -> ff.Batch:
        """A batch whose wait was closed by its only callback."""
        ended = asyncio.Event()
        self.calls = 0

        def see(response: ff.Response) -> str:
            self.calls += 1
            if self.calls == 1:
                awaiting.close()
                ended.set()
            return f"{self.calls}: {response.json()['name']}"

        async def look(response: ff.Response) -> str:
            return see(response)

        urls = [f"{server.url}/json/a"] * 2
        batch = ff.Batch(urls, dedupe=True, on_response=see if colour == "plain" else look)
        awaiting: Generator[Any, None, ff.Results] = batch.__await__()
        next(awaiting)
        await asyncio.wait_for(ended.wait(), 5)
        return batch

    @COLOURS
    def test_its_value_is_kept(self, colour: str, route_server: RouteServer) -> None:
        async def main() -> None:
            batch = await self.cut(route_server, colour)
            results = await batch
            assert [response.value for response in results] == ["1: a"] * 2
            assert [response.json() for response in results] == [{"name": "a"}] * 2
            assert batch.progress.done == 2

        asyncio.run(main())
        assert self.calls == 1
        assert len(route_server.ledger.requests) == 1


@COLOURS
def test_cancelled_in_the_moment_of_an_answer(colour: str, route_server: RouteServer) -> None:
    """Some answers of a burst have been seen, and the I/O thread does not know it yet."""
    chance, calls, cancels = random.Random(5), Counter[str](), 0
    task: asyncio.Future[ff.Results]

    def see(response: ff.Response) -> str:
        calls[response.url] += 1
        if chance.random() < 0.1:
            task.cancel()
        return response.url

    async def look(response: ff.Response) -> str:
        return see(response)

    async def main() -> list[ff.Response]:
        nonlocal task, cancels
        urls = names(route_server, range(times(5_000, 500)))
        batch = ff.Batch(urls, on_response=see if colour == "plain" else look, progress=False)
        while True:
            task = asyncio.ensure_future(batch)
            await asyncio.wait([task])
            if not task.cancelled():
                return list(task.result())
            cancels += 1

    results = asyncio.run(main())
    assert cancels > 1
    assert [response.value for response in results] == [response.url for response in results]
    assert set(calls.values()) == {1}


@pytest.mark.parametrize("error", [None, RuntimeError("it is all over")], ids=["cancelled", "failing"])
def test_one_that_is_cut_short_runs_again(error: Exception | None, route_server: RouteServer) -> None:
    """Whatever it says to that: it is no outcome."""
    begun, ended = Counter[str](), Counter[str]()

    async def main() -> ff.Results:
        first, other = asyncio.Event(), asyncio.Event()

        async def see(response: ff.Response) -> str:
            name: str = response.json()["name"]
            begun[name] += 1
            if name == "slow" and begun[name] == 1:
                first.set()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError as cancelled:
                    raise error or cancelled from None
            ended[name] += 1
            other.set()
            return name

        batch = ff.Batch([f"{route_server.url}/json/{name}" for name in ("slow", "fast")], on_response=see)
        task = asyncio.ensure_future(batch)
        await asyncio.wait_for(first.wait(), 5)
        await asyncio.wait_for(other.wait(), 5)
        task.cancel()
        await asyncio.wait([task])
        return await batch

    results = asyncio.run(main())
    assert [response.value for response in results] == ["slow", "fast"]
    assert begun == {"slow": 2, "fast": 1}
    assert ended == {"slow": 1, "fast": 1}


def test_ctrl_c_of_the_waiting_face(route_server: RouteServer) -> None:
    """It interrupts one callback. Those that have run before it, in the same burst, have run."""
    chance, begun, ended, interrupts = random.Random(6), Counter[str](), Counter[str](), 0

    def see(response: ff.Response) -> str:
        begun[response.url] += 1
        if chance.random() < 0.1:
            raise KeyboardInterrupt
        ended[response.url] += 1
        return response.url

    batch = sync.Batch(names(route_server, range(300)), on_response=see, progress=False)
    while True:
        try:
            results = batch.run()
            break
        except KeyboardInterrupt:
            interrupts += 1
    assert interrupts > 10
    assert [str(response.error) for response in results.failed] == []
    assert [response.value for response in results] == [response.url for response in results]
    assert set(ended.values()) == {1}
    assert begun.total() == 300 + interrupts
