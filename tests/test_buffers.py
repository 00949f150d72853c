"""Memory that Python holds stays what it was, whatever becomes of the objects that it came from."""

import asyncio
import gc
import hashlib
import random
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Client, Results, sync

from tests.amounts import times
from tests.figures import Measured
from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer

HELD = 24
"""How many buffers are held at a time; among so many, memory that was given back is soon used again."""

KINDS: dict[str, Callable[[ff.Response], Any]] = {
    "memoryview": memoryview,
    "part of a memoryview": lambda response: memoryview(response)[7:],
    "content": lambda response: response.content,
    "raw headers": lambda response: response.headers.raw,
}


def body(name: str, size: int) -> bytes:
    """The body of an answer, which its name tells."""
    block = hashlib.sha256(name.encode()).digest()
    return (block * (size // len(block) + 1))[:size]


SOME = body("a", 100_000)


def fetch_others(url: str) -> None:
    """Fetch five megabytes, and hold none of them."""
    assert sync.gather([f"{url}/1000000/{number}" for number in range(5)]).counts == {200: 5}


def served(request: Request) -> Answer:
    size, name = request.rest.split("/")
    return Answer(body(name, int(size)), headers=(("X-Name", name),))


@pytest.fixture
def churn(route_server: RouteServer) -> str:
    route_server.routes["/churn/"] = served
    return f"{route_server.url}/churn"


def sound(kind: str, held: Any, name: str, size: int) -> bool:
    """Whether what is held of an answer is still what was sent."""
    if kind == "raw headers":
        return (b"X-Name", name.encode()) in held or (b"x-name", name.encode()) in held
    whole = body(name, size)
    return bytes(held) == (whole[7:] if kind == "part of a memoryview" else whole)


@pytest.mark.torture
def test_l25_buffers_outlive_response_and_client(churn: str, measured: Measured) -> None:
    """What is held is looked at when as much again has been fetched, by clients that are long gone."""
    amount = times(10 * 2**30, 200 * 2**20)
    draw, held = random.Random(25), deque[tuple[str, Any, str, int]]()
    fetched = looked_at = 0

    def look() -> None:
        nonlocal looked_at
        kind, buffer, name, size = held.popleft()
        assert sound(kind, buffer, name, size), (kind, name, size)
        looked_at += 1

    async def turn() -> None:
        nonlocal fetched
        sizes = [
            draw.choice([0, 1, 100, 4_096, 70_000, 1_000_000, 4_000_000]) + draw.randrange(9)
            for _ in range(8)
        ]
        names = [f"{draw.getrandbits(64):x}" for _ in sizes]
        async with Client() as client:
            results = await client.gather(
                [f"{churn}/{size}/{name}" for size, name in zip(sizes, names, strict=True)]
            )
        for response, size, name in zip(results, sizes, names, strict=True):
            kind = draw.choice(list(KINDS))
            held.append((kind, KINDS[kind](response), name, size))
            fetched += size
        del results, response, client

    while fetched < amount:
        asyncio.run(turn())
        while len(held) > HELD:
            look()
    gc.collect()
    while held:
        look()
    measured(
        f"{fetched / 2**30:.1f} GB of bodies as bytes and memoryviews, response and client gone",
        f"{looked_at:,} buffers looked at later, every byte as it was sent",
    )


def test_columns_outlive_their_table(churn: str) -> None:
    """Arrow's readers hold the memory by themselves, and give it back on whatever thread they please."""
    pyarrow = pytest.importorskip("pyarrow")
    names = [f"name-{n}" for n in range(300)]

    def taken() -> Any:
        results: Results = asyncio.run(ff.gather([f"{churn}/1000/{name}" for name in names]))
        table = pyarrow.table(results.table())
        return table.column("url")

    column = taken()
    gc.collect()
    other = [bytes(1_000_000) for _ in range(20)]
    assert [url.as_py().rpartition("/")[2] for url in column] == names
    thread = threading.Thread(target=lambda part: part.to_pylist(), args=(column.slice(10, 20),))
    del column, other
    thread.start()
    thread.join()


def test_what_comes_in_is_let_go_once(churn: str) -> None:
    """A column of URLs is another library's memory: it is given back, once, after the batch."""
    pyarrow = pytest.importorskip("pyarrow")
    before = pyarrow.total_allocated_bytes()
    urls = pyarrow.array([f"{churn}/10/{n}" for n in range(2_000)])
    batch = ff.Batch(urls)
    del urls
    gc.collect()
    assert asyncio.run(_awaited(batch)).counts == {200: 2_000}
    del batch
    gc.collect()
    assert pyarrow.total_allocated_bytes() == before


async def _awaited(batch: ff.Batch) -> Results:
    return await batch


@pytest.mark.parametrize("kind", [ff.Response, Client])
def test_nothing_of_ours_is_left(churn: str, kind: type) -> None:
    """Counted, since a leak of ours would be lost among those of the interpreter."""

    def alive() -> int:
        gc.collect()
        return sum(isinstance(thing, kind) for thing in gc.get_objects())

    async def main() -> None:
        async with Client() as client:
            responses = list(await client.gather([f"{churn}/1000/{n}" for n in range(50)]))
            assert [memoryview(response).nbytes for response in responses] == [1_000] * 50
            assert alive() > before
            async with client.stream("GET", f"{churn}/100000/x") as response:
                await anext(response.aiter_bytes())

    before = alive()
    for _ in range(3):
        asyncio.run(main())
    assert alive() <= before


def test_l25_a_view_keeps_what_it_shows(churn: str) -> None:
    """Of a response that nobody else holds, and whose view is sliced, cast and released in any order."""
    url = f"{churn}/{len(SOME)}/a"
    whole = memoryview(sync.get(url))
    part, words = whole[100:200], whole.cast("I")
    whole.release()
    fetch_others(churn)
    assert bytes(part) == SOME[100:200]
    words.release()
    assert bytes(part) == SOME[100:200]
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
            own: Any = make(SOME)
            request = ff.Request("POST", f"{server.url}/keep", content=own)
            own[:] = bytes(len(own))
            del own
            assert sync.Client().send(request).ok
    assert sent == [SOME] * 2


@pytest.mark.parametrize("look", [memoryview, lambda response: response.content], ids=["view", "content"])
def test_l25_many_threads_look_at_one_body(look: Callable[[ff.Response], Any], churn: str) -> None:
    response, start = sync.get(f"{churn}/{len(SOME)}/a"), threading.Barrier(8)

    def again(_: int) -> bool:
        start.wait(10)
        return all(bytes(look(response)) == SOME for _ in range(50))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(again, range(8)))
