"""`Progress`: the numbers that follow from the counts, and the line that shows them."""

import dataclasses
import doctest

import pytest
from fastfetch import Progress, _progress


def progress(*, total: int = 1000, done: int = 0, elapsed: float = 0.0) -> Progress:
    return Progress(total=total, done=done, ok=done, failed=0, in_flight=7, bytes=1234, elapsed=elapsed)


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


def test_it_is_a_snapshot() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        progress().done = 5  # type: ignore[misc]
    assert progress() == progress()


def test_the_examples_in_the_docstrings() -> None:
    outcome = doctest.testmod(_progress)
    assert outcome.attempted
    assert not outcome.failed
