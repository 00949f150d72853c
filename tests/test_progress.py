"""`Progress`: the numbers that follow from the counts, and the line that shows them."""

import asyncio
import copy
import dataclasses
import doctest
import math
import pickle
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Progress, _progress
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.routes import RouteServer


def progress(*, total: int | None = 1000, done: int = 0, elapsed: float = 0.0, **more: Any) -> Progress:
    return Progress(
        total=total, done=done, ok=done, failed=0, in_flight=7, bytes=1234, elapsed=elapsed, **more
    )


def test_halfway() -> None:
    half = progress(done=500, elapsed=2.0)
    assert (half.fraction, half.rate, half.eta) == (0.5, 250.0, 2.0)
    assert str(half) == "  500/1,000   50%  500 ok, 0 failed  7 in flight  1.23 kB  250/s  2 s left"


def test_nothing_done_has_no_rate_and_no_end_in_sight() -> None:
    for start in (progress(), progress(elapsed=1.0), progress(done=1)):
        assert start.rate == 0.0
        assert start.eta is None
        assert "left" not in str(start)


def test_all_done() -> None:
    end = progress(done=1000, elapsed=4.0)
    assert (end.fraction, end.eta) == (1.0, 0.0)
    assert str(end) == "1,000/1,000  100%  1,000 ok, 0 failed  1.23 kB  250/s  in 4 s"


def test_an_empty_batch_is_done() -> None:
    empty = progress(total=0)
    assert (empty.fraction, empty.rate, empty.eta) == (1.0, 0.0, 0.0)


def test_a_hundred_per_cent_means_all() -> None:
    assert " 99%" in str(progress(total=100_000, done=99_999, elapsed=1.0))


def test_a_total_that_is_not_known() -> None:
    for some in (progress(total=None, done=1500, elapsed=3.0), progress(total=None)):
        assert (some.fraction, some.eta) == (None, None)
    assert some.rate == 0.0
    assert str(some) == "0  0 ok, 0 failed  7 in flight  1.23 kB  0/s"
    assert str(progress(total=None, done=1500, elapsed=3.0)).startswith("1,500  1,500 ok")


def test_what_waits_is_shown_where_something_does() -> None:
    some = progress(done=500, elapsed=2.0, queued=478, waiting=15)
    assert (
        str(some) == "  500/1,000   50%  500 ok, 0 failed  7 in flight, 15 waiting  1.23 kB  250/s  2 s left"
    )
    assert "waiting" not in str(progress(done=500, queued=478))


def test_the_host_that_is_paused_for_longest_is_shown() -> None:
    one = progress(total=None, paused={"a.test": 12.34})
    assert str(one).endswith("  0/s  paused: a.test for 12.3 s")
    three = progress(total=None, paused={"a.test": 12.34, "b.test:8443": 125.0, "c.test": 1.0})
    assert str(three).endswith("  0/s  paused: b.test:8443 for 2 min 5 s and 2 more")
    assert "paused" not in str(progress())


def test_what_failed_is_named_the_most_frequent_first() -> None:
    some = progress(done=1)
    kinds = {"DNSError": 4, "ReadTimeout": 8}
    failed = dataclasses.replace(some, done=13, failed=12, errors=kinds)
    assert "  1 ok, 12 failed: 8 ReadTimeout, 4 DNSError  " in str(failed)
    refused = dataclasses.replace(failed, done=113, statuses={404: 90, 500: 10})
    text = "  1 ok, 100 error status, 12 failed: 90 x 404, 10 x 500, 8 ReadTimeout and 1 more  "
    assert text in str(refused)


def test_names_that_others_have_given_are_printable() -> None:
    hostile = progress(errors={"A\x1b[31m\n": 1}, paused={"a\r\x07.test": 1.0})
    assert str(hostile).isprintable()


def test_the_time_left_follows_the_current_rate() -> None:
    slow = progress(done=500, elapsed=2.0, current_rate=100.0)
    assert (slow.rate, slow.current_rate, slow.eta) == (250.0, 100.0, 5.0)
    assert str(slow).endswith("  100/s  5 s left")
    stuck = progress(done=500, elapsed=2.0, current_rate=0.0)
    assert stuck.eta is None
    hardly = progress(done=1, elapsed=1.0, current_rate=5e-324)
    assert hardly.eta is None
    assert "left" not in str(hardly)
    assert str(stuck).endswith("  0/s")


def test_the_current_rate_is_that_of_the_last_seconds() -> None:
    pace = _progress.Pace()
    assert pace.look(0.0, 0) is None
    # Ten a second for ten seconds, then one.
    rates = [pace.look(tenth / 10, min(tenth, 100 + (tenth - 100) // 10)) for tenth in range(1, 300)]
    assert rates[:3] == pytest.approx([10, 10, 10])
    assert rates[99] == pytest.approx(10)
    assert 1 < (rates[120] or 0) < 10
    assert rates[200] == pytest.approx(1, abs=0.2)
    # As much as five seconds need, and no more.
    assert len(pace._looks) <= 60


def test_the_first_look_and_one_after_a_long_time_are_over_all_of_it() -> None:
    pace = _progress.Pace()
    assert pace.look(100.0, 1_000) == 10.0
    assert pace.look(200.0, 1_100) == 1.0
    assert pace.look(200.0, 1_100) == 1.0


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 1_000)), max_size=50))
def test_a_pace_is_never_negative_and_no_faster_than_the_fastest(steps: list[tuple[float, int]]) -> None:
    pace, elapsed, done = _progress.Pace(), 0.0, 0
    fastest = 0.0
    for seconds, more in steps:
        elapsed, done = elapsed + seconds, done + more
        rate = pace.look(elapsed, done)
        fastest = max(fastest, more / seconds if seconds else math.inf if more else 0.0)
        assert rate is None or 0 <= rate <= fastest * 1.001


def test_the_counters_by_their_names() -> None:
    class Native:
        def counters(self) -> tuple[object, ...]:
            return (1, 2, 3, 40, {404: 2, 500: 3}, {"DNSError": 2, "ReadTimeout": 4}, 7000)

        def paused(self) -> dict[str, float]:
            return {"a.test": 1.5}

    native: Any = Native()
    some = _progress.snapshot(native, None, 2.5, _progress.Pace())
    assert (list(some.errors), list(some.statuses)) == (["ReadTimeout", "DNSError"], [500, 404])
    assert some == Progress(
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
        errors={"DNSError": 2, "ReadTimeout": 4},
        statuses={404: 2, 500: 3},
        current_rate=20.4,
    )


def test_copies_are_equal() -> None:
    some = progress(done=3, paused={"a.test": 1.5}, errors={"A": 1}, statuses={404: 1}, current_rate=1.0)
    for twin in (pickle.loads(pickle.dumps(some)), copy.copy(some), copy.deepcopy(some)):
        assert (twin, hash(twin), str(twin)) == (some, hash(some), str(some))


def test_it_is_a_snapshot() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        progress().done = 5  # type: ignore[misc]
    assert progress() == progress()


@pytest.mark.parametrize("face", ["gather", "as_completed"])
def test_what_fails_is_counted_by_kind(face: str, route_server: RouteServer) -> None:
    codes = [404, 404, 503, 200]
    urls = ["nope", *(f"{route_server.url}/status/{code}" for code in codes), "http://127.0.0.1:1/", "no"]

    def read(response: ff.Response) -> None:
        if response.status_code == 200:
            raise LookupError

    async def main() -> Progress:
        if face == "gather":
            batch = ff.Batch(urls, on_response=read)
            await batch
            return batch.progress
        some = ff.as_completed(urls, on_response=read)
        assert len([response async for response in some]) == 7
        return some.progress

    some = asyncio.run(main())
    assert (some.done, some.ok, some.failed) == (7, 0, 4)
    assert some.errors == {"InvalidURL": 2, "ConnectionRefused": 1, "LookupError": 1}
    assert some.statuses == {404: 2, 503: 1}
    assert next(iter(some.errors)) == "InvalidURL"


def test_the_examples_in_the_docstrings() -> None:
    outcome = doctest.testmod(_progress)
    assert outcome.attempted
    assert not outcome.failed
