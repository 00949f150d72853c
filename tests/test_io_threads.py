"""Hosts spread over several I/O threads: all is as with one."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from fastfetch import TLS, Batch, Client, Limits, TotalTimeout

from tests.conftest import Http2ServerFactory
from tests.programs import running
from tests.programs.exits import EXIT_CODES
from tests.programs.forks import MOMENTS
from tests.servers.everywhere import EveryAddress, url_of
from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority
from tests.test_process import AS_ALLOCATED, Server

VARIABLE = "FASTFETCH_IO_THREADS"
FOUR = ("env", f"{VARIABLE}=4")
HOSTS = 40


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that are made now spread their hosts over four threads."""
    monkeypatch.setenv(VARIABLE, "4")


@pytest.fixture
def everywhere() -> Iterator[EveryAddress]:
    with EveryAddress() as server:
        yield server


def urls(server: EveryAddress, count: int) -> list[str]:
    """URLs of many hosts in turn, each with its number."""
    return [f"{url_of(number % HOSTS, server.port)}/json/{number}" for number in range(count)]


class TestTheirNumber:
    @pytest.mark.parametrize(("said", "most"), [("1", 1), ("2", 2), ("4", 4)])
    def test_they_are_made_when_they_are_needed(self, said: str, most: int, everywhere: EveryAddress) -> None:
        """One host needs no thread but its home, beside the one that batches are led from."""
        counts = running.say("io_threads", everywhere.port, under=("env", f"{VARIABLE}={said}"))
        imported, one, many, again = map(int, counts.split())
        assert (imported, many, again) == (0, most, most)
        assert one <= 2

    def test_one_unless_the_environment_says_more(self, everywhere: EveryAddress) -> None:
        for said in ([f"{VARIABLE}="], ["-u", VARIABLE]):
            assert running.say("io_threads", everywhere.port, under=("env", *said)).split() == [
                "0",
                "1",
                "1",
                "1",
            ]

    @pytest.mark.parametrize("said", ["0", "-1", "65", "1.5", "many", " 2", "²", "9" * 5000])
    def test_what_is_no_such_number_is_named(self, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(VARIABLE, said)
        message = f"{VARIABLE}: expected a whole number from 1 to 64, got {said!r}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            Client()


@pytest.mark.usefixtures("four", "face")
class TestAnswers:
    def test_a_batch_in_order(self, everywhere: EveryAddress) -> None:
        async def main() -> None:
            async with Client() as client:
                results = await client.gather(urls(everywhere, 2_000))
                assert [response.json()["name"] for response in results] == [str(n) for n in range(2_000)]

        asyncio.run(main())

    def test_as_they_complete(self, everywhere: EveryAddress) -> None:
        async def main() -> None:
            async with Client() as client:
                seen = [each.json()["name"] async for each in client.as_completed(urls(everywhere, 2_000))]
                assert sorted(map(int, seen)) == list(range(2_000))

        asyncio.run(main())

    def test_one_by_one_and_piece_by_piece(self, everywhere: EveryAddress) -> None:
        async def main() -> None:
            async with Client() as client:
                for number, url in enumerate(urls(everywhere, 50)):
                    assert (await client.get(url)).json() == {"name": str(number)}
                    async with client.stream(
                        "GET", f"{url_of(number, everywhere.port)}/bytes/100000"
                    ) as response:
                        assert len(await response.aread()) == 100_000

        asyncio.run(main())

    def test_cookies_of_one_jar(self, everywhere: EveryAddress) -> None:
        """Set on any thread, they are sent from every other."""
        everywhere.routes["/set"] = Answer(b"", 200, (("Set-Cookie", "a=1"),))
        everywhere.routes["/sent"] = lambda request: Answer.text(request.headers.get("cookie", ""))

        async def main() -> None:
            async with Client() as client:
                hosts = [url_of(number, everywhere.port) for number in range(HOSTS)]
                assert (await client.gather([f"{host}/set" for host in hosts])).counts == {200: HOSTS}
                sent = await client.gather([f"{host}/sent" for host in hosts])
                assert {response.text for response in sent} == {"a=1"}

        asyncio.run(main())

    def test_redirects_from_host_to_host(self, everywhere: EveryAddress) -> None:
        target = f"{url_of(1, everywhere.port)}/json/landed"

        async def main() -> None:
            async with Client() as client:
                hops = [f"{url_of(n, everywhere.port)}/redirect-to?url={target}" for n in range(HOSTS)]
                results = await client.gather(hops)
                assert {response.json()["name"] for response in results} == {"landed"}

        asyncio.run(main())


@pytest.mark.usefixtures("four")
class TestLimits:
    """There is one gate, whichever thread a request is on."""

    def test_in_all_and_for_each_host(self, everywhere: EveryAddress) -> None:
        now: Counter[str] = Counter()
        most: Counter[str] = Counter()

        async def slow(request: Request) -> Answer:
            host = request.headers["host"]
            now[host] += 1
            most[host] = max(most[host], now[host])
            for _ in range(20):
                await asyncio.sleep(0)
            now[host] -= 1
            return Answer.text("")

        everywhere.routes["/slow"] = slow

        async def main() -> None:
            async with Client(limits=Limits(concurrency=9, per_host=2)) as client:
                results = await client.gather([f"{url_of(n % 6, everywhere.port)}/slow" for n in range(600)])
                assert results.counts == {200: 600}

        asyncio.run(main())
        assert everywhere.traffic.peak <= 9
        assert max(most.values()) == 2

    def test_a_host_that_many_threads_share(self, route_server: RouteServer) -> None:
        """As many are in flight as may be, and never more."""

        async def main() -> None:
            async with Client(limits=Limits(per_host=50)) as client:
                many = asyncio.create_task(client.gather([f"{route_server.url}/gate/many"] * 2_000))
                await asyncio.to_thread(route_server.ledger.wait_requests, 50)
                route_server.open_gate("many")
                assert (await many).counts == {200: 2_000}

        asyncio.run(main())
        assert route_server.traffic.peak == 50

    def test_a_rate(self, everywhere: EveryAddress) -> None:
        came: list[float] = []

        def note(_: Request) -> Answer:
            came.append(time.monotonic())
            return Answer.text("")

        everywhere.routes["/note"] = note

        async def main() -> None:
            async with Client(limits=Limits(rate=200, burst=1)) as client:
                results = await client.gather([f"{url_of(n, everywhere.port)}/note" for n in range(HOSTS)])
                assert results.counts == {200: HOSTS}

        asyncio.run(main())
        # A permit that is used up to 5 ms after its turn counts as used in time.
        assert max(came) - min(came) >= (HOSTS - 1) / 200 - 0.010


@pytest.mark.usefixtures("four")
def test_a_host_s_connections_are_found_again(everywhere: EveryAddress) -> None:
    """In every way: a host that has one request at a time has one connection."""

    async def main() -> None:
        async with Client(limits=Limits(per_host=1)) as client:
            assert (await client.gather(urls(everywhere, 10 * HOSTS))).counts == {200: 10 * HOSTS}
            assert (
                len([each async for each in client.as_completed(urls(everywhere, 10 * HOSTS))]) == 10 * HOSTS
            )
            for url in urls(everywhere, HOSTS):
                assert (await client.get(url)).ok
            assert client.statistics().opened == everywhere.ledger.accepted == HOSTS
            assert client.statistics().reused == 20 * HOSTS

    asyncio.run(main())


@pytest.mark.usefixtures("four")
def test_a_host_of_http2_has_one_connection(h2_server: Http2ServerFactory, authority: Authority) -> None:
    """However many requests are in flight, and also once it is known how many it can take."""
    server = h2_server(Answer(b"ok"), tls=authority.context("127.0.0.1", alpn=("h2",)))

    async def main() -> None:
        async with Client(tls=TLS(ca=authority.ca_pem)) as client:
            for _ in range(3):
                assert (await client.gather([server.url] * 300, per_host=100)).counts == {200: 300}
            assert (await client.get(server.url)).http_version == "HTTP/2"

    asyncio.run(main())
    assert server.ledger.accepted == 1


@pytest.mark.usefixtures("four")
class TestEnds:
    def test_a_batch_that_is_cut_short_goes_on_with_the_rest(self, everywhere: EveryAddress) -> None:
        """Over and over: whoever is still at it on another thread fills no slot of the next run."""

        async def main() -> None:
            async with Client() as client:
                batch = Batch(urls(everywhere, 2_000), client=client)
                for number in range(1, 20):
                    task = asyncio.ensure_future(batch)
                    while batch.progress.done < 60 * number and not task.done():  # noqa: ASYNC110
                        await asyncio.sleep(0)
                    task.cancel()
                    await asyncio.wait([task])
                results = await batch
                assert [response.json()["name"] for response in results] == [str(n) for n in range(2_000)]
                assert batch.progress.in_flight == 0
                assert client.statistics().in_flight == 0

        asyncio.run(main())

    def test_a_deadline_ends_all_of_them(self, everywhere: EveryAddress) -> None:
        async def main() -> None:
            async with Client() as client:
                never = [f"{url_of(n, everywhere.port)}/never" for n in range(HOSTS)]
                results = await client.gather([*urls(everywhere, HOSTS), *never], deadline=0.5)
                assert results.counts == {200: HOSTS, "TotalTimeout": HOSTS}
                assert {type(response.error) for response in results.failed} == {TotalTimeout}

        asyncio.run(main())

    def test_a_reader_that_leaves(self, everywhere: EveryAddress) -> None:
        async def main() -> None:
            async with Client() as client:
                async for _ in client.as_completed(urls(everywhere, 2_000)):
                    break
                assert (await client.gather(urls(everywhere, 100))).counts == {200: 100}

        asyncio.run(main())

    @pytest.mark.parametrize(
        "moment", ["after_use", "in_flight", "under_load", "at_first_use", "from_a_thread"]
    )
    def test_forks(self, moment: str) -> None:
        assert moment in MOMENTS
        with Server() as server:
            running.say("forks", moment, server.url, under=FOUR)

    @pytest.mark.parametrize("kind", ["pending", "failing", "streaming", "daemon", "unclosed", "terminated"])
    def test_exits(self, kind: str, route_server: RouteServer) -> None:
        done = running.finish(
            running.start("exits", kind, route_server.url, under=(*AS_ALLOCATED, *FOUR[1:]))
        )
        assert done.returncode == EXIT_CODES[kind], done.stderr
        assert kind == "failing" or not done.stderr
