"""One client under any event loop, many loops one after another and at once (rules L7 to L9)."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import fastfetch as ff
import pytest

from tests.amounts import times
from tests.figures import Measured
from tests.loops import LOOP_FACTORIES, LoopFactory, run
from tests.programs import running
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

PATIENCE = 10.0


def test_the_module_s_functions_under_each_loop(route_server: RouteServer, loop_factory: LoopFactory) -> None:
    targets = [f"{route_server.url}/json/{number}" for number in range(50)]

    async def main() -> None:
        assert (await ff.get(targets[0])).json() == {"name": "0"}
        assert [response.json()["name"] for response in await ff.gather(targets)] == list(map(str, range(50)))
        assert len([response async for response in ff.as_completed(targets)]) == 50
        assert await ff.sleep(0.001, "awake") == "awake"

    run(main, loop_factory)


def test_l7_three_runs_with_the_module_s_client(route_server: RouteServer, loop_factory: LoopFactory) -> None:
    async def main() -> None:
        assert (await ff.get(f"{route_server.url}/json/a")).ok
        assert (await ff.gather([f"{route_server.url}/json/b"])).counts == {200: 1}

    for _ in range(3):
        run(main, loop_factory)
    # Its connections belong to no loop: the first one serves all three runs.
    assert route_server.ledger.accepted == 1


def test_l7_a_client_made_before_any_loop(route_server: RouteServer) -> None:
    client = ff.Client()
    batches = [ff.Batch([f"{route_server.url}/json/a"], client=client) for _ in LOOP_FACTORIES]

    async def main() -> None:
        assert (await client.get(f"{route_server.url}/json/a")).ok
        assert (await batches.pop()).counts == {200: 1}

    for factory in LOOP_FACTORIES.values():
        run(main, factory)
    assert route_server.ledger.accepted == 1


def test_l7_eight_threads_each_with_a_loop_at_once(
    route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    client, start = ff.Client(), threading.Barrier(8)

    async def one_run(thread: int, number: int) -> None:
        names = [f"{thread}-{number}-{each}" for each in range(5)]
        results = await client.gather(f"{route_server.url}/json/{name}" for name in names)
        assert [response.json()["name"] for response in results] == names
        single = await asyncio.gather(*(client.get(f"{route_server.url}/json/{name}") for name in names))
        assert [response.json()["name"] for response in single] == names
        assert await ff.sleep(0.001, names) is names

    def twenty_runs(thread: int) -> None:
        start.wait(PATIENCE)
        for number in range(20):
            run(lambda: one_run(thread, number), loop_factory)  # noqa: B023

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(twenty_runs, range(8)))
    assert len(route_server.ledger.requests) == 8 * 20 * 10


def test_l7_an_answer_that_comes_while_the_loop_stands_still(
    route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    loop = loop_factory()
    task = loop.create_task(ff.get(f"{route_server.url}/gate/a"))
    loop.run_until_complete(asyncio.sleep(0))
    route_server.ledger.wait_requests(1)
    route_server.open_gate("a")
    # A loop of its own sees the answer to a later request: by then the first one has come too.
    assert asyncio.run(ff.get(f"{route_server.url}/gate/a")).ok
    assert loop.run_until_complete(asyncio.wait_for(task, PATIENCE)).ok
    loop.close()


def test_l8_an_answer_for_a_closed_loop_vanishes(
    route_server: RouteServer, loop_factory: LoopFactory
) -> None:
    """Its client goes on, and gives back what it held."""
    client = ff.Client(limits=ff.Limits(concurrency=1))
    coroutine = client.get(f"{route_server.url}/gate/a")

    async def begin() -> None:
        coroutine.send(None)

    run(begin, loop_factory)
    route_server.ledger.wait_requests(1)
    route_server.open_gate("a")
    assert asyncio.run(client.get(f"{route_server.url}/json/b")).json() == {"name": "b"}
    coroutine.close()


RUNS = times(1_000, 40)


@pytest.mark.torture
@pytest.mark.parametrize("kind", LOOP_FACTORIES)
def test_l8_runs_that_end_with_requests_in_flight_leave_no_trace(
    kind: str, route_server: RouteServer, measured: Measured
) -> None:
    """Nothing is written to stderr, nothing raises where nobody can catch it."""
    assert running.say("closed_loops", kind, route_server.url, RUNS) == f"{RUNS} loops closed\n"
    measured(
        f"{RUNS:,} runs of a loop ({kind}) that end with requests in flight, under -X dev",
        "no word on stderr, and the client goes on",
    )


def test_l9_a_loop_within_a_running_loop(route_server: RouteServer) -> None:
    """As notebooks patch asyncio to have it: `asyncio.run` in a coroutine."""
    pytest.importorskip("nest_asyncio2")
    assert running.say("nested_loops", route_server.url) == "three deep\n"


@pytest.mark.parametrize("kind", LOOP_FACTORIES)
def test_descriptors_and_threads_stay_flat(kind: str, route_server: RouteServer) -> None:
    after_5, after_55 = running.say("many_loops", kind, route_server.url).splitlines()
    for few, many in zip(after_5.split(), after_55.split(), strict=True):
        # A leak would show fifty; what belongs to the last loop may still be on its way out.
        assert int(many) <= int(few) + 2


def is_collected(loop_factory: LoopFactory, use: Callable[[asyncio.AbstractEventLoop], object]) -> bool:
    """Whether a loop is collected that was used so, and neither closed nor kept."""
    loop = loop_factory()
    use(loop)
    collected = threading.Event()
    gone = weakref.ref(loop, lambda _: collected.set())
    del loop
    deadline = time.monotonic() + PATIENCE
    # The thread that rings for a loop without descriptors may still be about to return from it.
    while gone() is not None and time.monotonic() < deadline:
        gc.collect()
        collected.wait(0.01)
    return gone() is None


# A uvloop that has run and was not closed is never collected, whoever used it.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("kind", sorted(LOOP_FACTORIES.keys() - {"uvloop"}))
class TestAbandonedLoop:
    def test_it_is_collected(self, kind: str, route_server: RouteServer) -> None:
        def use(loop: asyncio.AbstractEventLoop) -> None:
            assert loop.run_until_complete(ff.get(f"{route_server.url}/json/a")).ok

        assert is_collected(LOOP_FACTORIES[kind], use)

    def test_it_takes_its_requests_with_it(self, kind: str, route_server: RouteServer) -> None:
        def use(loop: asyncio.AbstractEventLoop) -> None:
            async def begin() -> None:
                # Kept by nothing but the loop that would run its next step.
                coroutine = ff.get(f"{route_server.url}/never")
                future = coroutine.send(None)
                future.add_done_callback(lambda _: coroutine.close())

            loop.run_until_complete(begin())
            route_server.ledger.wait_requests(1)

        assert is_collected(LOOP_FACTORIES[kind], use)
        route_server.ledger.wait_none_open()
