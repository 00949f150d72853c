"""The native awaitable says what is wrong when it is used as no `await` uses it."""

import asyncio
import gc

import fastfetch as ff
import pytest
from fastfetch import _core

from tests.loops import LoopFactory, run

pytestmark = pytest.mark.compat


@pytest.mark.parametrize("delay", [0, 0.001])
def test_awaited_twice(delay: float) -> None:
    async def main() -> None:
        call = _core.sleep(delay)
        await call
        with pytest.raises(RuntimeError, match="await"):
            await call

    asyncio.run(main())


def test_awaited_by_two_tasks_at_once() -> None:
    async def main() -> None:
        call = _core.sleep(0.01)

        async def use() -> str:
            await call
            return "awake"

        ended = await asyncio.gather(use(), use(), return_exceptions=True)
        assert ended[0] == "awake"
        assert isinstance(ended[1], RuntimeError)
        assert "await" in str(ended[1])

    asyncio.run(main())


def test_driven_by_hand(loop_factory: LoopFactory) -> None:
    async def main() -> None:
        coroutine = ff.sleep(0.01, "awake")
        future = coroutine.send(None)
        assert asyncio.isfuture(future)
        with pytest.raises(RuntimeError, match="await"):
            coroutine.send(None)
        assert await ff.sleep(0.02, "still works") == "still works"

    run(main, loop_factory)


def test_driven_by_hand_as_a_loop_would(loop_factory: LoopFactory) -> None:
    async def main() -> None:
        coroutine = ff.sleep(0.001, "awake")
        future = coroutine.send(None)
        future._asyncio_future_blocking = False
        await future
        with pytest.raises(StopIteration) as stop:
            coroutine.send(None)
        assert stop.value.value == "awake"

    run(main, loop_factory)


def test_dropped_unused() -> None:
    call = _core.sleep(1)
    del call
    gc.collect()
