"""`fastfetch.sleep` keeps the whole contract of `asyncio.sleep`."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, SupportsFloat

import fastfetch as ff
import pytest
from fastfetch._core import bridge_counters

from tests.loops import LoopFactory, run

pytestmark = pytest.mark.compat

Sleep = Callable[[Any], Awaitable[None]]

PATIENCE = 10.0
FOR_EVER = [True, 3600, 2**63, 10**400, 1e300, float("inf"), Fraction(10**400), Decimal("1e400")]


class Floating:
    """A number in the way numpy's scalars are numbers: by `__float__` alone."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value


class Whole:
    """A number by `__index__` alone."""

    def __index__(self) -> int:
        return 0


class Unwilling:
    """A number that raises when it is looked at."""

    def __float__(self) -> float:
        raise LookupError("not today")


async def interleaving(first: Sleep, second: Sleep, delay: Any) -> list[str]:
    """The order in which two tasks run that let go three times each, between turns of the loop itself."""
    seen: list[str] = []
    loop = asyncio.get_running_loop()

    async def steps(name: str, sleep: Sleep) -> None:
        for step in range(3):
            seen.append(f"{name}{step}")
            await sleep(delay)
        seen.append(f"{name} ends")

    def turn(number: int) -> None:
        seen.append(f"turn {number}")
        if number < 5:
            loop.call_soon(turn, number + 1)

    loop.call_soon(turn, 0)
    await asyncio.gather(steps("a", first), steps("b", second))
    return seen


@pytest.mark.parametrize("delay", [0, -1, 0.0, -0.0, -1e300, -float("inf"), False, -(10**400), Decimal(-1)])
def test_zero_and_less_let_others_run_exactly_once(delay: Any, loop_factory: LoopFactory) -> None:
    expected = run(lambda: interleaving(asyncio.sleep, asyncio.sleep, delay), loop_factory)
    assert "turn 3" in expected
    for first, second in [(ff.sleep, ff.sleep), (ff.sleep, asyncio.sleep), (asyncio.sleep, ff.sleep)]:
        assert run(lambda: interleaving(first, second, delay), loop_factory) == expected  # noqa: B023


@pytest.mark.parametrize("delay", [0, 0.001, -1])
def test_the_result_is_returned(delay: float, loop_factory: LoopFactory) -> None:
    result = object()

    async def main() -> None:
        assert [*await asyncio.gather(ff.sleep(delay))] == [None]
        assert await ff.sleep(delay, result) is result
        assert await ff.sleep(delay, result=result) is result

    run(main, loop_factory)


@pytest.mark.parametrize("delay", [float("nan"), Decimal("nan"), Floating(float("nan"))])
def test_nan_is_refused(delay: Any) -> None:
    with pytest.raises(ValueError, match=r"delay.*NaN"):
        asyncio.run(ff.sleep(delay))


@pytest.mark.parametrize("delay", ["1", "", b"1", None, [], 1j, object()])
def test_what_is_no_number_is_refused(delay: Any) -> None:
    with pytest.raises(TypeError, match=rf"delay.*{type(delay).__name__}"):
        asyncio.run(ff.sleep(delay))


def test_what_a_number_raises_is_passed_on() -> None:
    with pytest.raises(LookupError, match="not today"):
        asyncio.run(ff.sleep(Unwilling()))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "delay",
    [0.03, 1 / 32, Fraction(1, 32), Decimal("0.03"), Floating(0.03)],
    ids=lambda delay: type(delay).__name__,
)
def test_numbers_of_every_kind(delay: SupportsFloat, loop_factory: LoopFactory) -> None:
    async def main() -> float:
        start = asyncio.get_running_loop().time()
        await ff.sleep(delay)  # type: ignore[call-overload]
        return asyncio.get_running_loop().time() - start

    assert 0.029 <= run(main, loop_factory) < 1  # uvloop's clock has steps of a millisecond.


def test_a_number_by_index_alone() -> None:
    assert asyncio.run(ff.sleep(Whole(), "awake")) == "awake"  # type: ignore[call-overload]


@pytest.mark.parametrize("delay", FOR_EVER, ids=lambda delay: f"{type(delay).__name__}-{delay!s:.12}")
def test_very_long_delays_do_not_end(delay: Any, loop_factory: LoopFactory) -> None:
    async def main() -> None:
        task = asyncio.create_task(ff.sleep(delay))
        await ff.sleep(0.02)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main, loop_factory)


@pytest.mark.parametrize("delay", [1e-9, 0.001, 0.0107, 0.1])
def test_never_early_never_much_too_late(delay: float, loop_factory: LoopFactory) -> None:
    async def main() -> list[float]:
        loop, lengths = asyncio.get_running_loop(), []
        for _ in range(3):
            start = loop.time()
            await ff.sleep(delay)
            lengths.append(loop.time() - start)
        return lengths

    # uvloop's clock has steps of a millisecond.
    lengths = run(main, loop_factory)
    assert delay - 0.001 <= min(lengths)
    assert max(lengths) < delay + 0.5


def test_the_shorter_delay_ends_first(loop_factory: LoopFactory) -> None:
    delays = [0.18, 0.06, 0.15, 0.03, 0.12, 0.09]

    async def main() -> None:
        ended: list[float] = []

        async def one(delay: float) -> None:
            ended.append(await ff.sleep(delay, delay))

        await asyncio.gather(*map(one, delays))
        assert ended == sorted(delays)

    run(main, loop_factory)


def test_ten_thousand_at_once(loop_factory: LoopFactory) -> None:
    async def one(number: int) -> tuple[int, float]:
        loop, delay = asyncio.get_running_loop(), number % 10 / 100
        start = loop.time()
        return await ff.sleep(delay, number), loop.time() - start - delay

    async def main() -> list[tuple[int, float]]:
        return await asyncio.gather(*map(one, range(10_000)))

    ended = run(main, loop_factory)
    assert [number for number, _ in ended] == list(range(10_000))
    assert min(late for _, late in ended) >= -0.001


class TestCancel:
    """CancelledError reaches the waiter at any moment, once, and nothing else does."""

    @pytest.mark.parametrize("delay", [0, 0.01, 3600])
    def test_l16_before_the_start(self, delay: float, loop_factory: LoopFactory) -> None:
        async def main() -> None:
            task = asyncio.create_task(ff.sleep(delay))
            if not task.done():  # An eager task that lets go only once has begun already.
                assert task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        run(main, loop_factory)

    @pytest.mark.parametrize("turns", [1, 2, 3])
    def test_l16_soon_after_the_start(self, turns: int, loop_factory: LoopFactory) -> None:
        async def main() -> None:
            task = asyncio.create_task(ff.sleep(3600))
            for _ in range(turns):
                await asyncio.sleep(0)
            assert task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        run(main, loop_factory)

    @pytest.mark.parametrize("turns", range(5))
    def test_l19_in_the_tick_in_which_it_ends(self, turns: int, loop_factory: LoopFactory) -> None:
        """The answer has come and waits to be delivered, is delivered, or has reached its task."""

        async def main() -> None:
            task = asyncio.create_task(ff.sleep(0.001, "awake"))
            before = bridge_counters()["completions"]
            await asyncio.sleep(0)
            while bridge_counters()["completions"] == before:
                pass  # Not a turn of the loop until the I/O thread has handed the answer over.
            for _ in range(turns):
                await asyncio.sleep(0)
            if task.cancel():
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                assert task.result() == "awake"
            assert await ff.sleep(0.001, "still works") == "still works"

        run(main, loop_factory)

    def test_a_task_that_goes_on_after_a_cancel(self, loop_factory: LoopFactory) -> None:
        async def main() -> list[object]:
            seen: list[object] = []

            async def stubborn() -> None:
                for result in range(3):
                    try:
                        seen.append(await ff.sleep(0.01 if result else 3600, result))
                    except asyncio.CancelledError:
                        seen.append("cancelled")

            task = asyncio.create_task(stubborn())
            await asyncio.sleep(0)
            task.cancel()
            await task
            return seen

        assert run(main, loop_factory) == ["cancelled", 1, 2]

    def test_some_of_many_at_random_moments(self, loop_factory: LoopFactory) -> None:
        chance = random.Random(7)

        async def main() -> None:
            loop = asyncio.get_running_loop()
            # However busy the machine, some have not ended of their own.
            seconds = [3600 if number % 100 == 0 else chance.uniform(0, 0.1) for number in range(2_000)]
            tasks = [asyncio.create_task(ff.sleep(seconds[number], number)) for number in range(2_000)]
            cancelled: set[int] = set()

            def cancel(number: int) -> None:
                if tasks[number].cancel():
                    cancelled.add(number)

            # And one ends of its own before any is cancelled.
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for number in range(2_000):
                loop.call_later(chance.uniform(0, 0.12), cancel, number)
            async with asyncio.timeout(PATIENCE):
                ended = await asyncio.gather(*tasks, return_exceptions=True)
            for number, result in enumerate(ended):
                if number in cancelled:
                    assert isinstance(result, asyncio.CancelledError)
                else:
                    assert result == number
            assert 0 < len(cancelled) < 2_000

        run(main, loop_factory)
