"""How many requests begin in what time, by the server's own clock, and which limits are those of a host."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Batch, Client, HostLimits, Limits, Retry

from tests.scripted import YES, Crowd, Script, busy, most_at_once
from tests.servers.messages import Request
from tests.servers.routes import Coming, Route, RouteServer

BUSY_MACHINE = 0.05
"""How many seconds late or early, against its neighbours, a request may be seen."""

Fetched = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture
def other_server() -> Iterator[RouteServer]:
    """A server on another port, which is another host here."""
    with RouteServer() as server:
        yield server


async def by_gather(urls: list[str], **limits: Any) -> None:
    async with Client() as client:
        await client.gather(urls, **limits)


async def by_batch(urls: list[str], **limits: Any) -> None:
    async with Client() as client:
        await Batch(urls, client=client, **limits)


async def by_as_completed(urls: list[str], **limits: Any) -> None:
    async with Client() as client:
        async for _ in client.as_completed(urls, **limits):
            pass


async def by_client(urls: list[str], **limits: Any) -> None:
    async with Client(limits=Limits(**limits)) as client:
        await client.gather(urls)


async def by_two_calls(urls: list[str], **limits: Any) -> None:
    async with Client(limits=Limits(**limits)) as client:
        half = len(urls) // 2
        await asyncio.gather(client.gather(urls[:half]), by_reading(client, urls[half:]))


async def by_reading(client: Client, urls: list[str]) -> None:
    async for _ in client.as_completed(urls):
        pass


async def one_by_one(urls: list[str], **limits: Any) -> None:
    async with Client(limits=Limits(**limits)) as client:
        await asyncio.gather(*(client.get(url) for url in urls))


EVERY_WAY = pytest.mark.parametrize(
    "fetched", [by_gather, by_batch, by_as_completed, by_client, by_two_calls, one_by_one]
)


CALLS: list[Callable[..., object]] = [
    lambda **limits: Batch([], **limits),
    lambda **limits: ff.as_completed([], **limits),
    lambda **limits: asyncio.run(ff.gather([], **limits)),
]


def check(times: list[float], rate: float, burst: int) -> None:
    """In no window more than `burst` and what the rate gives; and over all of it no fewer either.

    What a timer's tick of a millisecond or two loses is made good out of the burst, as far as that goes.
    """
    assert most_at_once(times, rate) <= burst + rate * BUSY_MACHINE
    expected, span = (len(times) - burst) / rate, max(times) - min(times)
    lost = 0.003 * len(times) / burst
    assert 0.97 * expected - BUSY_MACHINE < span < 1.05 * expected + lost + BUSY_MACHINE


class TestRate:
    @EVERY_WAY
    @pytest.mark.parametrize(("limits", "burst"), [({}, 10), ({"burst": 1}, 1), ({"burst": 40}, 40)])
    def test_in_all(
        self,
        fetched: Fetched,
        limits: Mapping[str, int],
        burst: int,
        route_server: RouteServer,
        other_server: RouteServer,
    ) -> None:
        """Unless told, as many may begin at once as in a twentieth of a second."""
        seen = Script()
        route_server.routes["/seen"] = other_server.routes["/seen"] = seen
        urls = [f"{server.url}/seen" for server in (route_server, other_server)] * 60
        asyncio.run(fetched(urls, rate=200, **limits))
        assert len(seen.times) == 120
        check(seen.times, 200, burst)

    @EVERY_WAY
    def test_of_each_host(
        self, fetched: Fetched, route_server: RouteServer, other_server: RouteServer
    ) -> None:
        route_server.routes["/seen"] = here = Script()
        other_server.routes["/seen"] = there = Script()
        urls = [f"{server.url}/seen" for server in (route_server, other_server)] * 60
        asyncio.run(fetched(urls, per_host_rate=100, burst=5))
        for seen in (here, there):
            assert len(seen.times) == 60
            check(seen.times, 100, 5)

    def test_of_both_together(self, route_server: RouteServer, other_server: RouteServer) -> None:
        route_server.routes["/seen"] = here = Script()
        other_server.routes["/seen"] = there = Script()
        urls = [f"{server.url}/seen" for server in (route_server, other_server)] * 60
        asyncio.run(by_gather(urls, rate=150, per_host_rate=100, burst=1))
        check(sorted(here.times + there.times), 150, 1)
        for seen in (here, there):
            assert most_at_once(seen.times, 100) <= 1 + 100 * BUSY_MACHINE

    def test_less_than_one_a_second_begins_with_one(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with Client() as client:
                async for response in client.as_completed([f"{route_server.url}/json/a"] * 3, rate=0.01):
                    assert response.ok
                    break

        asyncio.run(main())
        assert len(route_server.ledger.requests) == 1

    def test_it_holds_over_calls_one_after_another(self, route_server: RouteServer) -> None:
        """A second call finds no fresh burst."""
        route_server.routes["/seen"] = seen = Script()

        async def main() -> None:
            async with Client(limits=Limits(rate=200, burst=10)) as client:
                for _ in range(12):
                    await client.gather([f"{route_server.url}/seen"] * 10)

        asyncio.run(main())
        check(seen.times, 200, 10)

    def test_another_attempt_counts_as_well(self, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = seen = Script(*[busy()] * 20, YES)
        retry = Retry(attempts=30, backoff=0.001, max_wait=0.01, budget=None)
        asyncio.run(by_gather([f"{route_server.url}/flaky"] * 40, rate=100, burst=1, retry=retry))
        assert len(seen.times) == 60
        check(seen.times, 100, 1)

    def test_a_call_may_be_faster_than_its_client(self, route_server: RouteServer) -> None:
        route_server.routes["/seen"] = seen = Script()

        async def main() -> None:
            async with Client(limits=Limits(rate=1)) as client:
                await client.gather([f"{route_server.url}/seen"] * 60, rate=200, burst=1)

        asyncio.run(main())
        check(seen.times, 200, 1)


class TestMinDelay:
    @EVERY_WAY
    def test_between_the_starts(
        self, fetched: Fetched, route_server: RouteServer, other_server: RouteServer
    ) -> None:
        """Of one host; and a start waits for no answer."""
        servers, scripts, crowd = (route_server, other_server), (Script(), Script()), Crowd(hold=0.15)
        for server, seen in zip(servers, scripts, strict=True):
            server.routes["/seen"] = noting(seen, crowd)
        asyncio.run(fetched([f"{server.url}/seen" for server in servers] * 8, min_delay=0.05))
        for seen in scripts:
            check(seen.times, 20, 1)
            assert min(seen.gaps) > 0.05 - 0.03
        assert min(crowd.peak.values()) > 1


def noting(seen: Script, crowd: Crowd) -> Route:
    """A route that notes when requests came, and holds them in a crowd."""

    def route(request: Request) -> Coming:
        seen(request)
        return crowd(request)

    return route


def peaks(server: RouteServer, names: Iterable[str], crowd: Crowd, **options: Any) -> dict[str, int]:
    """The most requests at once to each of these hosts, as the crowd counts behind a proxy."""
    server.routes["http:/"] = crowd  # A proxy is asked for whole URLs.
    urls = [f"http://{name}/" for name in names] * 12

    async def main() -> None:
        async with Client(proxy=server.url) as client:
            results = await client.gather(urls, concurrency=1_000, **options)
            assert results.counts == {200: len(urls)}

    asyncio.run(main())
    return dict(crowd.peak)


class TestHosts:
    LIMITS: Mapping[str, HostLimits] = {
        "api.example.com": HostLimits(concurrency=2),
        "api.example.com:8443": HostLimits(concurrency=3),
        ".example.com": HostLimits(concurrency=4),
        ".deep.example.com": HostLimits(concurrency=1),
        "Upper.Test": HostLimits(concurrency=5),
        "free.test": HostLimits(concurrency=None),
    }
    PEAKS: Mapping[str, int] = {
        "api.example.com": 2,
        "api.example.com:81": 2,
        "api.example.com:8443": 3,
        "example.com": 4,
        "www.example.com": 4,
        "a.www.example.com": 4,
        "deep.example.com": 1,
        "x.deep.example.com": 1,
        "notexample.com": 6,
        "example.com.test": 6,
        "upper.test": 5,
        "free.test": 12,
    }

    def test_the_most_specific_wins(self, route_server: RouteServer) -> None:
        crowd = Crowd(hold=0.1)
        assert peaks(route_server, self.PEAKS, crowd, per_host=6, hosts=self.LIMITS) == self.PEAKS

    def test_of_a_client(self, route_server: RouteServer) -> None:
        crowd = Crowd(hold=0.1)
        route_server.routes["/"] = crowd
        urls = [f"http://{host}/" for host in ("api.example.com", "b.test")] * 30

        async def main() -> None:
            limits = Limits(per_host=6, hosts=self.LIMITS)
            resolve = dict.fromkeys(("api.example.com", "b.test"), route_server.url.removeprefix("http://"))
            async with Client(resolve=resolve, limits=limits) as client:
                await asyncio.gather(*(client.get(url) for url in urls))

        asyncio.run(main())
        assert crowd.peak == {"api.example.com": 2, "b.test": 6}

    def test_an_address_and_its_port(self, route_server: RouteServer, other_server: RouteServer) -> None:
        hosts = {f"127.0.0.1:{route_server.port}": HostLimits(concurrency=2)}
        urls = [f"{server.url}/delay/0.02" for server in (route_server, other_server)] * 30
        asyncio.run(by_gather(urls, per_host=5, hosts=hosts))
        assert (route_server.traffic.peak, other_server.traffic.peak) == (2, 5)

    def test_rate_and_min_delay(self, route_server: RouteServer, other_server: RouteServer) -> None:
        route_server.routes["/seen"] = quick = Script()
        other_server.routes["/seen"] = slow = Script()
        hosts = {
            route_server.url.removeprefix("http://"): HostLimits(rate=100, burst=5),
            other_server.url.removeprefix("http://"): HostLimits(min_delay=0.05),
        }
        urls = [*[f"{route_server.url}/seen"] * 60, *[f"{other_server.url}/seen"] * 8]
        asyncio.run(by_gather(urls, hosts=hosts))
        check(quick.times, 100, 5)
        check(slow.times, 20, 1)


class TestPerSite:
    """By the public suffix list, with its private part: whoever can register below it is a site."""

    HOSTS = (
        "a.example.co.uk",
        "b.example.co.uk:81",
        "example.co.uk",
        "other.co.uk",
        "a.github.io",
        "b.github.io",
    )

    def test_a_site_is_one_host(self, route_server: RouteServer) -> None:
        def site(request: Request) -> str:
            host = request.headers["host"]
            return "example" if "example" in host else host

        crowd = Crowd(site, hold=0.03)
        seen = peaks(route_server, self.HOSTS, crowd, per_host=3, per_site=True)
        assert seen == {"example": 3, "other.co.uk": 3, "a.github.io": 3, "b.github.io": 3}

    def test_without_it_is_several(self, route_server: RouteServer) -> None:
        crowd = Crowd(hold=0.03)
        assert peaks(route_server, self.HOSTS, crowd, per_host=3) == dict.fromkeys(self.HOSTS, 3)

    def test_addresses_are_no_names(self, route_server: RouteServer) -> None:
        """The last two numbers of an address are not its domain."""
        hosts = ("192.0.2.1", "198.51.2.1", "[2001:db8::1]")
        seen = peaks(route_server, hosts, Crowd(hold=0.03), per_host=3, per_site=True)
        assert seen == dict.fromkeys(hosts, 3)

    def test_rates_are_shared(self, route_server: RouteServer) -> None:
        crowd, began = Crowd(lambda _: "all", hold=0), Script()
        route_server.routes["/"] = noting(began, crowd)
        hosts = ["a.example.co.uk", "b.example.co.uk"]
        resolve = dict.fromkeys(hosts, route_server.url.removeprefix("http://"))

        async def main() -> None:
            async with Client(resolve=resolve, limits=Limits(per_site=True)) as client:
                await client.gather([f"http://{host}/" for host in hosts] * 30, per_host_rate=100, burst=5)

        asyncio.run(main())
        check(began.times, 100, 5)


class TestWrong:
    """What a call is told is checked as `Limits` checks it."""

    @pytest.mark.parametrize("name", ["rate", "per_host_rate", "min_delay"])
    @pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "5", True, [5]], ids=repr)
    def test_numbers(self, name: str, value: Any) -> None:
        for call in CALLS:
            with pytest.raises((TypeError, ValueError), match=f"^{name}: expected .*, got "):
                call(**{name: value})

    @pytest.mark.parametrize("value", [0, -1, "5", True, 1.5], ids=repr)
    def test_burst(self, value: Any) -> None:
        for call in CALLS:
            with pytest.raises((TypeError, ValueError), match=r"^burst: expected .*, got "):
                call(rate=5, burst=value)

    def test_a_burst_of_no_rate(self) -> None:
        for call in CALLS:
            with pytest.raises(ValueError, match=r"^burst: expected .*rate"):
                call(burst=5)

    @pytest.mark.parametrize(
        "value",
        [
            5,
            ["a.test"],
            {5: HostLimits()},
            {"a.test": 5},
            {"": HostLimits()},
            {"http://a.test": HostLimits()},
        ],
        ids=repr,
    )
    def test_hosts(self, value: Any) -> None:
        for call in CALLS:
            with pytest.raises((TypeError, ValueError), match=r"^hosts.*: expected "):
                call(hosts=value)

    @pytest.mark.parametrize("value", ["yes", 1, []], ids=repr)
    def test_per_site(self, value: Any) -> None:
        for call in CALLS:
            with pytest.raises(TypeError, match=r"^per_site: expected True or False.*, got "):
                call(per_site=value)

    @pytest.mark.parametrize("value", ["fast", "AUTO", "", 0, -1, 1.5, True], ids=repr)
    def test_per_host(self, value: Any) -> None:
        for call in CALLS:
            with pytest.raises((TypeError, ValueError), match=r"^per_host: expected .*, got "):
                call(per_host=value)
