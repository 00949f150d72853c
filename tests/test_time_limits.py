"""Every argument in seconds, with every number there is: it is refused, or it is kept (rule L30).

That clocks may be set meanwhile is tested where clocks are set; what is slept is in `test_sleep.py`.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Client, Limits, Request, Retry, Timeout, sync

from tests.amounts import SLACK
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

NAN, INFINITY = float("nan"), float("inf")
LARGE = [1e9, 1e300, 2**63, 2**64, 10**400, 1.7976931348623157e308]
SMALL = [5e-324, 1e-9, 1e-6]

Take = Callable[[Any], object]

# The first are bounds, of which there may be none; the others are times to wait, and for ever is none.
BOUNDS: dict[str, Take] = {
    "client": lambda value: Client(timeout=value),
    "total": lambda value: Client(timeout=Timeout(total=value)),
    "connect": lambda value: Client(timeout=Timeout(connect=value)),
    "read": lambda value: Client(timeout=Timeout(read=value)),
    "write": lambda value: Client(timeout=Timeout(write=value)),
    "pool": lambda value: Client(timeout=Timeout(pool=value)),
    "request": lambda value: Request("GET", "http://a.test/", timeout=value),
    "batch": lambda value: ff.Batch(["http://a.test/"], timeout=value),
    "deadline": lambda value: ff.Batch(["http://a.test/"], deadline=value),
    "keepalive": lambda value: Client(keepalive=value),
    "idle_timeout": lambda value: Client(idle_timeout=value),
}
WAITS: dict[str, Take] = {
    "backoff": lambda value: Client(retry=Retry(backoff=value)),
    "max_wait": lambda value: Client(retry=Retry(max_wait=value)),
    "min_delay": lambda value: Client(limits=Limits(min_delay=value)),
    "rate": lambda value: Client(limits=Limits(rate=value)),
    "per_host_rate": lambda value: Client(limits=Limits(per_host_rate=value)),
}

BOUND = pytest.mark.parametrize("take", BOUNDS.values(), ids=BOUNDS)
WAIT = pytest.mark.parametrize("take", WAITS.values(), ids=WAITS)
ANY = pytest.mark.parametrize("take", [*BOUNDS.values(), *WAITS.values()], ids=[*BOUNDS, *WAITS])


@ANY
@pytest.mark.parametrize(
    "value", [NAN, -NAN, -1, -1e-300, -INFINITY, -(10**400)], ids=lambda each: str(each)[:9]
)
def test_l30_no_time_is_refused(take: Take, value: float) -> None:
    with pytest.raises(ValueError, match=r": expected a .*number.*, got "):
        take(value)


@BOUND
@pytest.mark.parametrize("value", [0, -0.0, 0.0], ids=repr)
def test_l30_a_bound_of_zero_is_refused(take: Take, value: float) -> None:
    with pytest.raises(ValueError, match="expected a positive number of seconds, got "):
        take(value)


@BOUND
@pytest.mark.parametrize("value", [None, INFINITY, *LARGE, *SMALL], ids=lambda each: str(each)[:9])
def test_l30_a_bound_may_be_none_or_any_size(take: Take, value: Any) -> None:
    take(value)


@WAIT
def test_l30_what_is_waited_is_finite(take: Take) -> None:
    for value in (INFINITY, 10**400):
        with pytest.raises(ValueError, match=r": expected a .*number.*, got "):
            take(value)
    take(1e300)
    take(5e-324)


@pytest.mark.parametrize("value", [None, INFINITY, *LARGE], ids=lambda each: str(each)[:9])
def test_l30_no_bound_holds_nobody_up(value: Any, route_server: RouteServer) -> None:
    url, all_of_it = f"{route_server.url}/json/a", Timeout(value, value, value, value, value)
    with sync.Client(timeout=all_of_it, keepalive=value, idle_timeout=value) as client:
        assert client.get(url).ok
        assert client.get(url, timeout=value).ok
        assert client.gather([url], deadline=value, timeout=value).counts == {200: 1}
    assert route_server.ledger.accepted == 1


@pytest.mark.parametrize("value", SMALL, ids=repr)
def test_l30_the_smallest_bound_is_over_at_once(value: float, route_server: RouteServer) -> None:
    never, since = f"{route_server.url}/never", time.monotonic()
    with sync.Client() as client:
        with pytest.raises(ff.TotalTimeout):
            client.get(never, timeout=value)
        with pytest.raises(ff.ReadTimeout):
            client.get(never, timeout=Timeout(read=value))
        assert client.gather([never] * 3, deadline=value).counts == {"TotalTimeout": 3}
    assert time.monotonic() - since < 4 * 0.1 + SLACK


@pytest.mark.parametrize("value", [1e10, 1e300, 10**307], ids=["1e10", "1e300", "10**307"])
def test_l30_a_wait_beyond_all_clocks_can_be_cut_short(value: float, route_server: RouteServer) -> None:
    route_server.routes["/busy"] = Answer(b"", 503)
    slow = [
        Limits(min_delay=value),
        Limits(rate=1 / value, burst=1),
        Limits(per_host_rate=1 / value, burst=1),
    ]

    async def main() -> None:
        async with Client(retry=Retry(backoff=value, max_wait=value, jitter=0)) as client:
            waiting = asyncio.wait_for(client.get(f"{route_server.url}/busy"), 0.1)
            if value < 1e12:
                with pytest.raises(TimeoutError):
                    await waiting
            else:
                # No clock reaches the next attempt, so the first one stands.
                assert (await waiting).status_code == 503
        for limits in slow:
            async with Client(limits=limits) as client:
                assert (await client.get(f"{route_server.url}/json/a")).ok
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(client.get(f"{route_server.url}/json/a"), 0.1)

    asyncio.run(main())
    assert [request.path for request in route_server.ledger.requests] == ["/busy", *["/json/a"] * 3]


def test_l30_the_fastest_rate_holds_nobody_up(route_server: RouteServer) -> None:
    for limits in (Limits(rate=1e300), Limits(per_host_rate=1e300), Limits(min_delay=5e-324)):
        with sync.Client(limits=limits) as client:
            assert client.gather([f"{route_server.url}/json/a"] * 20).counts == {200: 20}
