"""Cookies: what servers may set, where cookies go, and where they never do."""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastfetch
import pytest
from fastfetch import TLS, Client, Cookies, Request, Response

from tests.conftest import RawServerFactory
from tests.cookies import NAMES, RESOLVE, at, by, jar_of, sent, setting
from tests.fetching import fetch
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority


@pytest.fixture
def elsewhere() -> Iterator[RouteServer]:
    """A server of another origin."""
    with RouteServer() as server:
        yield server


@pytest.fixture
def secure(authority: Authority) -> Iterator[RouteServer]:
    """The same names over TLS."""
    with RouteServer(tls=authority.context(*NAMES)) as server:
        yield server


def after(server: RouteServer, lines: tuple[str, ...], origin: str, target: str) -> str:
    """The Cookie header to one URL, once another has answered with these Set-Cookie lines."""
    server.routes["/set"] = setting(*lines)
    server.routes["/dir/set"] = setting(*lines)
    server.routes["/dir/"] = server.routes["/dirty"] = server.routes["/echo"]

    async def use(client: Client) -> str:
        await client.get(origin)
        return sent(await client.get(target))

    return by(Client(resolve=RESOLVE), use)


class TestRules:
    @pytest.mark.parametrize(
        ("line", "origin", "target", "expected"),
        [
            ("s=1", "a.com/set", "a.com/echo", "s=1"),
            ("s=1", "a.com/set", "x.a.com/echo", ""),
            ("s=1; Domain=a.com", "x.a.com/set", "a.com/echo", "s=1"),
            ("s=1; Domain=a.com", "a.com/set", "x.a.com/echo", "s=1"),
            ("s=1; Domain=b.com", "a.com/set", "b.com/echo", ""),
            ("s=1; Domain=x.a.com", "a.com/set", "x.a.com/echo", ""),
            ("s=1; Domain=com", "a.com/set", "b.com/echo", ""),
            ("s=1; Domain=com", "a.com/set", "a.com/echo", ""),
            ("s=1; Domain=co.uk", "a.co.uk/set", "b.co.uk/echo", ""),
            ("s=1; Domain=github.io", "me.github.io/set", "you.github.io/echo", ""),
            ("s=1; Domain=0.0.1", "127.0.0.1/set", "127.0.0.1/echo", ""),
            ("s=1", "a.com/dir/set", "a.com/dir/x", "s=1"),
            ("s=1", "a.com/dir/set", "a.com/dirty", ""),
            ("s=1; Path=/dir", "a.com/set", "a.com/dir/x", "s=1"),
            ("s=1; Path=/dir", "a.com/set", "a.com/echo", ""),
            ("s=1; Secure", "a.com/set", "a.com/echo", ""),
            ("__Secure-s=1", "a.com/set", "a.com/echo", ""),
            ("__Host-s=1; Path=/", "a.com/set", "a.com/echo", ""),
            ("s=1; Max-Age=0", "a.com/set", "a.com/echo", ""),
            ("s=1; Max-Age=-1", "a.com/set", "a.com/echo", ""),
            ("s=1; Max-Age=60", "a.com/set", "a.com/echo", "s=1"),
            ("s=1; Expires=Thu, 01 Jan 1970 00:00:01 GMT", "a.com/set", "a.com/echo", ""),
            ("s=1; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=60", "a.com/set", "a.com/echo", "s=1"),
            ("s=\t1", "a.com/set", "a.com/echo", "s=1"),
            ('s="a b,c"', "a.com/set", "a.com/echo", 's="a b,c"'),
            ("s=caf\xe9", "a.com/set", "a.com/echo", "s=caf\xe9"),
        ],
    )
    def test_over_http(
        self, route_server: RouteServer, line: str, origin: str, target: str, expected: str
    ) -> None:
        def url(place: str) -> str:
            host, _, path = place.partition("/")
            return at(route_server, host, f"/{path}")

        assert after(route_server, (line,), url(origin), url(target)) == expected

    def test_order_and_replacement(self, route_server: RouteServer) -> None:
        lines = ("b=1", "a=2; Path=/dir", "c=3", "b=4", "gone=5", "gone=; Max-Age=0")
        url = at(route_server, "a.com", "/set"), at(route_server, "a.com", "/dir/x")
        assert after(route_server, lines, *url) == "a=2; b=4; c=3"

    def test_expiry_takes_place(self, route_server: RouteServer) -> None:
        route_server.routes["/set"] = setting("s=1; Max-Age=1")

        async def use(client: Client) -> list[str]:
            await client.get(f"{route_server.url}/set")
            early = sent(await client.get(f"{route_server.url}/echo"))
            end = jar_of(client).all()[0].expires
            assert end is not None
            # The clock itself is what is tested.
            await fastfetch.sleep(max(0, end.timestamp() - time.time()) + 0.01)
            return [early, sent(await client.get(f"{route_server.url}/echo")), str(len(jar_of(client)))]

        assert by(Client(), use) == ["s=1", "", "0"]

    def test_secure_cookies_need_https(
        self, secure: RouteServer, route_server: RouteServer, authority: Authority
    ) -> None:
        secure.routes["/set"] = setting(
            "s=1; Secure",
            "__Secure-a=1; Secure",
            "__Secure-no=1",
            "__Host-b=1; Secure; Path=/",
            "__Host-no=1; Secure",
            "__Host-no2=1; Secure; Path=/; Domain=a.com",
            "__hOST-no3=1; Path=/",
            "plain=1",
        )
        route_server.routes["/overwrite"] = setting("s=evil", "s=evil; Domain=a.com", "plain=2")

        async def use(client: Client) -> list[str]:
            await client.get(at(secure, "a.com", "/set"))
            await client.get(at(route_server, "a.com", "/overwrite"))
            targets = (at(secure, "a.com"), at(route_server, "a.com"), at(secure, "x.a.com"))
            return [sent(await client.get(target)) for target in targets]

        answers = by(Client(resolve=RESOLVE, tls=TLS(ca=authority.ca_pem)), use)
        assert answers == ["s=1; __Secure-a=1; __Host-b=1; plain=2", "plain=2", ""]

    def test_limits_of_a_site_and_of_the_jar(self, raw_server: RawServerFactory) -> None:
        lines = "".join(f"Set-Cookie: c{n}=1\r\n" for n in range(900))
        server = raw_server(f"HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n".encode())
        hosts = [f"s{n}.test{n}.com" for n in range(20)]

        async def use(client: Client) -> None:
            for _ in range(12):  # more than 10,000 from one site
                await client.get(f"http://{hosts[0]}/")
            assert jar_of(client).keys() == [f"c{n}" for n in range(720, 900)]
            for host in hosts[1:]:
                await client.get(f"http://{host}/")
                assert len(jar_of(client)) <= 3000
            kept = {cookie.domain for cookie in jar_of(client).all()}
            assert hosts[-1] in kept
            assert hosts[0] not in kept

        by(Client(resolve=dict.fromkeys(hosts, f"127.0.0.1:{server.port}")), use)

    def test_large_cookies(self, route_server: RouteServer) -> None:
        route_server.routes["/large"] = setting(f"fits={'x' * 4092}", f"large={'x' * 4092}")

        async def use(client: Client) -> None:
            await client.get(f"{route_server.url}/large")
            assert jar_of(client).keys() == ["fits"]

        by(Client(), use)

    def test_vectors_of_the_http_state_suite(self, route_server: RouteServer) -> None:
        folder = os.environ.get("CONFORMANCE_DATA")
        if folder is None:
            pytest.skip("CONFORMANCE_DATA names no folder with http-state-cookies.json")
        vectors = json.loads((Path(folder) / "http-state-cookies.json").read_text(encoding="utf-8"))
        # RFC 6265bis overrides these: cookies without a name, and an empty Domain.
        newer = {
            *(f"00{n}" for n in ("04", "21", "23", "24", "25", "26", "27", "28")),
            *(f"NAME00{n}" for n in (17, 23, 25, 28, 31, 32, 33)),
            "OPTIONAL_DOMAIN0042",
        }
        host = "home.example.org"
        names = (host, f"subdomain.{host}")
        for path in ("/cookie-parser-result", "/cookie-parser-result/"):
            route_server.routes[path] = route_server.routes["/echo"]

        async def one(vector: dict[str, Any]) -> str:
            lines = [line.encode().decode("latin-1") for line in vector["received"]]
            route_server.routes["/cookie-parser"] = setting(*lines)
            async with Client(resolve=dict.fromkeys(names, f"127.0.0.1:{route_server.port}")) as client:
                await client.get(f"http://{host}/cookie-parser?TEST")
                target = vector.get("sent-to", "/cookie-parser-result").replace(":8888", "")
                return sent(await client.get(target if "://" in target else f"http://{host}{target}"))

        for vector in vectors:
            old = "; ".join(f"{pair['name']}={pair['value']}" for pair in vector["sent"])
            new = asyncio.run(one(vector)).encode("latin-1").decode()
            assert (new != old) is (vector["test"] in newer), vector
        assert len(vectors) >= 141


class TestRedirects:
    def test_each_hop_sets_and_is_sent(self, route_server: RouteServer) -> None:
        for n in range(3):
            target = f"/{n + 1}" if n < 2 else "/echo"
            route_server.routes[f"/{n}"] = Answer(
                status=302,
                headers=(("Location", target), ("Set-Cookie", f"c{n}=1"), ("Set-Cookie", f"last={n}")),
            )

        async def use(client: Client) -> tuple[Response, Cookies]:
            return await client.get(f"{route_server.url}/0"), jar_of(client)

        response, jar = by(Client(), use)
        assert sent(response) == "c0=1; last=2; c1=1; c2=1"
        assert [request.headers.get("cookie") for request in route_server.ledger.requests] == [
            None,
            "c0=1; last=0",
            "c0=1; last=1; c1=1",
            "c0=1; last=2; c1=1; c2=1",
        ]
        assert [dict(hop.cookies.items()) for hop in response.history] == [
            {f"c{n}": "1", "last": str(n)} for n in range(3)
        ]
        assert len(response.cookies) == 0
        assert jar == {"c0": "1", "last": "2", "c1": "1", "c2": "1"}

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("give", ["request", "client", "header"])
    def test_what_a_caller_gives_never_crosses_origins(
        self, route_server: RouteServer, elsewhere: RouteServer, status: int, give: str
    ) -> None:
        """Here, here, there, back here: once it has left, it is not sent even at home."""
        route_server.routes["/0"] = Answer.redirect("/1", status)
        route_server.routes["/1"] = Answer.redirect(f"{elsewhere.url}/2", status)
        elsewhere.routes["/2"] = Answer.redirect(f"{route_server.url}/echo", status)
        mine = {"mine": "secret"}

        async def use(client: Client) -> Response:
            if give == "header":
                return await client.get(f"{route_server.url}/0", headers={"Cookie": "mine=secret"})
            return await client.get(f"{route_server.url}/0", cookies=mine if give == "request" else None)

        response = by(Client(cookies=mine if give == "client" else True), use)
        assert sent(response) == ""
        seen = [request.headers.get("cookie") for request in route_server.ledger.requests]
        assert seen == ["mine=secret", "mine=secret", None]
        assert [request.headers.get("cookie") for request in elsewhere.ledger.requests] == [None]

    def test_not_to_https_or_a_subdomain_either(
        self, route_server: RouteServer, secure: RouteServer, authority: Authority
    ) -> None:
        options: fastfetch.ClientOptions = {"resolve": RESOLVE, "tls": TLS(ca=authority.ca_pem)}
        for target in (at(secure, "a.com"), at(route_server, "x.a.com")):
            url = at(route_server, "a.com", f"/redirect-to?url={target}")
            assert sent(fetch(Request("GET", url, cookies={"mine": "secret"}), **options)) == ""

    def test_a_foreign_hop_is_sent_its_own(self, route_server: RouteServer, elsewhere: RouteServer) -> None:
        url = at(route_server, "a.com", f"/redirect-to?url={at(elsewhere, 'b.com')}")

        async def use(client: Client) -> Response:
            jar_of(client).set("theirs", "1", domain="b.com")
            return await client.get(url, headers={"Cookie": "mine=secret"})

        assert sent(by(Client(resolve=RESOLVE), use)) == "theirs=1"
