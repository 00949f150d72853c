"""Eight threads at whatever there is, all at once, and interpreters beside the main one (rule L34)."""

import asyncio
import importlib.util
import random
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import sync

from tests.amounts import times
from tests.figures import Measured
from tests.programs import running
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

THREADS = 8
ROUNDS = times(500, 10)
PATIENCE = 60.0


@pytest.mark.skipif(
    not any(map(importlib.util.find_spec, ("_interpreters", "_xxsubinterpreters"))),
    reason="this Python has no way to make subinterpreters",
)
@pytest.mark.parametrize("flags", [(), running.DEVELOPMENT], ids=["as ever", "-X dev"])
def test_l34_a_subinterpreter_refuses_to_import(flags: tuple[str, ...], route_server: RouteServer) -> None:
    """By an error that can be caught, and to no harm of the main one."""
    said = running.say("subinterpreters", f"{route_server.url}/json/a", flags=flags).splitlines()
    refused = "ImportError: module fastfetch._core does not support loading in subinterpreters"
    assert said == [refused, refused, "as ever"]


class Shared:
    """What eight threads use together: clients of both faces, a jar, and answers that came before."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.heard: list[object] = []
        self.jar = ff.Cookies()
        options: Any = {"cookies": self.jar, "event_hooks": {"response": self.heard.append}}
        self.client = ff.Client(limits=ff.Limits(concurrency=50, per_host=20), **options)
        self.waiting = sync.Client(**options)
        self.results = sync.gather([f"{url}/json/{number}" for number in range(20)])

    def names(self, responses: Any) -> list[str]:
        return sorted(response.json()["name"] for response in responses)


def gets(shared: Shared, name: str) -> None:
    async def main() -> None:
        one, two = await asyncio.gather(*(shared.client.get(f"{shared.url}/json/{name}") for _ in range(2)))
        assert one.json() == two.json() == {"name": name}

    asyncio.run(main())


def gathers(shared: Shared, name: str) -> None:
    urls = [f"{shared.url}/json/{name}-{number}" for number in range(10)]
    results = asyncio.run(shared.client.gather(urls, on_response=lambda response: response.json()["name"]))
    assert [response.value for response in results] == [f"{name}-{number}" for number in range(10)]


def streams(shared: Shared, name: str) -> None:
    async def main() -> None:
        urls = [f"{shared.url}/json/{name}"] * 10
        assert shared.names([each async for each in shared.client.as_completed(urls)]) == [name] * 10
        async with shared.client.stream("GET", f"{shared.url}/bytes/200000") as response:
            assert len(await response.aread()) == 200_000
        # Left in the middle.
        async for _ in shared.client.as_completed(urls):
            break

    asyncio.run(main())


def waits(shared: Shared, name: str) -> None:
    assert shared.waiting.get(f"{shared.url}/json/{name}").json() == {"name": name}
    assert shared.names(shared.waiting.gather([f"{shared.url}/json/{name}"] * 5)) == [name] * 5
    assert shared.names(shared.waiting.as_completed([f"{shared.url}/json/{name}"] * 5)) == [name] * 5


def cancels(shared: Shared, _: str) -> None:
    async def main() -> None:
        task = asyncio.create_task(shared.client.gather([f"{shared.url}/delay/0.05"] * 5))
        await ff.sleep(random.uniform(0, 0.01))
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())


def bakes(shared: Shared, name: str) -> None:
    assert shared.waiting.get(f"{shared.url}/set/{name}").ok
    shared.jar.set(name, "own", domain="a.test")
    assert shared.jar.get(name, domain="a.test") == "own"
    assert name in set(shared.jar)


def looks(shared: Shared, _: str) -> None:
    results = shared.results
    assert results.counts == {200: 20}
    assert shared.names(results) == sorted(map(str, range(20)))
    assert len(results.table()) == len(results.json_table()) == 20
    assert [bytes(memoryview(response)) for response in results] == [each.content for each in results]
    assert repr(results) == repr(results)


WORK: list[Callable[[Shared, str], None]] = [gets, gathers, streams, waits, cancels, bakes, looks]


@pytest.mark.torture
def test_l34_eight_threads_share_everything(route_server: RouteServer, measured: Measured) -> None:
    """Each does something else at every moment, and none of them a thing to another's answers."""
    route_server.routes["/set/"] = lambda request: Answer(b"", 200, (("Set-Cookie", f"{request.rest}=1"),))
    shared, start = Shared(route_server.url), threading.Barrier(THREADS)

    def work(thread: int) -> None:
        dice = random.Random(thread)
        start.wait(PATIENCE)
        for number in range(ROUNDS):
            dice.choice(WORK)(shared, f"{thread}-{number}")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(work, range(THREADS)))
    finally:
        sys.setswitchinterval(interval)
    assert shared.heard
    requests = len(route_server.ledger.requests)
    measured(
        f"{THREADS} threads share clients, a jar and results for {requests:,} requests", "no answer mixed up"
    )
