"""`dedupe=True`: equal GETs are fetched once, and each place gets the response."""

import asyncio
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Batch, Client, ConnectionRefused, Request, Response, Results, Retry

from tests.scripted import YES, Script, asked, busy
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.usefixtures("face")

Items = list[str | Request]


async def by_gather(items: Items, **options: Any) -> list[Response]:
    return list(await ff.gather(items, dedupe=True, **options))


async def by_batch(items: Items, **options: Any) -> list[Response]:
    return list(await Batch(items, dedupe=True, **options))


async def in_order(items: Items, **options: Any) -> list[Response]:
    completed = ff.as_completed(items, dedupe=True, ordered=True, **options)
    return [response async for response in completed]


EVERY_WAY = pytest.mark.parametrize("fetched", [by_gather, by_batch, in_order])
Fetched = Callable[..., Awaitable[list[Response]]]


def run(fetched: Fetched, items: Items, **options: Any) -> list[Response]:
    async def main() -> list[Response]:
        return await fetched(items, **options)

    return asyncio.run(main())


@EVERY_WAY
def test_equal_urls_are_fetched_once(fetched: Fetched, route_server: RouteServer) -> None:
    """The server is not told of a fragment, so it does not count."""
    url = f"{route_server.url}/delay/0.05"
    items: Items = [url, f"{url}#part", f"{url}?q", url, f"{url}#other", f"{url}?q#part"]
    responses = run(fetched, items)
    assert [response.json() for response in responses] == [{"delay": 0.05}] * 6
    targets = sorted(request.target for request in route_server.ledger.requests)
    assert targets == ["/delay/0.05", "/delay/0.05?q"]


def test_not_unless_told(route_server: RouteServer) -> None:
    asyncio.run(ff.gather([f"{route_server.url}/json/a"] * 5))
    assert len(route_server.ledger.requests) == 5


@pytest.mark.parametrize("fetched", [by_gather, by_batch])
def test_also_where_the_first_is_done_before_the_last_begins(
    fetched: Fetched, route_server: RouteServer
) -> None:
    responses = run(fetched, [f"{route_server.url}/json/{n % 50}" for n in range(1_000)], concurrency=2)
    assert [response.json()["name"] for response in responses] == [str(n % 50) for n in range(1_000)]
    assert len(route_server.ledger.requests) == 50


@EVERY_WAY
def test_tags_stay_with_their_places(fetched: Fetched, route_server: RouteServer) -> None:
    """A tag is the caller's own word, and no option of the request."""
    url = f"{route_server.url}/delay/0.05"
    items: Items = [url, *(Request("GET", url, tag=number) for number in range(5)), url]
    responses = run(fetched, items)
    assert [response.tag for response in responses] == [None, 0, 1, 2, 3, 4, None]
    assert all(response.json() == {"delay": 0.05} for response in responses)
    assert len(route_server.ledger.requests) == 1


@EVERY_WAY
def test_what_is_not_equal(fetched: Fetched, route_server: RouteServer) -> None:
    """Another method, options of their own, another user: each of these is fetched for itself."""
    url = f"{route_server.url}/echo"
    named = url.replace("://", "://{}:secret@")
    items: Items = [
        *[Request("POST", url, content="same")] * 2,
        *[Request("HEAD", url)] * 2,
        *[Request("GET", url, headers={"X-Own": "1"})] * 2,
        *[Request("GET", url, timeout=5)] * 2,
        *[Request("GET", url, cookies={"a": "1"})] * 2,
        named.format("ann"),
        named.format("bob"),
        url,
        url,
    ]
    responses = run(fetched, items)
    assert all(response.ok for response in responses)
    heard = route_server.ledger.requests
    assert len(heard) == 13
    assert len({request.headers.get("authorization") for request in heard}) == 3


@EVERY_WAY
def test_one_that_fails_fails_in_each_place(fetched: Fetched) -> None:
    url = "http://127.0.0.1:1/"
    responses = run(fetched, [url, f"{url}#part", Request("GET", url, tag="own")])
    for response in responses:
        assert type(response.error) is ConnectionRefused
        with pytest.raises(ConnectionRefused):
            response.raise_for_status()
    assert [response.tag for response in responses] == [None, None, "own"]


@EVERY_WAY
def test_one_that_is_tried_again(fetched: Fetched, route_server: RouteServer) -> None:
    route_server.routes["/flaky"] = Script(busy(), YES)
    responses = run(fetched, [f"{route_server.url}/flaky"] * 5, retry=Retry(backoff=0.05))
    assert [(response.text, response.attempts) for response in responses] == [("yes", 2)] * 5
    assert len(route_server.ledger.requests) == 2


def test_progress_counts_places(route_server: RouteServer) -> None:
    async def main() -> None:
        batch = Batch([f"{route_server.url}/json/a"] * 10, dedupe=True)
        assert (await batch).counts == {200: 10}
        progress = batch.progress
        assert (progress.total, progress.done, progress.ok, progress.in_flight) == (10, 10, 10, 0)

    asyncio.run(main())


@pytest.mark.awaits
def test_while_it_is_in_flight(route_server: RouteServer) -> None:
    """An endless source may not be remembered for ever: what has been answered is fetched anew."""
    url = f"{route_server.url}/gate/shut"

    async def main() -> None:
        async with Client() as client:
            completed = client.as_completed([url] * 10, dedupe=True)
            first = asyncio.ensure_future(anext(completed))
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            assert (await client.get(f"{route_server.url}/delay/0.05")).ok
            route_server.open_gate("shut")
            rest = [await first, *[response async for response in completed]]
            assert [response.json() for response in rest] == [{"gate": "shut"}] * 10

    asyncio.run(main())
    assert asked(route_server).count("/gate/shut") == 1


@pytest.mark.awaits
def test_after_a_cancel_the_rest_is_fetched(route_server: RouteServer) -> None:
    items = [f"{route_server.url}/gate/shut"] * 5 + [f"{route_server.url}/json/a"] * 5

    async def main() -> None:
        batch = Batch(items, dedupe=True)
        task = asyncio.ensure_future(batch)
        await asyncio.to_thread(route_server.ledger.wait_requests, 2)
        while batch.progress.done < 5:
            assert (await ff.get(f"{route_server.url}/json/later")).ok
        task.cancel()
        await asyncio.wait([task])
        assert batch.results.counts == {200: 5}
        route_server.open_gate("shut")
        assert (await batch).counts == {200: 10}

    asyncio.run(main())
    paths = asked(route_server)
    assert (paths.count("/gate/shut"), paths.count("/json/a")) == (2, 1)


def test_results_travel(route_server: RouteServer) -> None:
    async def main() -> Results:
        return await ff.gather([f"{route_server.url}/json/a"] * 3, dedupe=True)

    twin = pickle.loads(pickle.dumps(asyncio.run(main())))
    assert [response.json() for response in twin] == [{"name": "a"}] * 3


@pytest.mark.parametrize("value", ["yes", 1, []], ids=repr)
def test_wrong(value: Any) -> None:
    for call in (Batch, ff.as_completed):
        with pytest.raises(TypeError, match=r"^dedupe: expected True or False.*, got "):
            call([], dedupe=value)
