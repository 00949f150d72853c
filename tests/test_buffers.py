"""What was handed to Python stays as it was, whatever becomes of its client and of other answers (L25)."""

import asyncio
import gc
import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import sync

from tests.amounts import times
from tests.figures import Measured
from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer

CHURN = times(10_000, 100)
"""Megabytes that come and go while the held ones are looked at."""

SIZE = 100_000


def body(name: str) -> bytes:
    """Bytes that no other name has."""
    digest = hashlib.sha256(name.encode()).digest()
    return digest * (SIZE // len(digest))


@pytest.fixture
def bodies(route_server: RouteServer) -> RouteServer:
    """Answers each name with its own body, gzip and all."""
    route_server.routes["/body/"] = lambda request: Answer(body(request.rest))
    return route_server


def churn(url: str, megabytes: int) -> None:
    """Fetch as much, and hold none of it."""
    urls = (f"{url}/bytes/1000000" for _ in range(megabytes))
    with sync.Client() as client:
        assert sum(response.ok for response in client.as_completed(urls, concurrency=8)) == megabytes


def held_of_a_response(response: ff.Response) -> list[Any]:
    view = memoryview(response)
    return [view, view[1:-1], response.content, bytes(response.content), response.text, response.headers]


def looks(held: list[Any]) -> list[bytes]:
    """The bytes of all that is held, to compare with what they were."""
    return [bytes(each) if isinstance(each, (bytes, memoryview)) else repr(each).encode() for each in held]


@pytest.mark.torture
def test_l25_what_is_held_outlives_its_client(bodies: RouteServer, measured: Measured) -> None:
    async def fetch() -> tuple[list[Any], ff.Table]:
        client = ff.Client()
        urls = [f"{bodies.url}/body/{number}" for number in range(20)]
        results = await client.gather(urls)
        held = [each for response in results for each in held_of_a_response(response)]
        table = results.table(["url", "body"])
        async with client.stream("GET", urls[0]) as streamed:
            held.extend([chunk async for chunk in streamed.aiter_bytes()])
        held.extend([memoryview(await client.get(url)) for url in urls])
        await client.aclose()
        return held, table

    held, table = asyncio.run(fetch())
    assert bytes(held[0]) == body("0")
    before = looks(held)
    columns = table.to_arrow()
    gc.collect()
    churn(bodies.url, CHURN)
    assert looks(held) == before
    del table
    gc.collect()
    churn(bodies.url, 10)
    assert columns["body"].to_pylist() == [body(str(number)) for number in range(20)]
    measured(f"{CHURN / 1000:g} GB fetched while bodies of a closed client are held", "every byte as it was")


def test_l25_a_view_keeps_what_it_shows(bodies: RouteServer) -> None:
    """Of a response that nobody else holds, and whose view is sliced, cast and released in any order."""
    url = f"{bodies.url}/body/a"
    whole = memoryview(sync.get(url))
    part, words = whole[100:200], whole.cast("I")
    whole.release()
    churn(bodies.url, 5)
    assert bytes(part) == body("a")[100:200]
    words.release()
    assert bytes(part) == body("a")[100:200]
    part.release()
    with pytest.raises(ValueError, match="released"):
        bytes(part)


def test_l25_buffers_that_are_sent_may_change_afterwards() -> None:
    """What was given as a body is what is sent, also where its owner changes or frees it meanwhile."""
    sent: list[bytes] = []

    def keep(request: Request) -> Answer:
        sent.append(request.body)
        return Answer.text("kept")

    with RouteServer() as server:
        server.routes["/keep"] = keep
        for make in (bytearray, lambda each: memoryview(bytearray(each))):
            own: Any = make(body("own"))
            request = ff.Request("POST", f"{server.url}/keep", content=own)
            own[:] = bytes(len(own))
            del own
            assert sync.Client().send(request).ok
    assert sent == [body("own")] * 2


@pytest.mark.parametrize("look", [memoryview, lambda response: response.content], ids=["view", "content"])
def test_l25_many_threads_look_at_one_body(look: Callable[[ff.Response], Any], bodies: RouteServer) -> None:
    response, start = sync.get(f"{bodies.url}/body/shared"), threading.Barrier(8)

    def again(_: int) -> bool:
        start.wait(10)
        return all(bytes(look(response)) == body("shared") for _ in range(50))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(again, range(8)))
