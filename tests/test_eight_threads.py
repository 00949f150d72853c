"""Eight threads at once with one of everything: no crash, no hang, and the right values."""

import asyncio
import pickle
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Client, ClientClosed, Cookies, FetchError, Response, Results, sync

from tests.amounts import SLACK, TORTURE
from tests.figures import Measured
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

THREADS = 8
SECONDS = 20.0 if TORTURE else 0.2

pytestmark = pytest.mark.torture


@pytest.fixture
def many(route_server: RouteServer) -> list[str]:
    route_server.routes["/cookie/"] = lambda request: Answer(
        b'{"n": 1}', headers=(("Set-Cookie", f"c{request.rest}=v{request.rest}"), ("X-A", "1"), ("X-A", "2"))
    )
    return [f"{route_server.url}/cookie/{n}" for n in range(20)]


def at_once(*deeds: Callable[[random.Random], object]) -> int:
    """Have eight threads do one of these after the other, drawn by lot, for a while; how many were done."""
    begin, end = threading.Barrier(THREADS), time.monotonic() + SECONDS

    def work(seed: int) -> int:
        draw, done = random.Random(seed), 0
        begin.wait()
        while time.monotonic() < end or done == 0:
            draw.choice(deeds)(draw)
            done += 1
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(done.result(SECONDS + 30) for done in [pool.submit(work, n) for n in range(THREADS)])


def test_eight_threads_with_one_client(many: list[str], measured: Measured) -> None:
    async def awaited(client: Client, urls: list[str]) -> list[int]:
        results = await client.gather(urls)
        answer = await client.get(urls[0])
        return [response.status_code for response in [*results, answer]]

    async def cancelled(client: Client, urls: list[str]) -> None:
        task = asyncio.create_task(client.gather(urls))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def streamed(client: Client, url: str) -> bytes:
        async with client.stream("GET", url) as response:
            return b"".join([piece async for piece in response.aiter_bytes()])

    async def completed(client: Client, urls: list[str]) -> int:
        return len([response async for response in client.as_completed(urls) if response.status_code == 200])

    def some(draw: random.Random) -> list[str]:
        return draw.sample(many, 5)

    client = Client()
    cookies = client.cookies
    assert cookies is not None

    def check(draw: random.Random) -> None:
        assert asyncio.run(awaited(client, some(draw))) == [200] * 6

    def check_streamed(draw: random.Random) -> None:
        assert asyncio.run(streamed(client, some(draw)[0])) == b'{"n": 1}'

    def check_completed(draw: random.Random) -> None:
        assert asyncio.run(completed(client, some(draw))) == 5

    done = at_once(
        check,
        check_streamed,
        check_completed,
        lambda draw: asyncio.run(cancelled(client, some(draw))),
        lambda _: repr(client),
        lambda draw: cookies.get(f"c{draw.randrange(20)}"),
    )
    assert len(cookies) <= 20
    asyncio.run(client.aclose())
    measured(
        f"{done:,} calls of one client by eight threads at once", "every answer right, no crash and no hang"
    )


def test_eight_threads_with_one_waiting_client(many: list[str]) -> None:
    client = sync.Client()

    def check(draw: random.Random) -> None:
        assert client.gather(draw.sample(many, 5)).counts == {200: 5}

    def check_one(draw: random.Random) -> None:
        assert client.get(draw.choice(many)).json() == {"n": 1}

    def check_streamed(draw: random.Random) -> None:
        with client.stream("GET", draw.choice(many)) as response:
            assert response.read() == b'{"n": 1}'

    at_once(check, check_one, check_streamed)
    client.close()


def test_eight_threads_with_one_response(many: list[str]) -> None:
    response = sync.get(many[3])
    pickled = pickle.dumps(response)

    def read(_: random.Random) -> None:
        assert (response.json(), response.text, bytes(memoryview(response))) == (
            {"n": 1},
            '{"n": 1}',
            b'{"n": 1}',
        )
        assert response.headers.get_list("x-a") == ["1", "2"]
        assert dict(response.headers)["x-a"] == "1, 2"
        assert response.cookies["c3"] == "v3"

    def keep(_: random.Random) -> None:
        again: Response = pickle.loads(pickle.dumps(response))
        assert (again.content, again.headers, again.url) == (response.content, response.headers, response.url)
        assert pickle.loads(pickled).json() == {"n": 1}

    def show(_: random.Random) -> None:
        assert "200" in repr(response)
        assert response._repr_html_()

    at_once(read, keep, show)


def test_eight_threads_with_the_same_results(many: list[str]) -> None:
    results = sync.gather([*many, "http://"])
    urls = [*many, "http://"]

    def read(draw: random.Random) -> None:
        place = draw.randrange(20)
        assert results[place].json() == {"n": 1}
        assert results.counts == {200: 20, "InvalidURL": 1}
        assert [response.url for response in results.ok] == many

    def tables(_: random.Random) -> None:
        table = results.table()
        assert (len(table), len(results.json_table())) == (21, 21)
        assert table.column_names == results.table().column_names

    def keep(_: random.Random) -> None:
        again: Results = pickle.loads(pickle.dumps(results))
        assert [response.url for response in again] == urls

    at_once(read, tables, keep, lambda _: results.by_host(), lambda _: results._repr_html_())


def test_eight_threads_with_the_same_cookies() -> None:
    cookies = Cookies()

    def write(draw: random.Random) -> None:
        n = draw.randrange(50)
        cookies[f"c{n}"] = f"v{n}"

    def read(draw: random.Random) -> None:
        n = draw.randrange(50)
        assert cookies.get(f"c{n}") in (None, f"v{n}")
        assert all(value == f"v{name[1:]}" for name, value in list(cookies.items()))

    def forget(draw: random.Random) -> None:
        with suppress(KeyError):
            del cookies[f"c{draw.randrange(50)}"]

    at_once(write, read, forget, lambda _: pickle.loads(pickle.dumps(cookies)))


def test_eight_threads_await_the_same_batch(many: list[str], route_server: RouteServer) -> None:
    """Each gets all of it, and each URL is fetched once."""
    batch = ff.Batch(many)

    async def main() -> Results:
        return await batch

    with ThreadPoolExecutor(THREADS) as pool:
        several = [pool.submit(asyncio.run, main()) for _ in range(THREADS // 2)]
        while not all(each.done() for each in several):
            assert 0 <= len(batch.results) <= 20
        for each in several:
            assert each.result(30).counts == {200: 20}
    assert len(route_server.ledger.requests) == 20


def test_eight_threads_read_the_same_streams(route_server: RouteServer) -> None:
    """Of several readers each gets what the others did not; one of them closes it in the middle."""
    size = 3_000_000

    def read(response: Any) -> int:
        count = 0
        with suppress(RuntimeError, FetchError):
            for piece in response.iter_bytes():
                count += len(piece)
        return count

    with sync.Client() as client, ThreadPoolExecutor(THREADS) as pool:
        for close in (False, True):
            with client.stream("GET", f"{route_server.url}/bytes/{size}") as response:
                readers = [pool.submit(read, response) for _ in range(THREADS - 1)]
                if close:
                    pool.submit(response.close).result(10)
                counts = [reader.result(10 + SLACK) for reader in readers]
            assert sum(counts) <= size if close else sum(counts) > 0


def test_eight_threads_close_what_others_use(many: list[str]) -> None:
    def turn(draw: random.Random) -> None:
        client = sync.Client()

        def use() -> None:
            with suppress(ClientClosed):
                for response in client.gather(many):
                    assert response.error is None or isinstance(response.error, ClientClosed)

        with ThreadPoolExecutor(THREADS) as pool:
            uses = [pool.submit(use) for _ in range(4)]
            time.sleep(draw.random() / 100)  # At any moment.
            closes = [pool.submit(client.close) for _ in range(4)]
            for done in [*uses, *closes]:
                done.result(30)
        with pytest.raises(ClientClosed):
            client.get(many[0])

    draw = random.Random(8)
    for _ in range(200 if TORTURE else 5):
        turn(draw)
