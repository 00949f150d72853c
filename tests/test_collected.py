"""Cycles through the caller's own code are collected, and nothing is that somebody still needs (rule L24)."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import sync
from fastfetch._core import bridge_counters

from tests.loops import LoopFactory, run
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

PATIENCE = 10.0
ROUNDS = 5


class Crawler:
    """What people write: an object that has a client, a batch or an answer, which calls or carries it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.held: object = None

    def seen(self, *_: object) -> "Crawler":
        return self

    def watches(self, *_: object) -> None:
        pass

    def fails(self, *_: object) -> None:
        raise LookupError(self)

    def __iter__(self) -> Iterator[bytes]:
        yield b"body"


def fetch(client: ff.Client, crawler: Crawler) -> None:
    """Every kind of call, once."""

    async def main() -> None:
        assert (await client.get(crawler.url)).ok
        assert (await client.gather([crawler.url] * 3)).counts == {200: 3}
        assert [response.ok async for response in client.as_completed([crawler.url])] == [True]
        async with client.stream("GET", crawler.url) as response:
            assert response.status_code == 200

    asyncio.run(main())


def hook(crawler: Crawler) -> None:
    crawler.held = client = ff.Client(event_hooks={"request": crawler.seen, "response": [crawler.seen]})
    client.build_request("GET", crawler.url)


def used_hook(crawler: Crawler) -> None:
    crawler.held = client = ff.Client(event_hooks={"response": crawler.seen})
    fetch(client, crawler)


def auth(crawler: Crawler) -> None:
    def sign(request: ff.Request) -> ff.Request:
        return request.with_header("x-signed", crawler.url)

    crawler.held = client = ff.Client(auth=sign)
    fetch(client, crawler)


def waiting_hook(crawler: Crawler) -> None:
    crawler.held = client = sync.Client(event_hooks={"response": crawler.seen})
    assert client.get(crawler.url).ok
    assert client.gather([crawler.url]).counts == {200: 1}


def batch(crawler: Crawler) -> None:
    """It is kept with the client whose hooks and whose reader refer to both."""
    client = ff.Client(event_hooks={"response": crawler.seen})
    crawler.held = batch = ff.Batch(
        [crawler.url], client=client, on_response=crawler.seen, progress=crawler.seen
    )

    async def main() -> ff.Results:
        return await batch

    assert [response.value for response in asyncio.run(main())] == [crawler]


def tags(crawler: Crawler) -> None:
    request = ff.Request("GET", crawler.url, tag=crawler)
    crawler.held = batch = ff.Batch([request, request], on_response=lambda response: response.tag)

    async def main() -> ff.Results:
        return await batch

    assert [response.value for response in asyncio.run(main())] == [crawler] * 2


def stream(crawler: Crawler) -> None:
    client = ff.Client(event_hooks={"response": crawler.seen})
    crawler.held = completed = client.as_completed([crawler.url], on_response=crawler.seen)

    async def main() -> list[object]:
        return [response.value async for response in completed]

    assert asyncio.run(main()) == [crawler]


def value(crawler: Crawler) -> None:
    (response,) = sync.gather([crawler.url], on_response=crawler.seen)
    assert response.value is crawler
    crawler.held = response


def values(crawler: Crawler) -> None:
    crawler.held = sync.gather([crawler.url] * 2, on_response=crawler.seen)


def exception(crawler: Crawler) -> None:
    """What a hook raised refers to its frames, and they to much."""

    async def main() -> ff.Results:
        async with ff.Client(event_hooks={"response": crawler.fails}) as client:
            return await client.gather([crawler.url])

    crawler.held = results = asyncio.run(main())
    assert type(results[0].error) is LookupError


def failure(crawler: Crawler) -> None:
    """An exception of ours that was raised, and is still there in the response that raised it."""
    crawler.held = response = sync.gather(["no URL"])[0]
    with pytest.raises(ff.InvalidURL):
        response.raise_for_status()


def request(crawler: Crawler) -> None:
    crawler.held = ff.Request("POST", crawler.url, auth=crawler.seen, content=crawler)


def streamed(crawler: Crawler) -> None:
    request = ff.Request("GET", crawler.url, tag=crawler)

    async def main() -> None:
        async with ff.Client() as client, client.stream(request.method, crawler.url, tag=crawler) as response:
            crawler.held = response
            await response.aread()

    asyncio.run(main())


KINDS = [hook, used_hook, auth, waiting_hook, batch, tags, stream]
KINDS += [value, values, exception, failure, request, streamed]


def is_collected(thing: "weakref.ref[Any]") -> bool:
    """Whether it goes. What was in flight is let go by the I/O thread, a moment after its answer came.

    That thread counts no references: what it lets go of is counted when another next calls Rust.
    """
    deadline = time.monotonic() + PATIENCE
    while thing() is not None and time.monotonic() < deadline:
        bridge_counters()
        gc.collect()
    return thing() is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_l24_a_cycle(kind: Callable[[Crawler], None], route_server: RouteServer) -> None:
    crawler = Crawler(f"{route_server.url}/json/a")
    kind(crawler)
    assert crawler.held is not None
    gone = weakref.ref(crawler)
    del crawler
    assert is_collected(gone)


def test_l24_a_collected_client_closes_its_connections(route_server: RouteServer) -> None:
    used_hook(Crawler(f"{route_server.url}/json/a"))
    assert route_server.ledger.accepted > 0
    deadline = time.monotonic() + PATIENCE
    while route_server.ledger.open and time.monotonic() < deadline:
        bridge_counters()
        gc.collect()
    assert route_server.ledger.open == 0


def test_l24_what_is_in_flight_is_not_collected(route_server: RouteServer, loop_factory: LoopFactory) -> None:
    """Nobody but the requests themselves holds the hooks here, and the collector comes again and again."""
    over, calls = threading.Event(), 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    async def hooked(*_: object) -> None:
        count()

    def read(response: ff.Response) -> int | None:
        count()
        return response.status_code

    def client() -> ff.Client:
        crawler = Crawler("")
        crawler.held = client = ff.Client(
            event_hooks={"request": [crawler.fails if crawler.url else count, hooked], "response": count},
            auth=lambda request: request.with_header("x-signed", "1"),
        )
        return client

    async def main() -> None:
        for number in range(ROUNDS):
            urls = [
                ff.Request("GET", f"{route_server.url}/json/{n}", auth=lambda _: None, tag=[n])
                for n in range(20)
            ]
            results = await client().gather(urls, on_response=lambda response: [response.tag, read(response)])
            assert results.counts == {200: 20}
            values: list[Any] = [response.value for response in results]
            assert [tag for tag, _ in values] == [[n] for n in range(20)]
            streamed = client().as_completed([f"{route_server.url}/json/a"] * 5, on_response=count)
            assert [response.ok async for response in streamed] == [True] * 5
            assert (await client().get(f"{route_server.url}/json/{number}")).ok

    def collect() -> None:
        while not over.is_set():
            gc.collect(1)

    thread = threading.Thread(target=collect)
    thread.start()
    try:
        run(main, loop_factory)
    finally:
        over.set()
        thread.join()
    # Two hooks on the way there and one on the way back, and those who read.
    assert calls == ROUNDS * (20 * 4 + 5 * 4 + 3)


def test_l24_a_loop_closed_before_a_hook_was_called_keeps_nothing(
    route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    """The call had come to the loop's thread, and waited there for its turn."""
    crawler = Crawler(f"{route_server.url}/json/a")
    crawler.held = client = ff.Client(event_hooks={"request": crawler.watches})
    loop = loop_factory()
    tasks = [loop.create_task(client.get(crawler.url)) for _ in range(5)]
    loop.run_until_complete(asyncio.sleep(0))
    asked = time.monotonic() + 0.05
    while time.monotonic() < asked:
        pass  # Not a turn of the loop.
    for task in tasks:
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    gone = weakref.ref(crawler)
    del loop, tasks, task, client, crawler
    assert is_collected(gone)
