"""Cookies of a request and of a client: what is taken, what is refused, and what counts."""

import asyncio
from collections.abc import Callable
from typing import Any

import fastfetch
import pytest
from fastfetch import Client, Cookies, InvalidRequest, Request

from tests.cookies import RESOLVE, at, by, jar_of, sent, setting
from tests.fetching import fetch
from tests.servers.routes import RouteServer


class TestOfARequest:
    @pytest.mark.parametrize(
        "given",
        [
            {"a": "1", "b": "caf\xe9"},
            {"a": b"1", "b": b"caf\xe9"},
            [("a", "1"), (b"b", b"caf\xe9")],
            iter([("a", "1"), ("b", "caf\xe9")]),
            Cookies({"a": "1", "b": "caf\xe9"}),
        ],
        ids=["mapping", "bytes", "pairs", "iterator", "Cookies"],
    )
    def test_forms(self, route_server: RouteServer, given: Any) -> None:
        response = asyncio.run(fastfetch.get(f"{route_server.url}/echo", cookies=given))
        assert sent(response) == "a=1; b=caf\xe9"

    @pytest.mark.parametrize(
        "beside",
        [{"auth": ("a", "b")}, {"follow_redirects": False}, {"max_body": 1_000}, {"proxy": False}],
        ids=lambda options: next(iter(options)),
    )
    def test_other_options_beside_them(self, route_server: RouteServer, beside: Any) -> None:
        assert sent(fetch(Request("GET", f"{route_server.url}/echo", cookies={"a": "1"}, **beside))) == "a=1"

    def test_of_cookies_those_that_fit(self, route_server: RouteServer) -> None:
        cookies = Cookies({"any": "1"})
        cookies.set("here", "1", domain="127.0.0.1")
        cookies.set("there", "1", domain="b.com")
        cookies.set("deep", "1", path="/deep")
        cookies.set("tls", "1", secure=True)
        response = asyncio.run(fastfetch.get(f"{route_server.url}/echo", cookies=cookies))
        assert sent(response) == "here=1; any=1"

    def test_it_counts_instead_of_the_clients(self, route_server: RouteServer) -> None:
        route_server.routes["/set"] = setting("a=site", "b=site")

        async def use(client: Client) -> list[str]:
            url = f"{route_server.url}/echo"
            first = sent(await client.get(url))
            await client.get(f"{route_server.url}/set")
            both = [sent(await client.get(url, cookies=own)) for own in (None, {"a": "own"}, {})]
            return [first, *both, sent((await client.gather([Request("GET", url, cookies={"c": "own"})]))[0])]

        assert by(Client(cookies={"a": "client", "c": "client"}), use) == [
            "a=client; c=client",
            "a=site; b=site; c=client",
            "a=own; b=site; c=client",
            "a=site; b=site; c=client",
            "c=own; a=site; b=site",
        ]

    def test_and_of_the_clients_header(self, route_server: RouteServer) -> None:
        request = Request("GET", f"{route_server.url}/echo", cookies={"a": "own"})
        assert sent(fetch(request, headers={"Cookie": "a=client"})) == "a=own"
        with pytest.raises(InvalidRequest, match="either this option or a Cookie header, got both"):
            Request("GET", "http://a.test/", cookies={"a": "1"}, headers={"cookie": "b=2"})

    def test_the_jar_does_not_keep_it(self, route_server: RouteServer) -> None:
        async def use(client: Client) -> str:
            await client.get(f"{route_server.url}/echo", cookies={"a": "1"})
            return sent(await client.get(f"{route_server.url}/echo"))

        assert by(Client(), use) == ""

    def test_names_for_https_only(self) -> None:
        for name in ("__Secure-a", "__host-a"):
            assert Request("GET", "https://a.test/", cookies={name: "1"}).cookies == [(name, "1")]
            with pytest.raises(InvalidRequest, match=f"cookies: '{name}': .* https only"):
                Request("GET", "http://a.test/", cookies={name: "1"})

    def test_nothing_is_shown(self) -> None:
        request = Request("GET", "http://a.test/", cookies={"a": "hunter2"})
        assert "hunter2" not in repr(request)
        assert request.cookies == [("a", "hunter2")]
        assert Request("GET", "http://a.test/").cookies == []


CONTROLS = [*(chr(n) for n in range(32)), "\x7f"]
TAKING: list[Callable[[Cookies, str, str], object]] = [
    lambda _, name, value: Request("GET", "http://a.test/", cookies={name: value}),
    lambda _, name, value: Request("GET", "http://a.test/", cookies=[(name.encode(), value.encode())]),
    lambda _, name, value: Client(cookies={name: value}),
    lambda _, name, value: Cookies({name: value}),
    lambda jar, name, value: jar.set(name, value, domain="a.test"),
    lambda jar, name, value: jar.update({name: value}),
    lambda jar, name, value: jar.setdefault(name, value),
    lambda jar, name, value: jar.__setitem__(name, value),
]
"""Every way in."""


@pytest.mark.parametrize("bad", [*(c for c in CONTROLS if c != "\t"), ";", "\t", " "], ids=repr)
@pytest.mark.parametrize("place", ["before", "within", "after"])
def test_injection(bad: str, place: str) -> None:
    """Control characters and semicolons are refused everywhere, blanks where they would be lost."""
    broken = {"before": f"{bad}hunter2", "within": f"hun{bad}ter2", "after": f"hunter2{bad}"}[place]
    if bad in "\t " and place == "within":
        return
    for name, value in ((broken, "v"), ("n", broken)):
        jar = Cookies()
        for call in TAKING:
            with pytest.raises(InvalidRequest, match="cookies: '") as caught:
                call(jar, name, value)
            said = f"{caught.value} {caught.value!r}"
            assert said.isprintable()
            assert ("hunter2" in said) is (name is broken and place != "within")
        assert len(jar) == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (5, "cookies: expected a mapping or an iterable of .* pairs, got int"),
        ("a=1", "cookies: expected a mapping or an iterable of .* pairs, got str"),
        ([("a",)], "cookies: expected a mapping or an iterable of .* pairs, got tuple"),
        ({"a": 5}, "cookies: value of 'a': expected str or bytes, got int"),
        ({5: "a"}, "cookies: name: expected str or bytes, got int"),
    ],
)
def test_wrong_types(given: Any, message: str) -> None:
    def request() -> Request:
        return Request("GET", "http://a.test/", cookies=given)

    for call in (request, lambda: Cookies(given), lambda: Client(cookies=given)):
        with pytest.raises(TypeError, match=message):
            call()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"a": "€"}, "cookies: value of 'a': expected Latin-1 text"),
        ({"a=b": "c"}, "may not hold an equals sign"),
        ({"a": "x" * 4096}, "4096 bytes"),
        ({"": ""}, "needs a name or a value"),
        ({"": "__Host-x=1"}, "may not begin with __Secure- or __Host-"),
    ],
)
def test_wrong_cookies(given: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        Cookies(given)


class TestOfAClient:
    def test_a_jar_of_its_own_unless_told(self) -> None:
        one, other = Client(), Client()
        jar_of(one)["a"] = "1"
        assert jar_of(one) == {"a": "1"}
        assert jar_of(other) == {}
        assert Client(cookies=None).cookies is None
        assert Client(cookies=False).cookies is None

    def test_without_a_jar_nothing_is_kept(self, route_server: RouteServer) -> None:
        route_server.routes["/set"] = setting("a=1")

        async def use(client: Client) -> str:
            await client.get(f"{route_server.url}/set")
            return sent(await client.get(f"{route_server.url}/echo"))

        assert by(Client(cookies=None), use) == ""

    def test_the_functions_keep_none(self, route_server: RouteServer) -> None:
        route_server.routes["/set"] = setting("a=1")

        async def main() -> str:
            response = await fastfetch.get(f"{route_server.url}/set")
            assert response.cookies == {"a": "1"}
            return sent(await fastfetch.get(f"{route_server.url}/echo"))

        assert asyncio.run(main()) == ""

    def test_a_mapping_is_copied_and_cookies_are_shared(self, route_server: RouteServer) -> None:
        route_server.routes["/set"] = setting("site=1")
        given, shared = {"a": "1"}, Cookies({"a": "1"})

        async def use(client: Client) -> None:
            await client.get(f"{route_server.url}/set")

        by(Client(cookies=given), use)
        assert given == {"a": "1"}
        by(Client(cookies=shared), use)
        assert shared == {"a": "1", "site": "1"}
        assert jar_of(Client(cookies=shared)) == shared

    def test_a_changed_jar_counts_at_once(self, route_server: RouteServer) -> None:
        async def use(client: Client) -> list[str]:
            found = []
            for value in ("1", "2"):
                jar_of(client)["a"] = value
                found.append(sent(await client.get(f"{route_server.url}/echo")))
            jar_of(client).clear()
            return [*found, sent(await client.get(f"{route_server.url}/echo"))]

        assert by(Client(), use) == ["a=1", "a=2", ""]

    def test_a_base_url_is_the_only_home(self, route_server: RouteServer) -> None:
        async def use(client: Client) -> list[str]:
            here = await client.get("/echo")
            also_here = await client.get(at(route_server, "a.com"))
            elsewhere = await client.get(at(route_server, "b.com"))
            return [sent(response) for response in (here, also_here, elsewhere)]

        home = at(route_server, "a.com", "")
        client = Client(cookies={"mine": "secret"}, base_url=home, resolve=RESOLVE)
        assert by(client, use) == ["mine=secret", "mine=secret", ""]

    def test_many_requests_at_once(self, route_server: RouteServer) -> None:
        route_server.routes["/login/"] = lambda request: setting(f"c{request.rest}=1")

        async def use(client: Client) -> Cookies:
            await client.gather([f"{route_server.url}/login/{n}" for n in range(100)])
            return jar_of(client)

        assert sorted(by(Client(), use)) == sorted(f"c{n}" for n in range(100))


def test_of_a_response(route_server: RouteServer) -> None:
    allowed = ("a=1; Domain=a.com; Path=/p", "b=2; HttpOnly; SameSite=Lax")
    route_server.routes["/set"] = setting(*allowed, "no=3; Domain=b.com", "no2=4; Secure")
    response = fetch(Request("GET", at(route_server, "a.com", "/set")), resolve=RESOLVE)
    assert response.cookies == {"a": "1", "b": "2"}
    one, two = response.cookies.all()
    assert (one.domain, one.path, one.host_only, one.expires) == ("a.com", "/p", False, None)
    assert (two.host_only, two.http_only, two.same_site, two.secure) == (True, True, "lax", False)
    response.cookies.clear()
    assert len(response.cookies) == 2
    failed = asyncio.run(fastfetch.gather(["nonsense"]))[0]
    with pytest.raises(fastfetch.InvalidURL):
        _ = failed.cookies
