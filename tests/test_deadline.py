"""`deadline=`: a batch is back in time with what is done, and nothing of it begins or goes on afterwards."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Batch, Client, Response, Retry, TotalTimeout

from tests.scripted import YES, Script, asked, busy, names, until
from tests.servers.routes import RouteServer

Fetched = Callable[..., Coroutine[Any, Any, list[Response]]]

LATE = 2.0
"""How many seconds late a batch may be back on a machine that is busy with others."""


async def by_gather(items: Iterable[str], **options: Any) -> list[Response]:
    async with Client() as client:
        return list(await client.gather(items, **options))


async def by_batch(items: Iterable[str], **options: Any) -> list[Response]:
    async with Client() as client:
        return list(await Batch(items, client=client, **options))


async def by_as_completed(items: Iterable[str], **options: Any) -> list[Response]:
    async with Client() as client:
        return [response async for response in client.as_completed(items, **options)]


async def in_order(items: Iterable[str], **options: Any) -> list[Response]:
    return await by_as_completed(items, ordered=True, **options)


EVERY_WAY = pytest.mark.parametrize("fetched", [by_gather, by_batch, by_as_completed, in_order])
AS_READ = pytest.mark.parametrize("fetched", [by_as_completed, in_order])


def run(main: Coroutine[Any, Any, list[Response]], deadline: float) -> list[Response]:
    """What a batch with this deadline came back with, and that it did so in time."""
    start = time.monotonic()
    responses = asyncio.run(main)
    assert deadline - 0.01 < time.monotonic() - start < deadline + LATE
    return responses


def check(error: object) -> None:
    """An error that tells of the deadline."""
    assert type(error) is TotalTimeout
    assert "within the deadline of" in str(error)


@EVERY_WAY
def test_what_is_done_is_kept(fetched: Fetched, route_server: RouteServer) -> None:
    urls = [*names(route_server, range(20)), *[f"{route_server.url}/never"] * 5, "no url"]
    responses = run(fetched(urls, deadline=0.5), 0.5)
    assert sorted(response.url for response in responses) == sorted(urls)
    done = [response for response in responses if response.error is None]
    assert sorted(int(response.json()["name"]) for response in done) == list(range(20))
    late = [response.error for response in responses if response.url.endswith("/never")]
    for error in late:
        check(error)
        assert error is not None
        assert (error.method, error.url, error.attempts) == ("GET", f"{route_server.url}/never", 1)
    route_server.ledger.wait_none_open()


@EVERY_WAY
def test_what_had_no_turn_was_never_sent(fetched: Fetched, route_server: RouteServer) -> None:
    urls = [f"{route_server.url}/never"] * 40
    responses = run(fetched(urls, deadline=0.3, concurrency=4), 0.3)
    assert len(responses) == 40
    assert sorted(response.error.attempts for response in responses if response.error) == [0] * 36 + [1] * 4
    for response in responses:
        check(response.error)
    assert len(route_server.ledger.requests) == 4


@EVERY_WAY
@pytest.mark.parametrize("options", [{"rate": 40.0, "burst": 1}, {"min_delay": 0.025}], ids=["rate", "delay"])
def test_none_begins_after_it(fetched: Fetched, options: dict[str, Any], route_server: RouteServer) -> None:
    responses = run(fetched(names(route_server, range(100)), deadline=0.5, **options), 0.5)
    done = sum(response.ok for response in responses)
    assert (len(responses), 1 < done < 30) == (100, True)
    before = len(route_server.ledger.requests)
    assert asyncio.run(ff.get(f"{route_server.url}/delay/0.2")).ok
    assert len(route_server.ledger.requests) == before + 1 <= done + 2


@EVERY_WAY
def test_one_that_is_not_reached_costs_nothing(fetched: Fetched, route_server: RouteServer) -> None:
    start = time.monotonic()
    responses = asyncio.run(fetched(names(route_server, range(20)), deadline=60))
    assert all(response.ok for response in responses)
    assert time.monotonic() - start < 10


class TestEndlessSources:
    @AS_READ
    def test_end_in_time(self, fetched: Fetched, route_server: RouteServer) -> None:
        pulled = 0

        def endless() -> Iterator[str]:
            nonlocal pulled
            for pulled in itertools.count(1):
                yield f"{route_server.url}/json/{pulled}"

        responses = run(fetched(endless(), deadline=0.5, concurrency=5), 0.5)
        assert len(responses) == pulled
        assert [response.error for response in responses[:10]] == [None] * 10
        for response in responses:
            if response.error is not None:
                check(response.error)

    @AS_READ
    def test_one_that_waits_for_ever(self, fetched: Fetched, route_server: RouteServer) -> None:
        closed = False

        async def waiting() -> AsyncIterator[str]:
            nonlocal closed
            try:
                yield f"{route_server.url}/json/a"
                await asyncio.Event().wait()
            finally:
                closed = True

        assert [response.ok for response in run(fetched(waiting(), deadline=0.3), 0.3)] == [True]
        assert closed


class TestRetries:
    @EVERY_WAY
    @pytest.mark.parametrize("how", ["backoff", "Retry-After"])
    def test_a_wait_that_would_pass_it_is_not_begun(
        self, fetched: Fetched, how: str, route_server: RouteServer
    ) -> None:
        """The answer that there is stands, at once."""
        route_server.routes["/busy"] = Script(busy(30 if how == "Retry-After" else None))
        retry = Retry(backoff=30, jitter=0)
        start = time.monotonic()
        (response,) = asyncio.run(fetched([f"{route_server.url}/busy"], deadline=20, retry=retry))
        assert (response.status_code, response.attempts) == (503, 1)
        assert time.monotonic() - start < 10

    @EVERY_WAY
    def test_nor_after_an_error(self, fetched: Fetched) -> None:
        retry = Retry(backoff=30, jitter=0)
        (response,) = asyncio.run(fetched(["http://127.0.0.1:1/"], deadline=20, retry=retry))
        assert type(response.error) is ff.ConnectionRefused

    def test_a_wait_that_fits_is_made(self, route_server: RouteServer) -> None:
        route_server.routes["/busy"] = Script(busy(), busy(), YES)
        urls, retry = [f"{route_server.url}/busy"], Retry(backoff=0.01)
        (response,) = asyncio.run(by_gather(urls, deadline=20, retry=retry))
        assert response.attempts == 3


class TestTogetherWith:
    def test_a_timeout_of_the_request(self, route_server: RouteServer) -> None:
        """Whichever comes first says so."""
        urls = [f"{route_server.url}/never"]
        (response,) = asyncio.run(by_gather(urls, deadline=30, timeout=0.1))
        assert "deadline" not in str(response.error)
        check(run(by_gather(urls, deadline=0.2, timeout=30), 0.2)[0].error)

    def test_retry_failed(self, route_server: RouteServer) -> None:
        urls = [*names(route_server, range(5)), f"{route_server.url}/gate/shut"]

        async def main() -> None:
            async with Client() as client:
                results = await client.gather(urls, deadline=0.3)
                assert results.counts == {200: 5, "TotalTimeout": 1}
                route_server.open_gate("shut")
                assert (await results.retry_failed()).counts == {200: 6}

        asyncio.run(main())
        assert len(route_server.ledger.requests) == 7

    def test_a_batch_that_is_awaited_again(self, route_server: RouteServer) -> None:
        """What the deadline has ended is done."""

        async def main() -> None:
            batch = Batch([f"{route_server.url}/gate/shut", *names(route_server, range(5))], deadline=0.3)
            assert (await batch).counts == {200: 5, "TotalTimeout": 1}
            assert (batch.progress.done, batch.progress.failed, batch.progress.in_flight) == (6, 1, 0)
            route_server.open_gate("shut")
            assert (await batch).counts == {200: 5, "TotalTimeout": 1}

        asyncio.run(main())
        assert len(route_server.ledger.requests) == 6

    def test_a_cancel_before_it(self, route_server: RouteServer) -> None:
        async def main() -> None:
            batch = Batch([f"{route_server.url}/never"] * 3, deadline=60)
            task = asyncio.ensure_future(batch)
            await until(lambda: batch.progress.in_flight == 3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len(batch.results) == 0

        asyncio.run(main())

    @AS_READ
    def test_a_slow_reader(self, fetched: Fetched, route_server: RouteServer) -> None:
        """What came in time is read after it, too."""
        options: dict[str, Any] = {"ordered": True} if fetched is in_order else {}

        async def main() -> None:
            async with Client() as client:
                urls = names(route_server, range(5))
                completed = client.as_completed(urls, deadline=0.3, **options)
                first = await anext(completed)
                await asyncio.to_thread(route_server.ledger.wait_requests, 5)
                await ff.sleep(0.5)
                assert all(response.ok for response in [first, *[each async for each in completed]])

        asyncio.run(main())
        assert len(asked(route_server)) == 5


@pytest.mark.parametrize("value", [0, -1, float("nan"), "5", True, [5]], ids=repr)
def test_wrong(value: Any) -> None:
    for call in (Batch, ff.as_completed, lambda *urls, **options: asyncio.run(ff.gather(*urls, **options))):
        with pytest.raises((TypeError, ValueError), match=r"^deadline: expected .*, got "):
            call([], deadline=value)
