"""Cancelling stops everything at once, gives back everything, loses nothing (rules L16 to L20)."""

import asyncio
import os
import random
import time

import fastfetch as ff
import pytest
from fastfetch._core import bridge_counters

from tests.amounts import SLACK, TORTURE
from tests.conftest import RawServerFactory
from tests.loops import LoopFactory, run
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

PATIENCE = 10.0
AT_ONCE = 0.1 + (0 if TORTURE else SLACK)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.torture
class TestThreeHundredInFlight:
    """The server sees them closed within 100 ms, and no descriptor remains."""

    @pytest.mark.parametrize("how", ["get", "gather", "as_completed"])
    def test_l17_cancelled(self, how: str, loop_factory: LoopFactory) -> None:
        async def main(client: ff.Client, server: RouteServer) -> float:
            never = f"{server.url}/never"

            async def consume() -> None:
                async for _ in client.as_completed([never] * 300):
                    pass

            tasks: list[asyncio.Task[object]]
            if how == "get":
                tasks = [asyncio.create_task(client.get(never)) for _ in range(300)]
            elif how == "gather":
                tasks = [asyncio.create_task(client.gather([never] * 300))]
            else:
                tasks = [asyncio.create_task(consume())]
            await asyncio.to_thread(server.ledger.wait_requests, 300)
            moment = time.monotonic()
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(error) for error in ended} == {asyncio.CancelledError}
            last = max(connection.closed or 0 for connection in server.ledger.wait_none_open())
            # The loop lives on here: nothing but the cancel has ended them.
            return last - moment

        client = ff.Client(limits=ff.Limits(concurrency=300, per_host=None))
        asyncio.run(ff.sleep(0.001))
        before = descriptors()
        with RouteServer() as server:
            assert run(lambda: main(client, server), loop_factory) < AT_ONCE
        run(lambda: ff.sleep(0.25), loop_factory)
        assert descriptors() <= before + 2


def test_l18_random_cancels_give_back_every_permit(route_server: RouteServer) -> None:
    chance, limit = random.Random(11), 20
    client = ff.Client(limits=ff.Limits(concurrency=limit, per_host=limit))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        tasks = [
            asyncio.create_task(client.get(f"{route_server.url}/delay/{chance.choice([0, 0.001, 0.005])}"))
            for _ in range(500)
        ]
        # However long the machine takes to begin, one is answered.
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            loop.call_later(chance.uniform(0, 0.15), task.cancel)
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        cancelled = sum(isinstance(result, asyncio.CancelledError) for result in ended)
        assert cancelled + sum(isinstance(result, ff.Response) for result in ended) == 500
        assert 0 < cancelled < 500
        with RouteServer() as quiet:
            full = [asyncio.create_task(client.get(f"{quiet.url}/gate/full")) for _ in range(2 * limit)]
            await asyncio.to_thread(quiet.ledger.wait_requests, limit)
            quiet.open_gate("full")
            assert all(response.ok for response in await asyncio.gather(*full))
            assert quiet.traffic.peak == limit

    asyncio.run(main())


def test_l18_a_cancelled_waiter_does_not_hold_up_the_next(route_server: RouteServer) -> None:
    client = ff.Client(limits=ff.Limits(concurrency=1))

    async def main() -> None:
        first = asyncio.create_task(client.get(f"{route_server.url}/gate/a"))
        await asyncio.to_thread(route_server.ledger.wait_requests, 1)
        waiting = [asyncio.create_task(client.get(f"{route_server.url}/json/{n}")) for n in range(10)]
        await asyncio.sleep(0)
        for task in waiting[:9]:
            task.cancel()
        await asyncio.wait(waiting[:9])
        route_server.open_gate("a")
        assert (await first).ok
        assert (await waiting[9]).json() == {"name": "9"}

    asyncio.run(main())
    assert [request.path for request in route_server.ledger.requests] == ["/gate/a", "/json/9"]


def test_l19_a_body_cut_short_by_a_cancel_is_not_read_by_the_next(raw_server: RawServerFactory) -> None:
    """Nor is its connection used again."""
    bodies = iter([b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", b""])

    async def answer(reader: RequestReader, writer: asyncio.StreamWriter) -> None:
        await reader.head()
        half = next(bodies)
        writer.write(half or b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole")
        await reader.read()

    server = raw_server(answer)

    async def main() -> None:
        client = ff.Client()
        task = asyncio.create_task(client.get(server.url))
        await asyncio.to_thread(server.ledger.wait_requests, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(server.ledger.wait_closed, 1)
        assert (await client.get(server.url)).content == b"whole"

    asyncio.run(main())
    assert server.ledger.accepted == 2


@pytest.mark.parametrize("turns", range(5))
def test_l19_a_cancel_in_the_tick_of_the_answer(
    turns: int, route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    """The answer is dropped or returned, and either way its permit and its connection are free again."""
    client = ff.Client(limits=ff.Limits(concurrency=1))

    async def main() -> None:
        task = asyncio.create_task(client.get(f"{route_server.url}/gate/a"))
        await asyncio.to_thread(route_server.ledger.wait_requests, 1)
        before = bridge_counters()["completions"]
        route_server.open_gate("a")
        while bridge_counters()["completions"] == before:
            pass  # Not a turn of the loop until the I/O thread has handed the answer over.
        for _ in range(turns):
            await asyncio.sleep(0)
        if task.cancel():
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            assert task.result().json() == {"gate": "a"}
        assert (await client.get(f"{route_server.url}/json/b")).json() == {"name": "b"}

    run(main, loop_factory)
    assert route_server.ledger.accepted == 1


def test_l16_a_timeout_around_a_call_counts_right(
    route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    never = f"{route_server.url}/never"

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(PATIENCE), asyncio.timeout(0.01):
                await ff.get(never)
        assert task.cancelling() == 0
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ff.gather([never] * 3), 0.01)
        assert task.cancelling() == 0
        assert (await ff.get(f"{route_server.url}/json/a")).ok

    run(main, loop_factory)


def test_l16_a_cancel_is_not_turned_into_a_timeout(
    route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    async def main() -> None:
        started = asyncio.Event()

        async def inner() -> None:
            async with asyncio.timeout(PATIENCE):
                started.set()
                await ff.get(f"{route_server.url}/never", timeout=PATIENCE)

        task = asyncio.create_task(inner())
        await started.wait()
        await asyncio.to_thread(route_server.ledger.wait_requests, 1)
        task.cancel("why")
        with pytest.raises(asyncio.CancelledError, match="why"):
            await task
        assert task.cancelled()

    run(main, loop_factory)


class TestBatch:
    def test_l20_after_a_cancel_it_goes_on_with_the_rest(self, route_server: RouteServer) -> None:
        done = [f"{route_server.url}/json/{number}" for number in range(50)]
        stuck = [f"{route_server.url}/gate/{number}" for number in range(10)]
        mixed = [*stuck[:5], *done, "not a url", *stuck[5:]]

        async def main() -> None:
            batch = ff.Batch(mixed)
            assert (len(batch), len(batch.results), batch.progress.done) == (61, 0, 0)
            task = asyncio.ensure_future(batch)
            await asyncio.to_thread(route_server.ledger.wait_requests, 60)
            while batch.progress.done < 51:
                assert (await ff.get(f"{route_server.url}/json/later")).ok
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert [response.url for response in batch.results] == [*done, "not a url"]
            assert batch.results.counts == {200: 50, "InvalidURL": 1}
            await asyncio.to_thread(route_server.ledger.wait_closed, 10)
            asked = [request.path for request in route_server.ledger.requests]
            for number in range(10):
                route_server.open_gate(str(number))
            results = await batch
            assert [response.url for response in results] == mixed
            assert results.counts == {200: 60, "InvalidURL": 1}
            again = [request.path for request in route_server.ledger.requests[len(asked) :]]
            assert sorted(again) == [f"/gate/{number}" for number in range(10)]
            assert (batch.progress.done, batch.progress.in_flight) == (61, 0)
            assert (await batch).counts == results.counts
            assert len(route_server.ledger.requests) == len(asked) + 10

        asyncio.run(main())

    def test_l20_many_cancels_one_after_another(self, route_server: RouteServer) -> None:
        """However often it is interrupted, every item is answered in the end, none twice at the same time."""
        chance = random.Random(3)
        targets = [f"{route_server.url}/json/{number}" for number in range(2_000)]

        async def main() -> None:
            batch, cancels = ff.Batch(targets, concurrency=20), 0
            while batch.progress.done < len(targets):
                known = batch.progress.done
                task = asyncio.ensure_future(batch)
                asyncio.get_running_loop().call_later(chance.uniform(0.001, 0.02), task.cancel)
                await asyncio.wait([task])
                cancels += task.cancelled()
                assert batch.progress.done >= known
            assert cancels > 0
            names = [response.json()["name"] for response in await batch]
            assert names == list(map(str, range(2_000)))

        asyncio.run(main())

    def test_progress_after_a_cancel_shows_nothing_in_flight(self, route_server: RouteServer) -> None:
        async def main() -> None:
            batch = ff.Batch([f"{route_server.url}/never"] * 30, per_host=30)
            task = asyncio.ensure_future(batch)
            await asyncio.to_thread(route_server.ledger.wait_requests, 30)
            assert batch.progress.in_flight == 30
            task.cancel()
            await asyncio.wait([task])
            await asyncio.to_thread(route_server.ledger.wait_none_open)
            assert (batch.progress.in_flight, batch.progress.done, len(batch.results)) == (0, 0, 0)

        asyncio.run(main())
