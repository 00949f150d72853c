"""`Progress`: the numbers that follow from the counts, and the line that shows them."""

import copy
import dataclasses
import doctest
import pickle
from typing import Any

import pytest
from fastfetch import Progress, _progress


def progress(*, total: int | None = 1000, done: int = 0, elapsed: float = 0.0, **more: Any) -> Progress:
    return Progress(
        total=total, done=done, ok=done, failed=0, in_flight=7, bytes=1234, elapsed=elapsed, **more
    )


def test_halfway() -> None:
    half = progress(done=500, elapsed=2.0)
    assert (half.fraction, half.rate, half.eta) == (0.5, 250.0, 2.0)
    assert str(half) == "  500/1,000   50%  500 ok, 0 failed, 7 in flight  1.23 kB  250/s  2 s left"


def test_nothing_done_has_no_rate_and_no_end_in_sight() -> None:
    for start in (progress(), progress(elapsed=1.0), progress(done=1)):
        assert start.rate == 0.0
        assert start.eta is None
        assert "left" not in str(start)


def test_all_done() -> None:
    end = progress(done=1000, elapsed=4.0)
    assert (end.fraction, end.eta) == (1.0, 0.0)
    assert str(end).startswith("1,000/1,000  100%")


def test_an_empty_batch_is_done() -> None:
    empty = progress(total=0)
    assert (empty.fraction, empty.rate, empty.eta) == (1.0, 0.0, 0.0)


def test_a_hundred_per_cent_means_all() -> None:
    assert " 99%" in str(progress(total=100_000, done=99_999, elapsed=1.0))


def test_a_total_that_is_not_known() -> None:
    for some in (progress(total=None, done=1500, elapsed=3.0), progress(total=None)):
        assert (some.fraction, some.eta) == (None, None)
    assert some.rate == 0.0
    assert str(some) == "0  0 ok, 0 failed, 7 in flight  1.23 kB  0/s"
    assert str(progress(total=None, done=1500, elapsed=3.0)).startswith("1,500  1,500 ok")


def test_what_waits_is_shown_where_something_does() -> None:
    some = progress(done=500, elapsed=2.0, queued=478, waiting=15)
    assert (
        str(some) == "  500/1,000   50%  500 ok, 0 failed, 7 in flight, 15 waiting  1.23 kB  250/s  2 s left"
    )
    assert "waiting" not in str(progress(done=500, queued=478))


def test_the_host_that_is_paused_for_longest_is_shown() -> None:
    one = progress(total=None, paused={"a.test": 12.34})
    assert str(one).endswith("  0/s  paused: a.test for 12.3 s")
    three = progress(total=None, paused={"a.test": 12.34, "b.test:8443": 125.0, "c.test": 1.0})
    assert str(three).endswith("  0/s  paused: b.test:8443 for 2 min 5 s and 2 more")
    assert "paused" not in str(progress())


def test_the_counters_by_their_names() -> None:
    class Native:
        def counters(self) -> tuple[int, ...]:
            return (1, 2, 3, 40, 5, 6, 7000)

        def paused(self) -> dict[str, float]:
            return {"a.test": 1.5}

    native: Any = Native()
    assert _progress.snapshot(native, None, 2.5) == Progress(
        total=None,
        queued=1,
        in_flight=2,
        waiting=3,
        done=51,
        ok=40,
        failed=6,
        bytes=7000,
        elapsed=2.5,
        paused={"a.test": 1.5},
    )


def test_copies_are_equal() -> None:
    some = progress(done=3, paused={"a.test": 1.5})
    for twin in (pickle.loads(pickle.dumps(some)), copy.copy(some), copy.deepcopy(some)):
        assert (twin, hash(twin), str(twin)) == (some, hash(some), str(some))


def test_it_is_a_snapshot() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        progress().done = 5  # type: ignore[misc]
    assert progress() == progress()


def test_the_examples_in_the_docstrings() -> None:
    outcome = doctest.testmod(_progress)
    assert outcome.attempted
    assert not outcome.failed
