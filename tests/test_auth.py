"""Who a request is from: what is sent, which of several ways counts, and who is never told."""

import asyncio
import copy
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from fastfetch import (
    Auth,
    BasicAuth,
    BearerAuth,
    Client,
    DigestAuth,
    FetchError,
    InvalidRequest,
    Limits,
    Request,
    Response,
)

from tests.authorized import Chain, basic, sent, with_user
from tests.fetching import fetch, outcome
from tests.loops import LoopFactory, run
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.usefixtures("face")


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (("ada", "secret"), basic("ada", "secret")),
        ((b"ada", b"secret"), basic("ada", "secret")),
        (("Jäsøn", "pass:wörd €"), basic("Jäsøn", "pass:wörd €")),
        (("", ""), basic("", "")),
        ((b"\xe9", "x"), "Basic 6Tp4"),
        (BasicAuth("ada", "secret"), basic("ada", "secret")),
        (BasicAuth(b"ada", b"secret"), basic("ada", "secret")),
        (BearerAuth("1|mF_9.B5f-4.1JqM=="), "Bearer 1|mF_9.B5f-4.1JqM=="),
        (lambda request: request.with_header("Authorization", "Own words"), "Own words"),
        (None, None),
    ],
    ids=repr,
)
def test_what_is_sent(route_server: RouteServer, auth: Any, expected: str | None) -> None:
    """The same for a client's and a request's own, alone and in a batch."""
    url = f"{route_server.url}/json/a"
    fetch(Request("GET", url), auth=auth)
    fetch(Request("GET", url, auth=auth))
    outcome(url, auth=auth)
    outcome(Request("GET", url, auth=auth))
    assert sent(route_server) == [expected] * 4


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("ada:secret", basic("ada", "secret")),
        ("ada", basic("ada", "")),
        (":secret", basic("", "secret")),
        ("a%40b%C3%BC:p%3Aq%2F%25", basic("a@bü", "p:q/%")),
        ("a+b:c+d", basic("a+b", "c+d")),
    ],
)
def test_user_of_the_url(route_server: RouteServer, user: str, expected: str) -> None:
    url = with_user(f"{route_server.url}/json/a", user)
    response = fetch(Request("GET", url))
    assert response.url == f"{route_server.url}/json/a"
    assert outcome(url).url == response.url
    assert sent(route_server) == [expected] * 2
    assert "@" not in route_server.ledger.requests[0].headers["host"]


@pytest.mark.parametrize("user", ["a%3Ab:secret", "ada:sec%0Aret", "a%00:secret", "ada:secret%7F"])
def test_user_of_the_url_that_cannot_be_sent(route_server: RouteServer, user: str) -> None:
    for request in (Request("GET", with_user(route_server.url, user)),):
        with pytest.raises(InvalidRequest, match="auth: ") as caught:
            fetch(request)
        kept = outcome(request).error
        assert (str(kept)[:40], caught.value.phase) == (str(caught.value)[:40], "input")
        assert "secret" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"
    assert sent(route_server) == []


class TestPrecedence:
    """A request's own `auth`, its own header, the URL's user, the client's `auth`: the first there is."""

    OWN, HEADER, URL, CLIENT = ("own", "1"), {"Authorization": "Header 2"}, "url:3", ("client", "4")

    @pytest.mark.parametrize(
        ("ways", "expected"),
        [
            ("own header url client", basic("own", "1")),
            ("header url client", "Header 2"),
            ("url client", basic("url", "3")),
            ("client", basic("client", "4")),
            ("own client", basic("own", "1")),
            ("none client", None),
            ("none url client", None),
            ("none header client", "Header 2"),
            ("", None),
        ],
    )
    def test_order(self, route_server: RouteServer, ways: str, expected: str | None) -> None:
        options: dict[str, Any] = {}
        if "own" in ways or "none" in ways:
            options["auth"] = self.OWN if "own" in ways else None
        if "header" in ways:
            options["headers"] = self.HEADER
        url = f"{route_server.url}/json/a"
        request = Request("GET", with_user(url, self.URL) if "url" in ways else url, **options)
        client: dict[str, Any] = {"auth": self.CLIENT} if "client" in ways else {}
        fetch(request, **client)
        outcome(request, **client)
        assert sent(route_server) == [expected] * 2

    def test_every_host_that_is_asked_directly(self, route_server: RouteServer) -> None:
        with RouteServer() as other:
            for server in (route_server, other):
                fetch(Request("GET", f"{server.url}/json/a"), auth=("a", "b"), base_url=route_server.url)
            assert sent(route_server) == sent(other) == [basic("a", "b")]


class TestRedirects:
    WAYS: ClassVar[dict[str, tuple[str, dict[str, Any], dict[str, Any]]]] = {
        "request": ("", {"auth": ("ada", "secret")}, {}),
        "header": ("", {"headers": {"Authorization": basic("ada", "secret")}}, {}),
        "url": ("ada:secret", {}, {"auth": ("client", "x")}),
        "client": ("", {}, {"auth": ("ada", "secret")}),
        "callable": (
            "",
            {},
            {"auth": lambda request: request.with_header("Authorization", basic("ada", "secret"))},
        ),
    }

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(
        ("hops", "kept"),
        [
            ("hhh", [True] * 3),
            ("ht", [True, False]),
            ("hth", [True, False, False]),
            ("hhthh", [1, 1, 0, 0, 0]),
        ],
    )
    def test_nothing_from_the_first_foreign_hop_on(
        self, chained: Chain, way: str, hops: str, kept: list[bool]
    ) -> None:
        user, options, client = self.WAYS[way]

        def go(url: str) -> None:
            fetch(Request("POST", with_user(url, user) if user else url, content="x", **options), **client)

        expected = [basic("ada", "secret") if here else None for here in kept]
        assert [headers.get("authorization") for headers in chained(hops, go)] == expected

    def test_header_fields_of_a_callable_do_not_go_abroad(self, chained: Chain) -> None:
        def sign(request: Request) -> Request:
            return request.with_header("X-Api-Key", "secret").with_header("X-Open", "mine")

        def go(url: str) -> None:
            fetch(Request("GET", url, headers={"X-Open": "1", "X-Other": "2"}), auth=sign)

        seen = chained("hhth", go)
        assert [headers.get("x-api-key") for headers in seen] == ["secret", "secret", None, None]
        assert [headers.get("x-other") for headers in seen] == ["2"] * 4

    def test_a_callable_signs_each_hop_at_home(self, chained: Chain) -> None:
        def sign(request: Request) -> Request:
            return request.with_header("Authorization", f"For {request.url[-2:]}")

        seen = chained("hhth", lambda url: fetch(Request("GET", url), auth=sign))
        assert [headers.get("authorization") for headers in seen] == ["For /0", "For /1", None, None]

    def test_another_request_in_a_hook_does_not_bring_them_back(self, chained: Chain) -> None:
        def anew(request: Request) -> Request:
            return Request(request.method, request.url)

        hooks: dict[str, Callable[..., Request]] = {"request": anew, "redirect": lambda _, new: anew(new)}
        for event in hooks:
            hook = {event: hooks[event]}
            go = lambda url: fetch(Request("GET", url), auth=("ada", "secret"), event_hooks=hook)  # noqa: B023, E731
            seen = [headers.get("authorization") for headers in chained("htth", go)]
            assert seen[1:] == [None, None, None], event

    def test_a_user_in_the_location_is_not_sent(self, route_server: RouteServer) -> None:
        location = with_user(f"{route_server.url}/json/a", "eve:evil")
        route_server.routes["/from"] = Answer.redirect(location)
        assert fetch(Request("GET", f"{route_server.url}/from")).url == f"{route_server.url}/json/a"
        assert sent(route_server) == [None, None]


class TestCallables:
    @pytest.mark.awaits
    def test_async(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        async def token(request: Request) -> Request:
            await asyncio.sleep(0)
            return request.with_header("Authorization", "Bearer fresh")

        async def main() -> None:
            async with Client() as client:
                await client.get(f"{route_server.url}/json/a", auth=token)
                await client.gather([Request("GET", f"{route_server.url}/json/a", auth=token)] * 2)
                async with client.stream("GET", f"{route_server.url}/json/a", auth=token) as response:
                    await response.aread()

        run(main, loop_factory)
        assert sent(route_server) == ["Bearer fresh"] * 4

    def test_its_request_is_what_is_sent(self, route_server: RouteServer) -> None:
        def other(request: Request) -> Request:
            assert (request.method, request.url) == ("GET", f"{route_server.url}/json/a")
            assert request.headers["x-own"] == "1"
            return Request("PUT", f"{route_server.url}/echo", content="body", auth=("a", "b"))

        seen = fetch(Request("GET", f"{route_server.url}/json/a", headers={"X-Own": "1"}), auth=other).json()
        assert (seen["method"], seen["target"], seen["body"]) == ("PUT", "/echo", "body")
        assert dict(seen["headers"])["authorization"] == basic("a", "b")

    def test_none_leaves_it_as_it_is(self, route_server: RouteServer) -> None:
        fetch(Request("GET", f"{route_server.url}/json/a"), auth=lambda _: None)
        assert sent(route_server) == [None]

    @pytest.mark.parametrize("value", ["text", 5, ("a", "b"), object(), Response], ids=repr)
    def test_anything_else_is_a_type_error(self, route_server: RouteServer, value: object) -> None:
        wrong: Any = lambda _: value  # noqa: E731
        with pytest.raises(TypeError, match="auth: expected a Request or None from the callback, got "):
            fetch(Request("GET", route_server.url), auth=wrong)
        assert isinstance(outcome(Request("GET", route_server.url, auth=wrong)).error, TypeError)
        assert sent(route_server) == []

    @pytest.mark.awaits
    def test_raising(self, route_server: RouteServer) -> None:
        error = LookupError("no token")

        async def failing(_: Request) -> None:
            raise error

        with pytest.raises(LookupError) as caught:
            fetch(Request("GET", route_server.url), auth=failing)
        assert caught.value is error
        assert outcome(Request("GET", route_server.url), auth=failing).error is error
        assert sent(route_server) == []

    @pytest.mark.awaits
    def test_it_may_use_the_same_client(self, route_server: RouteServer) -> None:
        """Also where the only permit is that of the request that waits for it."""
        client = Client(limits=Limits(concurrency=1))

        async def token(request: Request) -> Request:
            answer = await client.get(f"{route_server.url}/json/token", auth=None)
            return request.with_header("Authorization", f"Bearer {answer.json()['name']}")

        async def main() -> None:
            url = f"{route_server.url}/json/a"
            async with asyncio.timeout(5):
                assert (await client.get(url, auth=token)).ok
                assert (await client.gather([Request("GET", url, auth=token)] * 3)).counts == {200: 3}
                assert [r.ok async for r in client.as_completed([Request("GET", url, auth=token)])] == [True]

        asyncio.run(main())
        assert sent(route_server).count("Bearer token") == 5


WRONG: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: BasicAuth("a:b", "secret"), ValueError, "colon"),
    (lambda: BasicAuth("ada", "sec\nret"), ValueError, "control character at byte 3"),
    (lambda: BasicAuth("ada", 5), TypeError, "expected password as str, got int"),  # type: ignore[arg-type]
    (lambda: BasicAuth(None, "secret"), TypeError, "expected username as str"),  # type: ignore[arg-type]
    (lambda: BasicAuth("ada", "secret\ud800"), ValueError, "surrogate"),
    (lambda: BearerAuth(""), ValueError, "empty"),
    (lambda: BearerAuth("Bearer secret"), ValueError, "a space at byte 6"),
    (lambda: BearerAuth("secret\r\nX: y"), ValueError, "control character"),
    (lambda: BearerAuth(b"secret"), TypeError, "expected token as str"),  # type: ignore[arg-type]
    (lambda: DigestAuth("a\0", "secret"), ValueError, "control character"),
    (lambda: DigestAuth("a", b"secret"), TypeError, "expected password as str"),  # type: ignore[arg-type]
    *(
        (lambda value=value: Client(auth=value), TypeError, expected)
        for value, expected in [
            (("a",), "pair"),
            (("a", "secret", "c"), "pair"),
            (("a", 5, "secret"), "pair"),
            (("a", [1, 2]), "pair"),
            (["a", "secret"], "callable, got list"),
            ("secret", "callable, got str"),
            (True, "callable, got bool"),
            (BasicAuth, "callable, got type"),
            (Auth(), "callable, got Auth"),
        ]
    ),
    (lambda: Client(auth=("a:b", "secret")), ValueError, "colon"),
    (lambda: Request("GET", "http://h", auth="secret"), TypeError, "callable, got str"),
]


@pytest.mark.parametrize(("make", "kind", "words"), WRONG, ids=[words for _, _, words in WRONG])
def test_wrong_options_say_so_without_the_secret(
    make: Callable[[], object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match="auth: ") as caught:
        make()
    assert words in str(caught.value)
    assert "secret" not in f"{caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize(
    "auth", [BasicAuth("ada", "secret"), BearerAuth("secret"), DigestAuth("ada", "secret")], ids=repr
)
def test_copies_and_words(auth: Auth, route_server: RouteServer) -> None:
    for twin in (pickle.loads(pickle.dumps(auth)), copy.copy(auth), copy.deepcopy(auth)):
        assert (twin, hash(twin), type(twin)) == (auth, hash(auth), type(auth))
        fetch(Request("GET", f"{route_server.url}/json/a"), auth=twin)
    assert len(set(sent(route_server))) == 1
    assert auth != BasicAuth("ada", "other")
    client, request = Client(auth=auth), Request("GET", "http://h/", auth=auth)
    for shown in (repr(auth), str(auth), repr(client), repr(request), repr(request.headers)):
        assert "secret" not in shown
        assert "ada" not in shown


def test_requests_keep_it_in_copies_or_refuse(route_server: RouteServer) -> None:
    url = with_user(f"{route_server.url}/json/a", "url:x")
    for auth, expected in [(("ada", "secret"), basic("ada", "secret")), (None, None)]:
        request = Request("GET", url, auth=auth, follow_redirects=False, max_body=5)
        twin = pickle.loads(pickle.dumps(request))
        with pytest.raises(FetchError, match="max_body=5"):
            fetch(twin, auth=("client", "y"))
        assert sent(route_server)[-1] == expected
    unfit: list[Any] = [DigestAuth("ada", "secret"), lambda _: None]
    for auth in unfit:
        with pytest.raises(TypeError, match="cannot pickle a Request whose auth") as caught:
            pickle.dumps(Request("GET", url, auth=auth))
        assert "secret" not in str(caught.value)
