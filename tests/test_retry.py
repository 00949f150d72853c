"""`Retry(...)`: what is tried again, how often, where it is said, and what is told of it."""

import asyncio
import contextlib
import dataclasses
import io
import pickle
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import (
    TLS,
    CertificateError,
    Client,
    ConnectionRefused,
    EventHooks,
    FetchError,
    IncompleteBody,
    Limits,
    PoolTimeout,
    ReadTimeout,
    Request,
    Response,
    Retry,
    Timeout,
)

from tests.conftest import RawServerFactory
from tests.fetching import SECRETS, fetch, outcome
from tests.scripted import YES, Script, asked, busy
from tests.servers.messages import Answer
from tests.servers.raw import RequestReader, reset
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

pytestmark = pytest.mark.usefixtures("face")

QUICK = Retry(backoff=0.001, budget=None)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"

EITHER = pytest.mark.parametrize("fetched", [fetch, outcome], ids=["alone", "in a batch"])
Fetched = Callable[..., Response]


class OpensLater:
    """A port that refuses connections until `open` is called, which may be as a hook."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = "http://{}:{}/".format(*self._socket.getsockname())
        self.heard: list[bytes] = []

    def close(self) -> None:
        self._socket.close()

    async def open(self, *_: object) -> None:
        await asyncio.start_server(self._answer, sock=self._socket)

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.heard.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(4))
        writer.write(OK)
        writer.close()


@pytest.fixture
def opens_later() -> Iterator[OpensLater]:
    with contextlib.closing(OpensLater()) as port:
        yield port


def each_by_number(*answers: bytes) -> Callable[[RequestReader, StreamWriter], Any]:
    """A connection for each of these answers, in turn; an empty one is a reset."""
    left = iter(answers)

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        if answer := next(left):
            writer.write(answer)
        else:
            reset(writer)

    return handler


class TestStatuses:
    @EITHER
    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    def test_one_that_passes(self, fetched: Fetched, status: int, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(status=status), busy(status=status), YES)
        response = fetched(Request("GET", f"{route_server.url}/flaky"), retry=QUICK)
        assert (response.status_code, response.text, response.attempts) == (200, "yes", 3)
        assert response.history == []
        assert asked(route_server) == ["/flaky"] * 3

    @EITHER
    def test_after_the_last_attempt_the_last_answer_stands(
        self, fetched: Fetched, route_server: RouteServer
    ) -> None:
        route_server.routes["/down"] = Script(*(Answer.text(str(n), 503) for n in range(9)))
        response = fetched(Request("GET", f"{route_server.url}/down"), retry=QUICK)
        assert (response.status_code, response.text, response.attempts) == (503, "2", 3)
        assert (response.error, response.ok) == (None, False)
        assert len(route_server.ledger.requests) == 3

    @pytest.mark.parametrize("status", [200, 204, 400, 404, 501, 505])
    def test_others_stand(self, status: int, route_server: RouteServer) -> None:
        response = fetch(Request("GET", f"{route_server.url}/status/{status}"), retry=QUICK)
        assert (response.status_code, response.attempts) == (status, 1)

    def test_of_ones_own_choice(self, route_server: RouteServer) -> None:
        retry = dataclasses.replace(QUICK, statuses=(404,))
        for status, attempts in ((404, 3), (503, 1)):
            response = fetch(Request("GET", f"{route_server.url}/status/{status}"), retry=retry)
            assert (response.status_code, response.attempts) == (status, attempts)

    def test_what_redirects_led_to_is_tried_again_from_the_start(self, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(), YES)
        url = f"{route_server.url}/redirect-to?url=/flaky"
        response = fetch(Request("GET", url), retry=QUICK)
        assert (response.text, len(response.history)) == ("yes", 1)
        assert asked(route_server) == ["/redirect-to", "/flaky"] * 2

    @pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
    def test_methods_that_may_be_repeated(self, method: str, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(), YES)
        assert fetch(Request(method, f"{route_server.url}/flaky"), retry=QUICK).attempts == 2

    @pytest.mark.parametrize("method", ["POST", "PATCH"])
    def test_methods_that_may_not(self, method: str, route_server: RouteServer) -> None:
        response = fetch(Request(method, f"{route_server.url}/status/503", content="x"), retry=QUICK)
        assert (response.status_code, response.attempts) == (503, 1)

    def test_a_method_that_is_named(self, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(), busy(), YES)
        retry = dataclasses.replace(QUICK, methods=("POST",))
        response = fetch(Request("POST", f"{route_server.url}/flaky", content="same"), retry=retry)
        assert (response.status_code, response.attempts) == (200, 3)
        assert [request.body for request in route_server.ledger.requests] == [b"same"] * 3
        assert fetch(Request("GET", f"{route_server.url}/status/503"), retry=retry).attempts == 1

    def test_a_body_that_can_be_read_only_once_is_not_sent_again(self, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(), YES)
        pieces = (piece for piece in (b"a", b"b"))
        response = fetch(Request("PUT", f"{route_server.url}/flaky", content=pieces), retry=QUICK)
        assert (response.status_code, response.attempts) == (503, 1)

    def test_a_file_is_read_again(self, route_server: RouteServer) -> None:
        route_server.routes["/flaky"] = Script(busy(), YES)
        request = Request("PUT", f"{route_server.url}/flaky", content=io.BytesIO(b"same"))
        assert fetch(request, retry=QUICK).attempts == 2


class TestErrors:
    @pytest.mark.parametrize("method", ["PUT", "POST"])
    @pytest.mark.awaits
    def test_a_port_that_opens_later(self, method: str, opens_later: OpensLater) -> None:
        """Of no request was anything sent, so each may be tried again."""
        request = Request(method, opens_later.url, content="body")
        response = fetch(request, retry=QUICK, event_hooks={"retry": opens_later.open})
        assert (response.text, response.attempts) == ("yes", 2)
        assert [heard[-4:] for heard in opens_later.heard] == [b"body"]

    @EITHER
    def test_a_connection_that_is_cut(self, fetched: Fetched, raw_server: RawServerFactory) -> None:
        server = raw_server(each_by_number(b"", b"", OK))
        response = fetched(Request("GET", server.url), retry=QUICK)
        assert (response.text, response.attempts, len(server.ledger.requests)) == ("yes", 3, 3)

    @EITHER
    def test_a_body_that_is_cut_short(self, fetched: Fetched, raw_server: RawServerFactory) -> None:
        server = raw_server(each_by_number(SHORT, SHORT, OK))
        response = fetched(Request("GET", server.url), retry=QUICK)
        assert (response.text, response.attempts) == ("yes", 3)

    @pytest.mark.parametrize("timeout", [Timeout(read=0.1), Timeout(total=0.1)], ids=["read", "total"])
    def test_silence(self, timeout: Timeout, raw_server: RawServerFactory) -> None:
        """Each attempt has the whole timeout to itself."""

        async def slow_start(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            if len(server.ledger.requests) < 3:
                await reader.read()
            writer.write(OK)

        server = raw_server(slow_start)
        response = fetch(Request("GET", server.url), retry=QUICK, timeout=timeout)
        assert (response.text, response.attempts) == ("yes", 3)

    def test_a_post_that_was_sent_is_not_repeated(self, raw_server: RawServerFactory) -> None:
        server = raw_server(each_by_number(SHORT))
        with pytest.raises(IncompleteBody) as caught:
            fetch(Request("POST", server.url), retry=QUICK)
        assert (caught.value.attempts, caught.value.earlier) == (1, ())

    def test_of_ones_own_choice(self, raw_server: RawServerFactory) -> None:
        """A class stands for its subclasses."""
        for errors, attempts in (((ff.ProtocolError,), 3), ((ff.TransportError,), 3), ((ReadTimeout,), 1)):
            server = raw_server(each_by_number(SHORT, SHORT, SHORT))
            with pytest.raises(IncompleteBody) as caught:
                fetch(Request("GET", server.url), retry=dataclasses.replace(QUICK, errors=errors))
            assert caught.value.attempts == attempts

    @pytest.mark.parametrize(
        ("errors", "told"), [(QUICK.errors, 0), ((CertificateError,), 2)], ids=["usual", "named"]
    )
    def test_a_certificate_only_where_it_is_named(self, errors: Any, told: int, authority: Authority) -> None:
        notes: list[object] = []
        retry, hooks = dataclasses.replace(QUICK, errors=errors), {"retry": notes.append}
        with RouteServer(tls=authority.expired("127.0.0.1")) as server, pytest.raises(CertificateError):
            fetch(Request("GET", server.url), tls=TLS(ca=authority.ca_pem), retry=retry, event_hooks=hooks)
        assert len(notes) == told

    @pytest.mark.awaits
    @pytest.mark.parametrize("named", [False, True])
    def test_no_turn_only_where_it_is_named(self, named: bool, route_server: RouteServer) -> None:
        retry = dataclasses.replace(QUICK, errors=(PoolTimeout,)) if named else QUICK
        limits, timeout = Limits(concurrency=1), Timeout(pool=0.1)
        opening = {"retry": lambda _: route_server.open_gate("shut")}

        async def main() -> None:
            async with Client(limits=limits, timeout=timeout, event_hooks=opening) as client:
                first = asyncio.create_task(client.get(f"{route_server.url}/gate/shut"))
                await asyncio.to_thread(route_server.ledger.wait_requests, 1)
                second = client.get(f"{route_server.url}/json/a", retry=retry)
                if named:
                    assert (await second).ok
                else:
                    with pytest.raises(PoolTimeout):
                        await second
                    route_server.open_gate("shut")
                assert (await first).ok

        asyncio.run(main())


class TestWhatIsTold:
    def test_the_error_tells_every_attempt(self, raw_server: RawServerFactory) -> None:
        url = raw_server(each_by_number(BUSY, SHORT, SHORT)).url
        request = Request("GET", url.replace("://", "://me:hunter2@"), headers=SECRETS)
        error = outcome(request, retry=QUICK).error
        assert isinstance(error, IncompleteBody)
        assert (error.attempts, len(error.earlier)) == (3, 2)
        assert isinstance(error.earlier, tuple)
        assert "503" in error.earlier[0]
        assert all(told in str(error) for told in error.earlier)
        assert str(error).isprintable()
        assert "hunter2" not in f"{error} {error!r} {vars(error)}"
        twin = pickle.loads(pickle.dumps(error))
        assert (twin.earlier, str(twin)) == (error.earlier, str(error))

    def test_refused_three_times(self, opens_later: OpensLater) -> None:
        with pytest.raises(ConnectionRefused) as caught:
            fetch(Request("GET", opens_later.url), retry=QUICK)
        assert (caught.value.attempts, len(caught.value.earlier)) == (3, 2)
        assert all("refused" in told for told in caught.value.earlier)

    def test_a_single_attempt_has_none_before_it(self, opens_later: OpensLater) -> None:
        with pytest.raises(ConnectionRefused) as caught:
            fetch(Request("GET", opens_later.url))
        assert caught.value.earlier == ()

    def test_hooks(self, route_server: RouteServer) -> None:
        """`retry` hears of every answer that does not stand, `response` only of the one that does."""
        route_server.routes["/flaky"] = Script(busy(), busy(status=429), YES)
        retries: list[FetchError] = []
        responses: list[Response] = []
        hooks: EventHooks = {"retry": retries.append, "response": [responses.append, refuse]}
        response = fetch(Request("GET", f"{route_server.url}/flaky"), retry=QUICK, event_hooks=hooks)
        assert [told.status_code for told in responses] == [response.status_code] == [200]
        assert all(isinstance(error, FetchError) for error in retries)
        assert [error.attempts for error in retries] == [1, 2]
        assert "503" in str(retries[0])
        assert "429" in str(retries[1])


def refuse(response: Response) -> None:
    """A hook that turns bad statuses into errors, as many a client has it."""
    response.raise_for_status()


def tried(attempts: Any) -> Any:
    """So many attempts, where it is a number."""
    return dataclasses.replace(QUICK, attempts=attempts) if type(attempts) is int else attempts


class TestWhereItIsSaid:
    """The nearest counts: the request's, then the call's, then the client's."""

    @pytest.mark.parametrize(
        ("client", "call", "request_", "sent"),
        [
            (4, None, None, 4),
            (4, 3, None, 3),
            (4, 3, 2, 2),
            (4, False, None, 1),
            (4, None, False, 1),
            (None, 3, None, 3),
            (False, None, 2, 2),
            (None, None, None, 1),
        ],
    )
    def test_the_nearest_counts(
        self, client: Any, call: Any, request_: Any, sent: int, route_server: RouteServer
    ) -> None:
        url = f"{route_server.url}/status/503"

        async def main() -> list[Response]:
            async with Client(retry=tried(client)) as using:
                items = [Request("GET", url, retry=tried(request_))]
                alone = tried(call if request_ is None else request_)
                completed = using.as_completed(items, retry=tried(call))
                return [
                    *await using.gather(items, retry=tried(call)),
                    *[each async for each in completed],
                    *await ff.Batch(items, client=using, retry=tried(call)),
                    await using.get(url, retry=alone),
                    await using.send(using.build_request("GET", url, retry=alone)),
                ]

        assert [response.attempts for response in asyncio.run(main())] == [sent] * 5

    @pytest.mark.parametrize(("retry", "sent"), [(1, 1), (2, 2), (True, 3), (False, 1), (None, 1)])
    def test_short_forms(self, retry: Any, sent: int, route_server: RouteServer) -> None:
        url = f"{route_server.url}/status/503"
        assert asyncio.run(ff.get(url, retry=retry)).attempts == sent

    def test_a_request_keeps_it_when_it_travels(self, route_server: RouteServer) -> None:
        request = Request("GET", f"{route_server.url}/status/503", retry=QUICK)
        assert fetch(pickle.loads(pickle.dumps(request))).attempts == 3


@pytest.mark.parametrize("value", [0, -1, "3", 1.5, [3], float("nan")], ids=repr)
def test_wrong(value: Any) -> None:
    calls: list[Callable[..., object]] = [
        lambda **options: Client(**options),
        lambda **options: Request("GET", "http://a.test/", **options),
        lambda **options: ff.Batch([], **options),
        lambda **options: ff.as_completed([], **options),
        lambda **options: asyncio.run(ff.get("http://a.test/", **options)),
    ]
    for call in calls:
        with pytest.raises((TypeError, ValueError), match=r"^retry: expected .*, got "):
            call(retry=value)
