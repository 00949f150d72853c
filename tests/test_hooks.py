"""Hooks: when each is called, with what, where, and what becomes of what it returns."""

import asyncio
import contextvars
import threading
from asyncio import StreamWriter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastfetch import (
    TLS,
    Client,
    FetchError,
    Headers,
    Limits,
    ReadTimeout,
    Request,
    Response,
    Timeout,
    TotalTimeout,
)

from tests.authorized import Chain, sent
from tests.conftest import Http2ServerFactory, RawServerFactory
from tests.fetching import fetch, outcome
from tests.loops import LoopFactory, run
from tests.servers.http2 import Http2Stream, each
from tests.servers.messages import Answer
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.usefixtures("face")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </%d.css>\r\n\r\n"

Notes = list[tuple[Any, ...]]


def noting(notes: Notes) -> dict[str, Callable[..., None]]:
    """A hook for each event, that notes its name and what it was told."""
    names = ("request", "response", "redirect", "retry", "informational")
    return {name: (lambda *told, name=name: notes.append((name, *told))) for name in names}


def as_async(hook: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def hooked(*told: Any) -> Any:
        await asyncio.sleep(0.001)
        return hook(*told)

    return hooked


@pytest.fixture(params=["plain", "async"])
def colour(request: pytest.FixtureRequest) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a hook plain or async."""
    return as_async if request.param == "async" else lambda hook: hook


Colour = Callable[[Callable[..., Any]], Callable[..., Any]]


def once_then_stale() -> Callable[[RequestReader, StreamWriter], Awaitable[None]]:
    """Answers one request a connection, and closes at the second."""

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        writer.write(OK)
        await reader.head()

    return handler


class TestEvents:
    def test_request_and_response(self, route_server: RouteServer, colour: Colour) -> None:
        notes: Notes = []
        hooks = {name: [colour(hook)] for name, hook in noting(notes).items()}
        url = f"{route_server.url}/status/404"
        response = fetch(Request("PUT", url, content="body", headers={"X-Own": "1"}), event_hooks=hooks)
        (_, request), (_, told) = notes
        assert [note[0] for note in notes] == ["request", "response"]
        assert (request.method, request.url, request.content) == ("PUT", url, b"body")
        assert (request.headers["x-own"], "user-agent" in request.headers) == ("1", True)
        assert isinstance(told, Response)
        assert (told.status_code, told.url, told.content) == (404, url, response.content)

    def test_redirects(self, route_server: RouteServer, colour: Colour) -> None:
        notes: Notes = []
        hooks = {name: colour(hook) for name, hook in noting(notes).items()}
        fetch(Request("GET", f"{route_server.url}/redirect/2"), event_hooks=hooks)
        assert [note[0] for note in notes] == [
            *("request", "redirect", "request", "redirect", "request"),
            "response",
        ]
        _, answer, following = notes[1]
        assert (answer.status_code, answer.url) == (302, f"{route_server.url}/redirect/2")
        assert following.url == f"{route_server.url}/redirect/1"

    def test_retry(self, raw_server: RawServerFactory, colour: Colour) -> None:
        notes: Notes = []
        hooks = {name: colour(hook) for name, hook in noting(notes).items()}
        server = raw_server(once_then_stale())

        async def main() -> Response:
            async with Client(event_hooks=hooks) as client:
                await client.get(server.url)
                return await client.get(server.url)

        response = asyncio.run(main())
        assert [note[0] for note in notes] == ["request", "response", "request", "retry", "response"]
        error = notes[3][1]
        assert isinstance(error, FetchError)
        assert (error.attempts, response.attempts) == (1, 2)

    def test_a_failure_is_no_response(self) -> None:
        notes: Notes = []
        with pytest.raises(FetchError):
            fetch(Request("GET", "http://127.0.0.1:1/"), event_hooks=noting(notes))
        assert [note[0] for note in notes] == ["request"]

    @pytest.mark.parametrize("pause", [0, 0.01])
    def test_informational(self, raw_server: RawServerFactory, colour: Colour, pause: float) -> None:
        """All are told of, in order, before the response; also those that come with it."""

        async def hints(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            for number in range(5):
                writer.write(HINT % number)
                await asyncio.sleep(pause)
            writer.write(OK)

        notes: Notes = []
        hooks = {name: colour(hook) for name, hook in noting(notes).items()}
        assert fetch(Request("GET", raw_server(hints).url), event_hooks=hooks).text == "hi"
        assert [note[0] for note in notes] == ["request", *["informational"] * 5, "response"]
        assert [note[1] for note in notes[1:6]] == [103] * 5
        assert all(isinstance(note[2], Headers) for note in notes[1:6])
        assert [note[2]["link"] for note in notes[1:6]] == [f"</{number}.css>" for number in range(5)]

    def test_a_flood_of_interim_answers_is_refused(self, raw_server: RawServerFactory) -> None:
        notes: Notes = []
        server = raw_server(HINT % 0 * 101 + OK)
        with pytest.raises(FetchError, match="more than 100 interim answers"):
            fetch(Request("GET", server.url), event_hooks={"informational": noting(notes)["informational"]})
        assert len(notes) == 100
        assert fetch(Request("GET", server.url)).text == "hi"

    @pytest.mark.awaits
    def test_what_an_interim_hook_takes_is_no_silence_of_the_server(
        self, raw_server: RawServerFactory
    ) -> None:
        async def slow(*_: object) -> None:
            await asyncio.sleep(0.5)

        async def hint(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(HINT % 0)
            await asyncio.sleep(0.4)
            writer.write(OK)

        url = raw_server(hint).url
        options: Any = {"event_hooks": {"informational": slow}, "timeout": Timeout(read=0.45)}
        assert fetch(Request("GET", url), **options).text == "hi"
        with pytest.raises(ReadTimeout):
            fetch(Request("GET", raw_server(silent).url), **options)

    @pytest.mark.awaits
    def test_http2(self, h2_server: Http2ServerFactory, authority: Any) -> None:
        async def answer(stream: Http2Stream) -> None:
            await stream.answer(Answer.text("hi"))

        server = h2_server(each(answer), tls=authority.context("127.0.0.1", alpn=("h2",)))
        notes: Notes = []
        hooks = {name: [hook, as_async(hook)] for name, hook in noting(notes).items()}
        response = fetch(Request("GET", server.url), event_hooks=hooks, tls=TLS(ca=authority.ca_pem))
        assert response.http_version == "HTTP/2"
        assert [note[0] for note in notes] == ["request"] * 2 + ["response"] * 2


async def silent(reader: RequestReader, writer: StreamWriter) -> None:
    await reader.head()
    await reader.read()


class TestChanging:
    def test_url_method_headers_and_body(self, route_server: RouteServer, colour: Colour) -> None:
        def other(request: Request) -> Request:
            return Request("PUT", f"{route_server.url}/echo?q", headers={"X-New": "1"}, content="new")

        hooks = {"request": [colour(other), colour(lambda request: request.with_header("X-More", "2"))]}
        seen = fetch(Request("GET", "http://127.0.0.1:1/never"), event_hooks=hooks).json()
        assert (seen["method"], seen["target"], seen["body"]) == ("PUT", "/echo?q", "new")
        fields = {name.lower(): value for name, value in seen["headers"]}
        assert (fields["x-new"], fields["x-more"]) == ("1", "2")

    def test_the_next_request_of_a_redirect(self, route_server: RouteServer, colour: Colour) -> None:
        def elsewhere(_: Response, request: Request) -> Request:
            return Request("GET", f"{route_server.url}/echo", headers={"X-New": "1"})

        hooks = {"redirect": colour(elsewhere)}
        response = fetch(Request("GET", f"{route_server.url}/redirect/1"), event_hooks=hooks)
        assert response.json()["target"] == "/echo"
        assert len(response.history) == 1

    def test_a_user_in_the_new_url_is_sent_as_credentials(self, route_server: RouteServer) -> None:
        url = route_server.url.replace("://", "://ada:secret@")
        hooks = {"request": lambda _: Request("GET", f"{url}/echo")}
        response = fetch(Request("GET", f"{route_server.url}/json/a"), event_hooks=hooks)
        assert dict(response.json()["headers"])["authorization"].startswith("Basic ")
        assert "secret" not in response.url

    @pytest.mark.parametrize("whose", ["client", "request"])
    def test_its_word_on_credentials_is_the_last(self, route_server: RouteServer, whose: str) -> None:
        url, own = f"{route_server.url}/json/a", ("a", "b")
        request = Request("GET", url, auth=own) if whose == "request" else Request("GET", url)
        hooks = {"request": lambda request: request.with_header("Authorization", "Last word")}
        fetch(request, event_hooks=hooks, auth=own if whose == "client" else None)
        assert sent(route_server) == ["Last word"]

    def test_foreign_redirects_stay_foreign(self, chained: Chain) -> None:
        hooks = {"redirect": lambda _, request: request.with_header("X-New", "1")}
        seen = chained("hth", lambda url: fetch(Request("GET", url), auth=("a", "b"), event_hooks=hooks))
        assert [headers.get("x-new") for headers in seen] == [None, "1", "1"]
        assert [("authorization" in headers) for headers in seen] == [True, False, False]

    @pytest.mark.parametrize("event", ["request", "redirect"])
    @pytest.mark.parametrize("value", ["text", 5, True, Request], ids=repr)
    def test_anything_but_a_request_or_none(
        self, route_server: RouteServer, colour: Colour, event: str, value: object
    ) -> None:
        hooks = {event: colour(lambda *_: value)}
        words = rf"event_hooks\['{event}'\]: expected a Request or None from the callback, got "
        with pytest.raises(TypeError, match=words):
            fetch(Request("GET", f"{route_server.url}/redirect/1"), event_hooks=hooks)
        assert type(outcome(f"{route_server.url}/redirect/1", event_hooks=hooks).error) is TypeError

    def test_those_that_only_look_may_return_what_they_like(
        self, route_server: RouteServer, colour: Colour
    ) -> None:
        hooks = {"response": [colour(lambda response: response.raise_for_status()), colour(lambda _: 5)]}
        assert fetch(Request("GET", f"{route_server.url}/json/a"), event_hooks=hooks).ok


@pytest.mark.awaits
class TestWhere:
    """On the loop's thread, in the caller's context."""

    def test_l28_thread_and_context(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        variable = contextvars.ContextVar("variable", default="unset")
        seen: list[tuple[object, ...]] = []

        def plain(*_: object) -> None:
            seen.append((threading.get_ident(), asyncio.get_running_loop(), variable.get()))
            variable.set("leaked")

        async def waiting(*_: object) -> None:
            plain()
            await asyncio.sleep(0)

        url = f"{route_server.url}/redirect/1"

        async def main() -> None:
            hooks = {name: [plain, waiting] for name in ("request", "redirect", "response")}
            async with Client(event_hooks=hooks) as client:
                for number in range(4):
                    variable.set(f"set {number}")
                    if number == 0:
                        assert (await client.get(url)).ok
                    elif number == 1:
                        assert (await client.gather([url])).counts == {200: 1}
                    elif number == 2:
                        assert [r.ok async for r in client.as_completed([url])] == [True]
                    else:
                        async with client.stream("GET", url) as response:
                            assert response.status_code == 200
                    here = (threading.get_ident(), asyncio.get_running_loop(), f"set {number}")
                    assert seen == [here] * 8
                    assert variable.get() == f"set {number}"
                    seen.clear()

        run(main, loop_factory)

    def test_many_at_once(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        running = peak = 0

        async def count(_: Response) -> None:
            nonlocal running, peak
            running += 1
            peak = max(peak, running)
            await asyncio.sleep(0.01)
            running -= 1

        async def main() -> None:
            async with Client(event_hooks={"response": count}, limits=Limits(concurrency=10)) as client:
                results = await client.gather(f"{route_server.url}/json/{n}" for n in range(200))
                assert results.counts == {200: 200}

        run(main, loop_factory)
        # Those whose hook runs are in flight.
        assert 1 < peak <= 10


class TestDeadline:
    """The total timeout bounds hooks as all else; one that awaits is cancelled."""

    @pytest.mark.awaits
    @pytest.mark.parametrize("event", ["request", "response", "redirect"])
    def test_a_hook_that_never_ends(self, route_server: RouteServer, event: str) -> None:
        ended: list[BaseException] = []

        async def never(*_: object) -> None:
            try:
                await asyncio.Event().wait()
            except BaseException as error:
                ended.append(error)
                raise

        async def main() -> None:
            async with Client(event_hooks={event: never}, timeout=0.1) as client:
                with pytest.raises(TotalTimeout):
                    await client.get(f"{route_server.url}/redirect/1")
                await asyncio.sleep(0.05)
                assert [type(error) for error in ended] == [asyncio.CancelledError]

        asyncio.run(main())


WRONG: list[tuple[Any, type[Exception], str]] = [
    ({"requests": []}, ValueError, "event_hooks: 'requests' is none of request, response, redirect, retry"),
    ({"a\r\nb": []}, ValueError, r"event_hooks: 'a\\r\\nb' is none of"),
    ({5: []}, TypeError, "event_hooks: expected names of events as keys, got int"),
    ({"request": 5}, TypeError, r"event_hooks\['request'\]: expected a callable or a list of callables"),
    ({"request": None}, TypeError, r"event_hooks\['request'\]: expected a callable or a list of callables"),
    ({"request": [5]}, TypeError, r"event_hooks\['request'\]: expected a callable, got int"),
    ({"request": "text"}, TypeError, r"event_hooks\['request'\]: expected a callable, got str"),
    ([print], TypeError, "event_hooks: expected a mapping of event names"),
    (print, TypeError, "event_hooks: expected a mapping of event names"),
]


@pytest.mark.parametrize(("hooks", "kind", "words"), WRONG, ids=[str(hooks) for hooks, _, _ in WRONG])
def test_wrong_hooks(hooks: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        Client(event_hooks=hooks)


@pytest.mark.parametrize("hooks", [None, {}, {"request": []}, {"request": ()}])
def test_no_hooks(route_server: RouteServer, hooks: Any) -> None:
    assert fetch(Request("GET", f"{route_server.url}/json/a"), event_hooks=hooks).ok
