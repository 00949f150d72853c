"""What the bridge costs and what it leaves alone: wake-ups, the GIL, threads, descriptors, signals."""

import asyncio
import contextvars
import os
import time
from collections.abc import Callable
from typing import TypeVarTuple, Unpack

import fastfetch as ff
import pytest
from fastfetch._core import bridge_counters

from tests.amounts import times
from tests.figures import Measured
from tests.loops import LoopFactory, run
from tests.programs import running
from tests.servers.nginx import Nginx
from tests.servers.routes import RouteServer

Arguments = TypeVarTuple("Arguments")

PATIENCE = 10.0


def crossed(name: str, since: dict[str, int]) -> int:
    """How much more of this has crossed the bridge since."""
    return int(bridge_counters()[name]) - since[name]


@pytest.mark.compat
def test_l11_one_wake_up_serves_a_burst(nginx: Nginx, loop_factory: LoopFactory) -> None:
    async def main() -> None:
        client, turns = ff.Client(), iter(range(6_400))

        async def worker() -> None:
            for _ in turns:
                assert (await client.get(f"{nginx.http}/small.json")).status_code == 200

        since = dict(bridge_counters())
        await asyncio.gather(*(worker() for _ in range(64)))
        assert crossed("completions", since) >= 6_400
        assert crossed("wakes", since) <= crossed("completions", since) / 5

    run(main, loop_factory)


@pytest.mark.compat
def test_l11_a_batch_is_one_completion(nginx: Nginx) -> None:
    async def main() -> None:
        since, begun = dict(bridge_counters()), time.monotonic()
        assert (await ff.gather([f"{nginx.http}/small.json"] * 1_000)).counts == {200: 1_000}
        beats = int((time.monotonic() - begun) / 0.1)  # A loop that waits is woken ten times a second.
        assert crossed("completions", since) == 1
        assert crossed("wakes", since) <= 1 + beats

    asyncio.run(main())


def hold_the_gil(seconds: float) -> tuple[float, float]:
    """Hold the GIL in C code that never gives it up; the moments of its beginning and end."""
    # The clock of the day is the access log's; it may be set meanwhile, and this loop would then not end.
    start, begun = time.time(), time.monotonic()
    numbers = 1_000_000
    while (spent := time.monotonic() - begun) < seconds:
        # `sum` over a range does not look for other threads; only between two of them could one run.
        sum(range(numbers))
        numbers = int(numbers * max(1.0, min(100.0, (seconds - spent) / max(spent, 1e-6))))
    return start, start + spent


def test_the_server_is_kept_busy_while_python_holds_the_gil(nginx: Nginx) -> None:
    urls = [f"{nginx.http}/small.json?held"] * 100_000

    async def main() -> tuple[int, float, float]:
        batch = ff.Batch(urls)
        task = asyncio.ensure_future(batch)
        assert (await ff.get(f"{nginx.http}/small.json")).ok  # By now the batch has begun.
        before = batch.progress.done
        start, end = hold_the_gil(1.0)
        done = batch.progress.done - before
        task.cancel()
        await asyncio.wait([task])
        return done, start, end

    done, start, end = asyncio.run(main())
    assert end - start >= 1.0
    assert done >= 500
    seen = [access for access in nginx.accesses() if access.target == "/small.json?held"]
    assert sum(start < access.time < end for access in seen) >= 500


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts its own turns."""

    turns = 0

    def _run_once(self) -> None:
        self.turns += 1
        super()._run_once()  # type: ignore[misc]


def test_the_heartbeat_of_a_loop_with_something_in_flight(route_server: RouteServer) -> None:
    """ipykernel sees an interrupt only when the loop turns; an idle loop is left in peace."""

    async def turns_in(seconds: float) -> int:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CountingLoop)
        before = loop.turns
        await asyncio.sleep(seconds)
        return loop.turns - before

    async def main() -> None:
        of_asyncio = await turns_in(0.3)
        for _ in range(2):
            task = asyncio.create_task(ff.get(f"{route_server.url}/never"))
            assert 8 <= await turns_in(1) - of_asyncio <= 14
            task.cancel()
            await asyncio.wait([task])
            await ff.sleep(0.25)  # Two beats, for the heart to see that nobody waits.
            assert await turns_in(0.5) - of_asyncio <= 2

    run(main, CountingLoop)


class InterruptedLoop(asyncio.SelectorEventLoop):
    """Is interrupted once, where a signal could arrive: while an answer is handed to its task."""

    armed = False

    def call_soon(
        self,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        if self.armed and "wakeup" in repr(callback).lower():
            self.armed = False
            raise KeyboardInterrupt
        return super().call_soon(callback, *args, context=context)


def test_an_interrupt_during_delivery_loses_no_other_answer() -> None:
    loop = InterruptedLoop()
    since = dict(bridge_counters())
    tasks = [loop.create_task(ff.sleep(0.001, number)) for number in range(10)]

    async def collect() -> None:
        await asyncio.sleep(0)
        # Without a turn of the loop all ten answers gather in one burst.
        while crossed("completions", since) < len(tasks):
            pass
        loop.armed = True
        await asyncio.wait(tasks, timeout=PATIENCE)

    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(collect())
    done, _ = loop.run_until_complete(asyncio.wait(tasks, timeout=1))
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    # One interrupt costs one answer at most.
    assert len(done) >= len(tasks) - 1


class TestImport:
    """Importing costs little and touches nothing."""

    def test_l1_no_thread_no_descriptor_no_file(self) -> None:
        before, after, opened, _ = running.say("imports", flags=()).splitlines()
        assert (after, opened) == (before, "")

    def test_l1_nothing_large_is_imported_along(self) -> None:
        """How long it takes is measured in `benches/`; what it takes is counted here."""
        modules = running.say("imports", flags=()).splitlines()[-1].split()
        large = {"asyncio", "concurrent", "email", "http", "json", "logging", "socket", "ssl", "urllib"}
        assert large.isdisjoint(module.split(".")[0] for module in modules)
        assert len([module for module in modules if not module.startswith("fastfetch")]) <= 60


REQUESTS = times(10_000, 1_000)


@pytest.mark.torture
def test_l2_few_threads_however_many_requests(nginx: Nginx, measured: Measured) -> None:
    """All of them have names that begin with ours, and the interpreter's own are no more than before."""
    most = ours = 0

    async def main() -> None:
        nonlocal most, ours
        named = nginx.http.replace("127.0.0.1", "localhost")
        batch = ff.Batch([f"{host}/small.json" for host in (nginx.http, named)] * (REQUESTS // 2))
        task = asyncio.ensure_future(batch)
        while not task.done():
            names = running.thread_names().values()
            most = max(most, len(names))
            ours = max(ours, sum(name.startswith("fastfetch-") for name in names))
            await asyncio.sleep(0.001)
        assert batch.results.counts == {200: REQUESTS}

    before = len(os.listdir("/proc/self/task"))
    asyncio.run(main())
    assert 1 <= ours <= 8
    assert most <= before + ours
    measured(f"{REQUESTS:,} requests at once", f"{ours} threads of ours at most, no other more than before")


def test_l3_signal_handlers_are_left_alone(route_server: RouteServer) -> None:
    assert running.say("signals", f"{route_server.url}/json/a") == "True\n"
