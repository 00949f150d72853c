"""Wherever the other side falls silent, the timeout that is for it ends the wait: by its name and on time."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest

from tests.amounts import SLACK, TORTURE, times
from tests.figures import Measured
from tests.servers.silent import full_port, silent_name_server
from tests.servers.tls import Authority
from tests.stalls.points import CELLS, PATIENCE, POINTS, Outcome, Point
from tests.stalls.ways import WAYS, Place, Way

pytestmark = pytest.mark.torture

ROUNDS = times(20, 1)
PRECISION = 0.1
"""How many seconds late a timeout may be, with nothing else to do."""

Outcomes = dict[str, list[Outcome]]
Silence = tuple[int | None, str]


@pytest.fixture(scope="module")
def silence() -> Iterator[Silence]:
    """A port that takes no connection, where there can be one, and a name server that does not answer."""
    with full_port() as full, silent_name_server() as name_server:
        yield full, name_server


@pytest.fixture(scope="module")
def come_of(authority: Authority, silence: Silence) -> Callable[[Way], Outcomes]:
    """What has come of the points of a way, by name. All are tried at once, by whichever test asks first."""
    known: dict[Way, Outcomes] = {}

    async def together(place: Place, points: list[Point], number: int) -> list[Outcome]:
        ready = asyncio.Barrier(len(points))
        return await asyncio.gather(*(point.happen(place, ready, str(number)) for point in points))

    def of(way: Way) -> Outcomes:
        if way not in known:
            known[way] = defaultdict(list)
            with Place(way, authority, *silence) as place:
                points = [point for point, other in CELLS if other is way and point.is_possible(place)]
                for number in range(ROUNDS):
                    outcomes = asyncio.run(together(place, points, number))
                    for point, outcome in zip(points, outcomes, strict=True):
                        known[way][point.name].append(outcome)
        return known[way]

    return of


@pytest.mark.parametrize(
    ("point", "way"), [pytest.param(*cell, id=f"{cell[0].name}-{cell[1].name}") for cell in CELLS]
)
def test_ends_on_time(point: Point, way: Way, come_of: Callable[[Way], Outcomes]) -> None:
    outcomes = come_of(way)[point.name]
    if not outcomes:
        pytest.skip("this system's queue of connections has no end")
    for outcome in outcomes:
        error = outcome.error
        assert type(error) is point.kind, f"{error!r}"
        assert error.phase == point.phase, str(error)
        assert point.attempts is None or error.attempts == point.attempts, str(error)
        assert f"{point.part} timeout of {PATIENCE} s" in str(error)
        assert outcome.wall - point.before >= PATIENCE
        if point.counted:
            assert PATIENCE <= error.elapsed <= outcome.wall - point.before
        else:
            assert error.elapsed == 0
    late = sorted(outcome.wall - PATIENCE - point.before for outcome in outcomes)
    if TORTURE:
        assert late[len(late) * 95 // 100 - 1] < PRECISION
    assert late[-1] < PRECISION + SLACK


def test_figures(come_of: Callable[[Way], Outcomes], measured: Measured) -> None:
    late = sorted(
        outcome.wall - PATIENCE - point.before for point, way in CELLS for outcome in come_of(way)[point.name]
    )
    assert len(POINTS) >= 12
    measured(
        f"{len(POINTS)} points of silence on {len(WAYS)} ways, {len(late):,} timeouts of {PATIENCE} s",
        f"each of its class, {late[len(late) * 95 // 100] * 1e3:.0f} ms late at p95,"
        f" {late[-1] * 1e3:.0f} ms at worst",
    )
