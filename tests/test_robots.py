"""`robots=True`: what a site's robots.txt forbids is not fetched (RFC 9309)."""

import asyncio
import pickle
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Batch, Client, DisallowedByRobots, FetchError, Response, Retry, TotalTimeout

from tests.scripted import YES, Script, asked, busy, names, until
from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer

Fetched = Callable[..., Coroutine[Any, Any, list[Response]]]


async def by_gather(urls: list[str], **options: Any) -> list[Response]:
    async with Client(**options) as client:
        return list(await client.gather(urls, robots=True))


async def by_batch(urls: list[str], **options: Any) -> list[Response]:
    async with Client(**options) as client:
        return list(await Batch(urls, client=client, robots=True))


async def in_order(urls: list[str], **options: Any) -> list[Response]:
    async with Client(**options) as client:
        return [each async for each in client.as_completed(urls, robots=True, ordered=True)]


EVERY_WAY = pytest.mark.parametrize("fetched", [by_gather, by_batch, in_order])


@pytest.fixture
def other_server() -> Iterator[RouteServer]:
    """A server on another port, which is another origin."""
    with RouteServer() as server:
        yield server


def rules(server: RouteServer, *lines: str) -> None:
    """Let this be the server's robots.txt; all else is there."""
    server.routes["/robots.txt"] = Answer.text("\n".join(lines) + "\n")
    for path in ("/a", "/b", "/private/", "/public/", "/shop/", "/"):
        server.routes[path] = YES


def fetched_paths(server: RouteServer) -> list[str]:
    """What was asked for but for robots.txt."""
    return sorted(path for path in asked(server) if path != "/robots.txt")


def allowed(urls: list[str], **options: Any) -> list[bool]:
    """Which of these are fetched."""
    return [response.error is None for response in asyncio.run(by_gather(urls, **options))]


class TestRules:
    @EVERY_WAY
    def test_what_is_forbidden_is_not_fetched(self, fetched: Fetched, route_server: RouteServer) -> None:
        rules(route_server, "User-agent: *", "Disallow: /private/", "Allow: /private/door")
        urls = [f"{route_server.url}{path}" for path in ("/a", "/private/1", "/private/door", "/b")]
        responses = asyncio.run(fetched(urls))
        assert [response.error is None for response in responses] == [True, False, True, True]
        assert fetched_paths(route_server) == ["/a", "/b", "/private/door"]
        error = responses[1].error
        assert type(error) is DisallowedByRobots
        assert isinstance(error, FetchError)
        assert (error.url, error.method, error.attempts) == (urls[1], "GET", 0)
        assert "robots.txt" in str(error)
        assert str(pickle.loads(pickle.dumps(error))) == str(error)

    @pytest.mark.parametrize(
        ("lines", "paths"),
        [
            (["Disallow:"], ["/a", "/b", "/public/x", "/shop/x?id=1"]),
            (["Disallow: /"], []),
            (["Disallow: /", "Allow: /public/"], ["/public/x"]),
            (["Disallow: /*?"], ["/a", "/b", "/public/x"]),
            (["Disallow: /a$", "Disallow: /shop"], ["/b", "/public/x"]),
            (["Disallow: /A"], ["/a", "/b", "/public/x", "/shop/x?id=1"]),
            (["# a comment", "", "disallow : /b # another"], ["/a", "/public/x", "/shop/x?id=1"]),
        ],
        ids=repr,
    )
    def test_which_rule_counts(self, lines: list[str], paths: list[str], route_server: RouteServer) -> None:
        rules(route_server, "User-agent: *", *lines)
        wanted = ["/a", "/b", "/public/x", "/shop/x?id=1"]
        results = allowed([f"{route_server.url}{path}" for path in wanted])
        assert [path for path, fine in zip(wanted, results, strict=True) if fine] == paths

    @pytest.mark.parametrize(
        "body",
        [b"", b"\xff\xfe\x00", b"<html>no such page</html>", b"\x00" * 100, b"Disallow: /", b"User-agent"],
    )
    def test_what_says_nothing_forbids_nothing(self, body: bytes, route_server: RouteServer) -> None:
        route_server.routes["/robots.txt"] = Answer(body)
        assert allowed(names(route_server, [1])) == [True]

    @pytest.mark.parametrize(
        ("agent", "fine"),
        [(None, False), ("otherbot/2.0", True), ("OtherBot (+http://a.test/)", True), ("third/1.0", False)],
    )
    def test_of_whom(self, agent: str | None, fine: bool, route_server: RouteServer) -> None:
        """By the name in the User-Agent, which is fastfetch unless told."""
        rules(
            route_server,
            *("User-agent: fastfetch", "User-agent: third", "Disallow: /", ""),
            *("User-agent: otherbot", "Allow: /", ""),
            *("User-agent: *", "Disallow: /b"),
        )
        options: dict[str, Any] = {} if agent is None else {"headers": {"User-Agent": agent}}
        assert allowed([f"{route_server.url}/a"], **options) == [fine]

    def test_not_unless_told(self, route_server: RouteServer) -> None:
        rules(route_server, "User-agent: *", "Disallow: /")
        assert asyncio.run(ff.gather([f"{route_server.url}/a"])).counts == {200: 1}
        assert asked(route_server) == ["/a"]


class TestFetching:
    @EVERY_WAY
    def test_once_for_each_origin(
        self, fetched: Fetched, route_server: RouteServer, other_server: RouteServer
    ) -> None:
        for server in (route_server, other_server):
            rules(server, "User-agent: *", "Disallow: /private/")
        urls = [url for server in (route_server, other_server) for url in names(server, range(100))]
        assert all(response.ok for response in asyncio.run(fetched(urls)))
        for server in (route_server, other_server):
            assert asked(server)[0] == "/robots.txt"
            assert asked(server).count("/robots.txt") == 1

    def test_once_for_all_batches_of_a_client(self, route_server: RouteServer) -> None:
        rules(route_server, "User-agent: *", "Disallow: /private/")

        async def main() -> None:
            async with Client() as client:
                for _ in range(3):
                    results = await client.gather(names(route_server, range(5)), robots=True)
                    assert results.counts == {200: 5}

        asyncio.run(main())
        assert asked(route_server).count("/robots.txt") == 1

    def test_a_slow_one_holds_up_no_other_host(
        self, route_server: RouteServer, other_server: RouteServer
    ) -> None:
        gate = route_server.routes["/gate/"]
        assert callable(gate)
        route_server.routes["/robots.txt"] = lambda _: gate(Request(b"GET /gate/robots HTTP/1.1", b""))

        async def main() -> None:
            async with Client() as client:
                urls = [*names(route_server, range(200)), *names(other_server, range(200))]
                task = asyncio.create_task(client.gather(urls, robots=True, concurrency=20))
                await asyncio.to_thread(other_server.ledger.wait_requests, 201)
                assert asked(route_server) == ["/robots.txt"]
                route_server.open_gate("robots")
                assert (await task).counts == {200: 400}

        asyncio.run(main())

    @pytest.mark.parametrize(
        ("status", "fine"),
        [*((status, True) for status in (400, 401, 403, 404, 410)), (500, False), (503, False)],
    )
    def test_that_fails(self, status: int, fine: bool, route_server: RouteServer) -> None:
        """What is not there forbids nothing; what cannot be had forbids all (RFC 9309, section 2.3.1)."""
        route_server.routes["/robots.txt"] = Answer.text("User-agent: *\nDisallow: /json/none", status)
        assert allowed(names(route_server, [1, 2])) == [fine] * 2

    def test_is_tried_again_as_any_other(self, route_server: RouteServer) -> None:
        route_server.routes["/robots.txt"] = Script(busy(), Answer.text("User-agent: *\nDisallow: /json/2"))
        assert allowed(names(route_server, [1, 2]), retry=Retry(backoff=0.001)) == [True, False]

    def test_redirected(self, route_server: RouteServer, other_server: RouteServer) -> None:
        """Its rules are those of the origin that was asked."""
        rules(other_server, "User-agent: *", "Disallow: /json/2")
        route_server.routes["/robots.txt"] = Answer.redirect("/moved")
        route_server.routes["/moved"] = Answer.redirect(f"{other_server.url}/robots.txt")
        assert allowed(names(route_server, [1, 2])) == [True, False]
        assert fetched_paths(route_server) == ["/json/1", "/moved"]

    def test_with_the_clients_settings(self, route_server: RouteServer) -> None:
        rules(route_server, "User-agent: *", "Disallow: /private/")
        urls = ["http://a.test/a", "http://a.test/private/x"]
        resolve = {"a.test": route_server.url.removeprefix("http://")}
        headers = {"User-Agent": "mine/1.0", "X-Own": "1"}
        assert allowed(urls, resolve=resolve, headers=headers) == [True, False]
        robots = route_server.ledger.requests[0].headers
        assert (robots["host"], robots["user-agent"], robots["x-own"]) == ("a.test", "mine/1.0", "1")

    def test_one_that_does_not_come_in_time(self, route_server: RouteServer) -> None:
        route_server.routes["/robots.txt"] = route_server.routes["/never"]

        async def main() -> None:
            async with Client() as client:
                results = await client.gather(names(route_server, range(3)), robots=True, deadline=0.3)
                assert [type(error) for error in results.errors] == [TotalTimeout] * 3

        asyncio.run(main())
        assert asked(route_server) == ["/robots.txt"]

    def test_a_cancel_meanwhile(self, route_server: RouteServer) -> None:
        robots = Script(Answer.text("User-agent: *\nDisallow: /json/2"))

        async def once_never(request: Request) -> Answer:
            if len(asked(route_server)) == 1:
                await asyncio.Event().wait()
            return robots(request)

        route_server.routes["/robots.txt"] = once_never

        async def main() -> None:
            batch = Batch(names(route_server, [1, 2]), robots=True)
            task = asyncio.ensure_future(batch)
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            task.cancel()
            await asyncio.wait([task])
            await until(lambda: batch.progress.in_flight == 0)
            assert (await asyncio.wait_for(batch, 5)).counts == {200: 1, "DisallowedByRobots": 1}

        asyncio.run(main())


class TestCrawlDelay:
    def test_is_a_min_delay_of_that_host(self, route_server: RouteServer, other_server: RouteServer) -> None:
        rules(route_server, "User-agent: *", "Crawl-delay: 0.1", "Disallow: /private/")
        rules(other_server, "User-agent: *", "Disallow: /private/")
        route_server.routes["/a"], other_server.routes["/a"] = slow, fast = Script(), Script()
        assert all(allowed([f"{server.url}/a" for server in (route_server, other_server)] * 6))
        assert 0.48 < slow.span < 1.5
        assert min(slow.gaps) > 0.07
        assert fast.span < slow.span

    @pytest.mark.parametrize("delay", ["soon", "-1", "nan", "inf", ""])
    def test_that_is_no_time(self, delay: str, route_server: RouteServer) -> None:
        rules(route_server, "User-agent: *", f"Crawl-delay: {delay}", "Disallow: /private/")
        urls = [f"{route_server.url}{path}" for path in ("/a", "/b", "/private/x")]

        async def main() -> list[Response]:
            return await asyncio.wait_for(by_gather(urls), 5)

        assert [response.error is None for response in asyncio.run(main())] == [True, True, False]


@pytest.mark.parametrize("value", ["yes", 1, []], ids=repr)
def test_wrong(value: Any) -> None:
    for call in (Batch, ff.as_completed):
        with pytest.raises(TypeError, match=r"^robots: expected True or False.*, got "):
            call([], robots=value)
