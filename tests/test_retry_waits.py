"""The wait before another attempt: how long, what is held meanwhile, what a host asks for, and the budget."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate

import fastfetch as ff
import pytest
from fastfetch import Batch, Client, Limits, Request, Response, Results, Retry

from tests.fetching import fetch
from tests.scripted import YES, Script, asked, busy, names, until
from tests.servers.messages import Answer
from tests.servers.messages import Request as Heard
from tests.servers.routes import RouteServer

QUICK = Retry(backoff=0.001)
LONG = Retry(backoff=3600, jitter=0, max_wait=3600, budget=None)
HINT = pytest.mark.parametrize("status", [429, 503])


@pytest.fixture
def other_server() -> Iterator[RouteServer]:
    """A server on another port, which is another host here."""
    with RouteServer() as server:
        yield server


class TestBackoff:
    def test_it_doubles(self, route_server: RouteServer) -> None:
        route_server.routes["/down"] = down = Script(busy())
        retry = Retry(attempts=4, backoff=0.05, jitter=0)
        assert fetch(Request("GET", f"{route_server.url}/down"), retry=retry).attempts == 4
        for gap, wait in zip(down.gaps, (0.05, 0.1, 0.2), strict=True):
            assert wait - 0.002 < gap < wait + 0.5

    def test_up_to_max_wait(self, route_server: RouteServer) -> None:
        route_server.routes["/down"] = down = Script(busy())
        retry = Retry(attempts=9, backoff=0.05, jitter=0, max_wait=0.05)
        assert fetch(Request("GET", f"{route_server.url}/down"), retry=retry).attempts == 9
        assert 0.39 < down.span < 2  # Without a bound it would be 12.75 s.

    def test_jitter_takes_a_random_part_off(self, route_server: RouteServer) -> None:
        """Of all that failed together, not all come back together."""
        downs = [Script(busy(), YES) for _ in range(8)]
        for number, down in enumerate(downs):
            route_server.routes[f"/down/{number}"] = down
        urls = [f"{route_server.url}/down/{number}" for number in range(8)]
        results = asyncio.run(ff.gather(urls, retry=Retry(backoff=0.2, jitter=1)))
        assert results.counts == {200: 8}
        waits = sorted(down.span for down in downs)
        assert waits[0] < 0.2
        assert waits[-1] - waits[0] > 0.01

    def test_none(self, route_server: RouteServer) -> None:
        retry = Retry(attempts=9, backoff=0)
        assert fetch(Request("GET", f"{route_server.url}/status/503"), retry=retry).attempts == 9


class TestWaiting:
    """Whoever waits holds nothing."""

    def test_no_permit_and_no_connection(self, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(), YES)
        urls = [f"{route_server.url}/flaky", *names(route_server, range(5))]

        async def main() -> Results:
            async with Client(limits=Limits(concurrency=1)) as client:
                return await client.gather(urls, retry=Retry(backoff=0.5, jitter=0))

        assert asyncio.run(main()).counts == {200: 6}
        assert asked(route_server) == ["/flaky", *(f"/json/{n}" for n in range(5)), "/flaky"]
        assert route_server.ledger.accepted == 1

    def test_nor_does_a_single_request(self, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(), YES)

        async def main() -> None:
            async with Client(limits=Limits(concurrency=1)) as client:
                retry = Retry(backoff=0.5, jitter=0)
                first = asyncio.create_task(client.get(f"{route_server.url}/flaky", retry=retry))
                await asyncio.to_thread(route_server.ledger.wait_requests, 1)
                for url in names(route_server, range(5)):
                    assert (await client.get(url)).ok
                assert not first.done()
                assert (await first).ok

        asyncio.run(main())
        assert asked(route_server)[-1] == "/flaky"

    def test_progress_counts_them(self, route_server: RouteServer) -> None:
        urls = [*[f"{route_server.url}/status/503"] * 3, *names(route_server, range(2))]

        async def main() -> None:
            batch = Batch(urls, retry=LONG)
            assert (batch.progress.queued, batch.progress.waiting) == (5, 0)
            task = asyncio.ensure_future(batch)
            await until(lambda: batch.progress.waiting == 3 and batch.progress.done == 2)
            assert (batch.progress.in_flight, batch.progress.queued) == (0, 0)
            task.cancel()
            await asyncio.wait([task])
            await until(lambda: batch.progress.waiting == 0)
            assert batch.progress.done == 2

        asyncio.run(main())

    def test_a_cancel_ends_it(self, route_server: RouteServer) -> None:
        async def main() -> None:
            retried = asyncio.Event()
            async with Client(retry=LONG, event_hooks={"retry": lambda _: retried.set()}) as client:
                task = asyncio.create_task(client.get(f"{route_server.url}/status/503"))
                await asyncio.wait_for(retried.wait(), 5)
                task.cancel()
                async with asyncio.timeout(5):
                    with pytest.raises(asyncio.CancelledError):
                        await task
                await until(lambda: client.statistics().in_flight == 0)
                assert (await client.get(f"{route_server.url}/json/a")).ok

        asyncio.run(main())
        assert asked(route_server) == ["/status/503", "/json/a"]

    def test_a_batch_goes_on_at_once_after_a_cancel(self, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(), YES)

        async def main() -> None:
            batch = Batch([f"{route_server.url}/flaky"], retry=LONG)
            task = asyncio.ensure_future(batch)
            await until(lambda: batch.progress.waiting == 1)
            task.cancel()
            await asyncio.wait([task])
            assert (await asyncio.wait_for(batch, 5)).counts == {200: 1}

        asyncio.run(main())

    def test_it_holds_up_no_other_request_to_its_host(self, route_server: RouteServer) -> None:
        """Neither of the same call nor of another, begun when it waits already."""
        route_server.routes["/flaky"] = Script(busy(), YES)
        flaky, good = f"{route_server.url}/flaky", f"{route_server.url}/json/a"

        async def main() -> None:
            async with Client() as client:

                async def source() -> AsyncIterator[str]:
                    yield flaky
                    await until(lambda: completed.progress.waiting == 1)
                    yield good

                completed = client.as_completed(source(), retry=LONG)
                assert (await asyncio.wait_for(anext(completed), 5)).url == good
                assert completed.progress.waiting == 1
                assert (await asyncio.wait_for(client.gather([good] * 3), 5)).counts == {200: 3}
                await completed.aclose()

        asyncio.run(main())

    def test_leaving_a_loop_ends_it(self, route_server: RouteServer) -> None:
        urls = [*[f"{route_server.url}/status/503"] * 20, *names(route_server, range(1))]

        async def main() -> None:
            async with Client() as client:
                completed = client.as_completed(urls, retry=LONG)
                assert (await asyncio.wait_for(anext(completed), 5)).ok
                await until(lambda: completed.progress.waiting == 20)
                await completed.aclose()
                await until(lambda: client.statistics().in_flight == 0)

        asyncio.run(main())
        assert asked(route_server).count("/status/503") == 20


class TestRetryAfter:
    """A host that says when to come back is left alone until then, by all calls of a client."""

    @HINT
    def test_the_whole_host_pauses_and_others_go_on(
        self, status: int, route_server: RouteServer, other_server: RouteServer
    ) -> None:
        route_server.routes["/limited/"] = limited = Script(busy(1, status), YES)
        other_server.routes["/free/"] = free = Script()
        urls = [f"{route_server.url}/limited/{n}" for n in range(50)]
        others = [f"{other_server.url}/free/{n}" for n in range(50)]
        results = asyncio.run(ff.gather([*urls, *others], per_host=1, retry=QUICK))
        assert results.counts == {200: 100}
        assert len(limited.times) == 51
        assert limited.gaps[0] > 0.99
        assert max(free.times) < limited.times[1]

    @HINT
    def test_a_date(self, status: int, route_server: RouteServer) -> None:
        seen: list[float] = []
        date = int(time.time()) + 2

        def limited(request: Heard) -> Answer:
            seen.append(time.time())
            return busy(formatdate(date, usegmt=True), status) if len(seen) == 1 else YES

        route_server.routes["/limited"] = limited
        assert fetch(Request("GET", f"{route_server.url}/limited"), retry=QUICK).attempts == 2
        assert date - 0.01 < seen[1] < date + 2

    def test_all_calls_of_a_client_wait(self, route_server: RouteServer, other_server: RouteServer) -> None:
        route_server.routes["/limited"] = limited = Script(busy(1), YES)

        async def main() -> None:
            async with Client() as client:
                batch = Batch([f"{route_server.url}/limited"], client=client, retry=QUICK)
                task = asyncio.ensure_future(batch)
                await until(lambda: batch.progress.paused)
                host = route_server.url.removeprefix("http://")
                assert list(batch.progress.paused) == [host]
                assert 0 < batch.progress.paused[host] <= 1
                single = asyncio.create_task(client.get(f"{route_server.url}/limited"))
                second = asyncio.create_task(client.gather([f"{route_server.url}/limited"] * 5))
                assert (await client.get(f"{other_server.url}/json/a")).ok
                assert len(limited.times) == 1
                assert (await single).ok
                assert ((await second).counts, (await task).counts) == ({200: 5}, {200: 1})
                assert batch.progress.paused == {}

        asyncio.run(main())
        assert len(limited.times) == 8
        assert limited.gaps[0] > 0.99

    @pytest.mark.parametrize("hint", [3600, formatdate(time.time() + 3600, usegmt=True)])
    def test_longer_than_max_wait_the_answer_stands_at_once(
        self, hint: object, route_server: RouteServer
    ) -> None:
        """Nor does the host pause, or the others of the batch would wait for an hour."""
        route_server.routes["/limited"] = Script(busy(hint, 429))

        async def main() -> Results:
            async with asyncio.timeout(5):
                return await ff.gather([f"{route_server.url}/limited"] * 10, per_host=1, retry=QUICK)

        results = asyncio.run(main())
        assert [(each.status_code, each.attempts) for each in results] == [(429, 1)] * 10

    @pytest.mark.parametrize(
        ("answer", "retry", "attempts"),
        [
            (busy(3600), Retry(backoff=0.001, respect_retry_after=False), 2),
            (busy(3600), False, 1),
            (busy(3600, 404), QUICK, 1),
            (busy(3600, 200), QUICK, 1),
            (busy("soon"), QUICK, 2),
            (busy("-5"), QUICK, 2),
            (busy(""), QUICK, 2),
            (busy("9" * 400), QUICK, 1),
            (busy(formatdate(0, usegmt=True)), QUICK, 2),
            (busy(0), QUICK, 2),
        ],
        ids=["not respected", "no retry", "404", "200", "words", "negative", "empty", "endless", "past", "0"],
    )
    def test_no_pause(
        self, answer: Answer, retry: Retry | bool, attempts: int, route_server: RouteServer
    ) -> None:
        route_server.routes["/limited"] = Script(answer, YES)

        async def main() -> list[Response]:
            async with Client() as client, asyncio.timeout(5):
                first = await client.get(f"{route_server.url}/limited", retry=retry)
                return [first, await client.get(f"{route_server.url}/limited")]

        assert [response.attempts for response in asyncio.run(main())] == [attempts, 1]


def during(outage: list[str], budget: float | None) -> Results:
    """What becomes of these URLs, by a client of their own."""

    async def main() -> Results:
        async with Client(retry=Retry(backoff=0.001, budget=budget)) as client:
            return await client.gather(outage)

    return asyncio.run(main())


class TestBudget:
    """An outage is not multiplied."""

    def test_a_share_of_the_requests(self, route_server: RouteServer) -> None:
        results = during([f"{route_server.url}/status/503"] * 1_000, budget=0.1)
        assert results.counts == {503: 1_000}
        sent = len(route_server.ledger.requests)
        assert sum(response.attempts for response in results) == sent
        assert 1_010 <= sent <= 1_115

    @pytest.mark.parametrize(("budget", "sent"), [(0, 110), (None, 300)])
    def test_ten_whatever_the_share_or_no_bound(
        self, budget: float | None, sent: int, route_server: RouteServer
    ) -> None:
        during([f"{route_server.url}/status/503"] * 100, budget)
        assert len(route_server.ledger.requests) == sent

    def test_what_a_batch_earns_it_may_use(self, route_server: RouteServer) -> None:
        """Of a batch that waits as a whole, too: more than are saved up at any time."""
        urls = names(route_server, range(1_200))
        for url in urls[::7]:
            route_server.routes[url.removeprefix(route_server.url)] = Script(busy(), YES)
        results = asyncio.run(ff.gather(urls, retry=Retry(backoff=0.001)))
        assert results.counts == {200: 1_200}
        assert len(route_server.ledger.requests) == 1_200 + len(urls[::7])

    def test_it_is_each_hosts_own(self, route_server: RouteServer, other_server: RouteServer) -> None:
        other_server.routes["/flaky"] = Script(*[busy()] * 5, YES)
        down = [f"{route_server.url}/status/503"] * 100
        results = during([*down, *[f"{other_server.url}/flaky"] * 5], budget=0)
        assert results.counts == {503: 100, 200: 5}

    def test_errors_stand_too(self) -> None:
        results = during(["http://127.0.0.1:1/"] * 100, budget=0)
        assert results.counts == {"ConnectionRefused": 100}
        assert sum(error.attempts for error in results.errors) == 110


class TestStreams:
    """A streamed request is made once more until there is a head that stands."""

    def test_statuses(self, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(), busy(), Answer.text("yes"))

        async def main() -> None:
            async with (
                Client(retry=QUICK) as client,
                client.stream("GET", f"{route_server.url}/flaky") as response,
            ):
                assert response.status_code == 200
                assert await response.aread() == b"yes"

        asyncio.run(main())
        assert asked(route_server) == ["/flaky"] * 3

    def test_the_last_answer_stands(self, route_server: RouteServer) -> None:
        async def main() -> None:
            limits = Limits(concurrency=1)
            async with Client(limits=limits) as client:
                async with client.stream("GET", f"{route_server.url}/status/503", retry=QUICK) as response:
                    assert response.status_code == 503
                # The permits of all three attempts have come back.
                assert (await client.get(f"{route_server.url}/json/a")).ok
                assert client.statistics().in_flight == 0

        asyncio.run(main())
        assert asked(route_server) == ["/status/503"] * 3 + ["/json/a"]
