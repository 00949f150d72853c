"""Streams that are left in every way there is, and answers that nobody wants: all close what they hold.

Rules L21 and L23.
"""

import asyncio
import gc
import sys
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fastfetch import Client, StreamedResponse, sync

from tests.amounts import SLACK
from tests.cancels.storm import PROTOCOLS, Lab, nothing_said
from tests.programs.running import say
from tests.servers.tls import Authority

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="every address of 127.0.0.0/8 is its own")

BOUND = 0.1


@pytest.fixture(params=PROTOCOLS)
def lab(request: pytest.FixtureRequest, authority: Authority, tmp_path: Path) -> Any:
    """Servers whose `/gzip` has no end, watched: nothing may be said that nobody can be told of."""
    with Lab(request.param, authority, tmp_path) as lab, nothing_said():
        yield lab


def endless(lab: Lab, number: int = 1) -> str:
    return f"{lab.origin.url}/gzip?n={number}"


def is_closed(lab: Lab, since: float, *numbers: int) -> None:
    """The server knows soon that nobody wants any more; with HTTP/2 the connection is kept."""
    seen = lab.origin.seen
    seen.wait_none_open()
    assert set(seen.left) == set(numbers or (1,))
    assert max(seen.left.values()) - since < BOUND + SLACK
    assert lab.protocol != "h2" or lab.origin.ledger.open == 1


Reader = Callable[[Client, str], Awaitable[None]]


class TestCancelled:
    """L21: a task that reads a stream is cancelled."""

    async def cancelled(self, lab: Lab, reading: Reader, reached: asyncio.Event, times: int = 1) -> float:
        """When a reader was cancelled that had come to this point, which ends it."""
        said: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        async with lab.client() as client:
            task = asyncio.ensure_future(reading(client, endless(lab)))
            await asyncio.wait_for(reached.wait(), 5)
            for _ in range(times):
                task.cancel()
            moment = time.monotonic()
            await asyncio.wait([task])
            assert task.cancelled()
            await asyncio.to_thread(lab.origin.seen.wait_none_open)
            is_closed(lab, moment)
            assert (await client.get(f"{lab.origin.url}/echo?n=2")).text == "2"
        assert said == []
        return moment

    @pytest.mark.parametrize("times", [1, 2])
    def test_l21_while_it_waits_once_and_twice(self, lab: Lab, times: int) -> None:
        async def main() -> None:
            reached = asyncio.Event()

            async def reading(client: Client, url: str) -> None:
                async with client.stream("GET", url) as response:
                    async for _ in response.aiter_bytes():
                        reached.set()

            await self.cancelled(lab, reading, reached, times)

        asyncio.run(main())

    def test_l21_in_the_body_of_its_loop(self, lab: Lab) -> None:
        async def main() -> None:
            reached = asyncio.Event()

            async def reading(client: Client, url: str) -> None:
                async with client.stream("GET", url) as response:
                    async for _ in response.aiter_bytes():
                        reached.set()
                        await asyncio.Event().wait()

            await self.cancelled(lab, reading, reached)

        asyncio.run(main())

    def test_l21_in_the_body_of_a_loop_over_completed_ones(self, lab: Lab) -> None:
        async def main() -> None:
            reached = asyncio.Event()

            async def reading(client: Client, url: str) -> None:
                quick = f"{lab.origin.url}/echo?n=3"
                async for _ in client.as_completed([quick, url]):
                    await asyncio.to_thread(lab.origin.seen.wait_open, 1)
                    reached.set()
                    await asyncio.Event().wait()

            await self.cancelled(lab, reading, reached)

        asyncio.run(main())

    @pytest.mark.parametrize("turns", range(4))
    def test_l21_while_it_leaves(self, lab: Lab, turns: int) -> None:
        """It is within `__aexit__`, or about to be, or just was; and once more, for good measure."""

        async def main() -> None:
            async with lab.client() as client:
                stream = client.stream("GET", endless(lab))
                response = await stream.__aenter__()
                assert await anext(response.aiter_bytes())
                moment = time.monotonic()
                task = asyncio.ensure_future(stream.__aexit__(None, None, None))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
                if turns == 0:
                    # It had not begun to leave: whoever holds the stream can do it still.
                    assert task.cancelled()
                    await response.aclose()
                await asyncio.to_thread(is_closed, lab, moment)
                await response.aclose()

        asyncio.run(main())


class TestLeft:
    """L21: nobody reads on."""

    def test_l21_aclose_of_a_generator_that_reads(self, lab: Lab) -> None:
        async def main() -> None:
            async def pieces(client: Client) -> AsyncGenerator[bytes, None]:
                async with client.stream("GET", endless(lab)) as response:
                    async for piece in response.aiter_bytes():
                        yield piece

            async with lab.client() as client:
                reading = pieces(client)
                assert await anext(reading)
                moment = time.monotonic()
                await reading.aclose()
                await asyncio.to_thread(is_closed, lab, moment)

        asyncio.run(main())

    def test_l21_aclose_of_completed_ones(self, lab: Lab) -> None:
        async def main() -> None:
            async with lab.client() as client:
                completed = client.as_completed([f"{lab.origin.url}/echo?n=3", endless(lab)])
                assert (await anext(completed)).text == "3"
                await asyncio.to_thread(lab.origin.seen.wait_open, 1)
                moment = time.monotonic()
                await completed.aclose()
                await asyncio.to_thread(is_closed, lab, moment)

        asyncio.run(main())

    @pytest.mark.parametrize("cycle", [False, True])
    def test_l21_garbage(self, lab: Lab, cycle: bool) -> None:
        """Read in part, and forgotten: by its last reference, or within a ring."""

        async def main() -> None:
            async with lab.client() as client:
                response = await client.stream("GET", endless(lab)).__aenter__()
                pieces = response.aiter_bytes()
                assert await anext(pieces)
                ring: list[object] = [response, pieces] if cycle else []
                ring.append(ring)
                del response, pieces, ring
                gc.collect()
                moment = time.monotonic()
                # The generator goes to the loop to be closed; its loop turns while this waits.
                await asyncio.to_thread(is_closed, lab, moment)

        asyncio.run(main())


async def half_read(client: Client, url: str) -> StreamedResponse:
    """An open stream of which a piece was read."""
    response = await client.stream("GET", url).__aenter__()
    pieces = response.aiter_bytes()
    assert await anext(pieces)
    await pieces.aclose()
    for _ in range(2):
        await asyncio.sleep(0)  # One generator reads from another, and the loop closes that one, in a task.
    return response


async def unread(client: Client, url: str) -> StreamedResponse:
    """An open stream of which nothing was read."""
    return await client.stream("GET", url).__aenter__()


@pytest.mark.parametrize("opened", [unread, half_read])
class TestDropped:
    """L23: without a loop, from any thread, at any time; and nobody is held up by it."""

    def test_l23_after_its_loop(self, lab: Lab, opened: Callable[..., Any]) -> None:
        client = lab.client()
        response = asyncio.run(opened(client, endless(lab)))
        moment = time.monotonic()
        del response
        assert time.monotonic() - moment < BOUND + SLACK
        is_closed(lab, moment)

    def test_l23_on_other_threads(self, lab: Lab, opened: Callable[..., Any]) -> None:
        """Eight of them, each with one, at the same time, while the loop runs and does not turn."""

        async def main() -> None:
            async with lab.client() as client:
                held = [[await opened(client, endless(lab, number))] for number in range(1, 9)]
                threads = [threading.Thread(target=each.clear) for each in held]
                moment = time.monotonic()
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(BOUND + SLACK)
                    assert not thread.is_alive()
                is_closed(lab, moment, *range(1, 9))

        asyncio.run(main())

    def test_l23_of_a_closed_client(self, lab: Lab, opened: Callable[..., Any]) -> None:
        async def main() -> float:
            client = lab.client()
            response = await opened(client, endless(lab))
            await client.aclose()
            del client
            moment = time.monotonic()
            del response
            return moment

        moment = asyncio.run(main())
        lab.origin.seen.wait_none_open()
        assert lab.origin.seen.left[1] - moment < BOUND + SLACK


def test_l23_of_the_waiting_face(lab: Lab) -> None:
    with sync.Client(**lab.settings()) as client:
        response = client.stream("GET", endless(lab)).__enter__()
        pieces = response.iter_bytes()
        assert next(pieces)
        moment = time.monotonic()
        del response, pieces
        is_closed(lab, moment)


def test_l23_at_exit(authority: Authority, tmp_path: Path) -> None:
    """Held by globals, a ring, a finalizer, a callback of the exit and a daemon thread; by both faces."""
    with Lab("h1", authority, tmp_path) as lab:
        assert say("dropped", endless(lab)[:-1]) == "<StreamedResponse [200] GET " + endless(lab, 4) + ">\n"
        is_closed(lab, time.monotonic(), *range(1, 7))
