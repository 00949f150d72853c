"""What `as_completed` tells of itself: how far it has come, and what has ended it."""

import asyncio
import itertools
from pathlib import Path
from types import SimpleNamespace

import fastfetch as ff
import pytest
from fastfetch import CheckpointError, _completed

from tests.servers.routes import RouteServer


@pytest.fixture
def urls(route_server: RouteServer) -> list[str]:
    """Three URLs."""
    return [f"{route_server.url}/json/{name}" for name in "abc"]


def test_the_total_of_what_has_a_length(urls: list[str]) -> None:
    async def main() -> None:
        some = ff.as_completed(urls)
        assert some.progress.total == 3
        assert [some.progress.total async for _ in some] == [3, 3, 3]
        assert some.progress.total == 3

    asyncio.run(main())


def test_the_total_is_known_at_the_end_of_the_source(urls: list[str]) -> None:
    async def main() -> None:
        some = ff.as_completed(iter(urls * 5), window=4)
        totals = [some.progress.total, *[some.progress.total async for _ in some], some.progress.total]
        assert (totals[:2], totals[-2:]) == ([None, None], [15, 15])

    asyncio.run(main())


def test_the_counters_after_the_end(urls: list[str], route_server: RouteServer) -> None:
    async def main() -> None:
        some = ff.as_completed([*urls, f"{route_server.url}/status/404", "not a url"])
        responses = [response async for response in some]
        at_end = some.progress
        assert (at_end.done, at_end.ok, at_end.failed, at_end.queued, at_end.in_flight) == (5, 3, 1, 0, 0)
        assert at_end.bytes == sum(len(response.content) for response in responses if not response.error)

    asyncio.run(main())


def test_the_time_stands_still_before_and_after(urls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr(_completed, "time", SimpleNamespace(monotonic=lambda: next(clock)))

    async def main() -> None:
        some = ff.as_completed(urls)
        assert some.progress.elapsed == 0.0
        await anext(some)
        assert (some.progress.elapsed, some.progress.elapsed) == (1, 2)
        assert len([response async for response in some]) == 2
        assert (some.progress.elapsed, some.progress.elapsed) == (3, 3)

    asyncio.run(main())


def test_what_ends_all_is_raised_once(urls: list[str], tmp_path: Path) -> None:
    foreign = tmp_path / "job.db"
    foreign.write_text("something else")

    async def main() -> None:
        some = ff.as_completed(urls, checkpoint=foreign)
        with pytest.raises(CheckpointError, match=r"job\.db"):
            await anext(some)
        assert [response async for response in some] == []

    asyncio.run(main())


def test_a_wait_that_is_cut_short_ends_nothing(urls: list[str], route_server: RouteServer) -> None:
    async def main() -> None:
        some = ff.as_completed([f"{route_server.url}/gate/shut", urls[0]])
        assert (await anext(some)).url == urls[0]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(some), 0.01)
        route_server.open_gate("shut")
        assert (await anext(some)).ok

    asyncio.run(main())
