"""What a response tells of itself: where the time went, who sent it, and how its body was coded."""

import asyncio
import copy
import gzip
import pickle
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Unpack

import pytest
from fastfetch import TLS, Client, ClientOptions, Connection, Limits, Response, Timings

from tests.conftest import Http2ServerFactory, RawServerFactory
from tests.fetching import outcome
from tests.servers.http2 import Http2Stream, each
from tests.servers.messages import Answer, Request
from tests.servers.nginx import Nginx
from tests.servers.pieces import CHUNKED, chunk, head
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

PARTS = ("queue", "dns", "connect", "tls", "first_byte", "body")


def fetched(*urls: str, **options: Unpack[ClientOptions]) -> list[Response]:
    """The answers to some requests, one after another, by one client."""

    async def main() -> list[Response]:
        async with Client(**options) as client:
            return [await client.get(url) for url in urls]

    return asyncio.run(main())


def get(url: str, **options: Unpack[ClientOptions]) -> Response:
    return fetched(url, **options)[0]


def put(server: RouteServer, body: bytes, *headers: tuple[str, str], status: int = 200) -> str:
    """The URL of an answer with this body."""
    server.routes["/body"] = Answer(body, status, headers)
    return f"{server.url}/body"


class TestTimings:
    def test_a_new_connection_to_a_name(self, authority: Authority) -> None:
        with RouteServer(tls=authority.context("localhost")) as server:
            url = f"https://localhost:{server.port}/delay/0.05"
            first, second = fetched(url, url, tls=TLS(ca=authority.ca_pem))
        new, again = first.timings, second.timings
        assert min(new.dns, new.connect, new.tls, new.body) > 0
        assert new.first_byte >= 0.05
        assert (again.dns, again.connect, again.tls) == (0, 0, 0)
        assert again.first_byte >= 0.05

    def test_the_parts_are_the_total(self, authority: Authority) -> None:
        with RouteServer(tls=authority.context("localhost")) as server:
            url = f"https://localhost:{server.port}/delay/0.05"
            responses = fetched(url, url, tls=TLS(ca=authority.ca_pem))
        for response in responses:
            timings = response.timings
            parts = sum(getattr(timings, part) for part in PARTS if part != "queue")
            assert timings.total == pytest.approx(response.elapsed.total_seconds(), abs=1e-6)
            assert parts == pytest.approx(timings.total, abs=0.02)
            assert parts <= timings.total + 1e-5

    def test_in_the_clear_by_address(self, route_server: RouteServer) -> None:
        timings = get(f"{route_server.url}/json/x").timings
        assert (timings.dns, timings.tls) == (0, 0)
        assert timings.connect > 0

    def test_waiting_for_a_turn_comes_before(self, route_server: RouteServer) -> None:
        async def main() -> list[Response]:
            async with Client(limits=Limits(concurrency=1)) as client:
                url = f"{route_server.url}/delay/0.1"
                return list(await asyncio.gather(client.get(url), client.get(url)))

        first, second = sorted(asyncio.run(main()), key=lambda response: response.timings.queue)
        assert first.timings.queue < 0.05
        assert second.timings.queue >= 0.09
        assert second.timings.total < 0.09 + second.timings.queue
        assert second.elapsed.total_seconds() == pytest.approx(second.timings.total, abs=1e-6)

    def test_in_a_batch_too(self, route_server: RouteServer) -> None:
        async def main() -> list[Response]:
            async with Client() as client:
                return list(await client.gather([f"{route_server.url}/delay/0.05"] * 3, concurrency=1))

        for number, response in enumerate(asyncio.run(main())):
            assert 0.05 <= response.timings.first_byte < 5
            assert (response.timings.connect > 0) == (number == 0)

    def test_the_body_takes_its_time(self, raw_server: RawServerFactory) -> None:
        async def slow(reader: Any, writer: Any) -> None:
            await reader.head()
            writer.write(head(CHUNKED) + chunk(b"a"))
            await asyncio.sleep(0.05)
            writer.write(chunk(b"b") + b"0\r\n\r\n")

        timings = get(raw_server(slow).url).timings
        assert timings.body >= 0.04
        assert timings.first_byte < timings.total - 0.04

    def test_redirects(self, route_server: RouteServer) -> None:
        """Connecting is counted over all hops; the answer is the last one's."""
        route_server.routes["/away"] = lambda request: Answer.redirect("/delay/0.05")
        response = get(f"{route_server.url}/away")
        assert response.timings.connect > 0
        assert 0.05 <= response.timings.first_byte <= response.timings.total

    def test_the_start_is_told_by_the_clock_on_the_wall(self, route_server: RouteServer) -> None:
        before = time.time()
        responses = [get(f"{route_server.url}/delay/0.01") for _ in range(2)]
        starts = [response.timings.start for response in responses]
        ends = [response.timings.start + response.timings.total for response in responses]
        assert before - 0.001 <= starts[0] < ends[0] <= starts[1] < ends[1] <= time.time() + 0.001

    def test_shown_and_compared(self, route_server: RouteServer) -> None:
        response = get(f"{route_server.url}/json/x")
        timings = response.timings
        assert isinstance(timings, Timings)
        assert timings == response.timings
        assert timings != get(f"{route_server.url}/json/x").timings
        assert repr(timings).startswith(f"Timings(start={timings.start:.6f}, queue=0.0")
        assert all(f"{part}=" in repr(timings) for part in (*PARTS, "total"))


class TestConnection:
    def test_tls(self, authority: Authority) -> None:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = authority.context("127.0.0.1")
            context.minimum_version = context.maximum_version = version
            with RouteServer(tls=context) as server:
                url = f"{server.url}/json/x"
                first, second = fetched(url, url, tls=TLS(ca=authority.ca_pem))
                shown = ssl.PEM_cert_to_DER_cert(
                    ssl.get_server_certificate((server.host, server.port), ca_certs=str(authority.ca_file))
                )
            connection = first.connection
            assert isinstance(connection, Connection)
            assert connection.remote_address == (server.host, server.port)
            assert connection.local_address is not None
            host, port = connection.local_address
            assert (host, 0 < port < 65536) == ("127.0.0.1", True)
            assert connection.tls_version == version.name.replace("_", ".")
            assert connection.cipher is not None
            assert connection.cipher.startswith("TLS_")
            assert "TLS13" not in connection.cipher
            assert connection.certificates[0] == shown
            assert second.connection is not None
            assert second.connection.local_address == connection.local_address
            assert repr(connection) == f"<Connection 127.0.0.1:{server.port} {connection.tls_version}>"

    def test_in_the_clear(self, route_server: RouteServer) -> None:
        connection = get(f"{route_server.url}/json/x").connection
        assert connection is not None
        assert (connection.tls_version, connection.cipher, connection.certificates) == (None, None, [])
        assert connection.remote_address == (route_server.host, route_server.port)
        assert repr(connection) == f"<Connection 127.0.0.1:{route_server.port} in the clear>"

    def test_http2(self, nginx: Nginx, authority: Authority) -> None:
        response = get(nginx.https, tls=TLS(ca=authority.ca_pem))
        assert response.http_version == "HTTP/2"
        assert response.connection is not None
        assert response.connection.tls_version in ("TLSv1.2", "TLSv1.3")  # As the nginx has it.

    def test_the_one_that_answered_in_the_end(self, route_server: RouteServer) -> None:
        with RouteServer() as other:
            route_server.routes["/away"] = Answer.redirect(f"{other.url}/json/x")
            response = get(f"{route_server.url}/away")
        assert response.connection is not None
        assert response.connection.remote_address == (other.host, other.port)
        assert response.history[0].connection is not None
        assert response.history[0].connection.remote_address == (route_server.host, route_server.port)


class TestTrailers:
    def test_http1(self, raw_server: RawServerFactory) -> None:
        answer = (
            head(CHUNKED, "Trailer: X-Sum")
            + chunk(b"hi")
            + b"0\r\nX-Sum: 1\r\nx-two: a\r\nX-Two: \xe9\r\n\r\n"
        )
        response = get(raw_server(answer).url)
        assert response.content == b"hi"
        assert response.trailers.raw == [(b"x-sum", b"1"), (b"x-two", b"a"), (b"x-two", b"\xe9")]
        assert "x-sum" not in response.headers

    def test_http2(self, h2_server: Http2ServerFactory, authority: Authority) -> None:
        async def answer(stream: Http2Stream) -> None:
            stream.start(200)
            await stream.data(b"hi")
            stream.trailers(("grpc-status", "0"))

        server = h2_server(each(answer), tls=authority.context("127.0.0.1", alpn=("h2",)))
        response = get(server.url, tls=TLS(ca=authority.ca_pem))
        assert (response.content, dict(response.trailers)) == (b"hi", {"grpc-status": "0"})

    def test_none(self, route_server: RouteServer) -> None:
        assert list(get(f"{route_server.url}/json/x").trailers) == []


class TestAttempts:
    def test_one(self, route_server: RouteServer) -> None:
        assert get(f"{route_server.url}/json/x").attempts == 1
        assert outcome("http://127.0.0.1:1/").attempts == 1
        assert outcome("no URL").attempts == 0

    def test_redirects_count(self, route_server: RouteServer) -> None:
        response = get(f"{route_server.url}/redirect/3")
        assert response.attempts == 4
        assert [hop.attempts for hop in response.history] == [1, 2, 3]

    def test_a_stale_connection_counts(self, raw_server: RawServerFactory) -> None:
        gone = threading.Event()

        async def once(reader: Any, writer: Any) -> None:
            await reader.head()
            writer.write(head("Content-Length: 0"))
            if not gone.is_set():
                gone.set()
                await reader.head()  # The second request is dropped without a word.

        server = raw_server(once)
        assert [response.attempts for response in fetched(server.url, server.url)] == [1, 2]


class TestDecoded:
    @pytest.mark.parametrize(
        ("coding", "status", "decoded"),
        [
            (None, 200, True),
            ("gzip", 200, True),
            ("identity", 200, True),
            ("x-own", 200, False),
            ("gzip", 206, False),
        ],
    )
    def test_codings(self, route_server: RouteServer, coding: str | None, status: int, decoded: bool) -> None:
        packed = gzip.compress(b"body") if coding == "gzip" else b"body"
        fields = [("Content-Encoding", coding)] if coding else []
        response = get(put(route_server, packed, *fields, status=status))
        assert response.decoded is decoded
        assert response.content == (b"body" if decoded else packed)


class TestEncoding:
    @pytest.mark.parametrize(
        ("kind", "body", "encoding", "text"),
        [
            ("text/plain", b"\xef\xbb\xbf\xc3\xbc", "utf-8", "ü"),
            ("text/plain; charset=latin-1", "ü".encode("utf-16"), "utf-16le", "ü"),
            ("text/plain; charset=latin-1", b"\xfc\x80", "windows-1252", "ü€"),
            ("text/html", b'<meta charset="iso-8859-2"><p>\xb1', "iso-8859-2", "ą"),
            (
                "application/xml",
                b'<?xml version="1.0" encoding="windows-1251"?><a>\xff</a>',
                "windows-1251",
                "я",
            ),
            ("text/plain", "Grüße".encode(), "utf-8", "Grüße"),
            ("text/plain", b"plain", "utf-8", "plain"),
            ("text/plain; charset=nonsense", "ü".encode(), "utf-8", "ü"),
        ],
    )
    def test_found(self, route_server: RouteServer, kind: str, body: bytes, encoding: str, text: str) -> None:
        response = get(put(route_server, body, ("Content-Type", kind)))
        assert response.encoding == encoding
        assert text in response.text

    def test_guessed(self, route_server: RouteServer) -> None:
        text = "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 3
        response = get(put(route_server, text.encode("cp1251"), ("Content-Type", "text/plain")))
        assert (response.encoding, response.text) == ("windows-1251", text)

    def test_set(self, route_server: RouteServer) -> None:
        response = get(put(route_server, b"\xa4", ("Content-Type", "text/plain; charset=latin-1")))
        assert response.text == "¤"
        response.encoding = "ISO-8859-15"
        assert (response.encoding, response.text) == ("iso-8859-15", "€")
        with pytest.raises(LookupError, match="unknown encoding: 'no\\\\nsuch'"):
            response.encoding = "no\nsuch"
        assert response.text == "€"


class TestStatus:
    @pytest.mark.parametrize("status", [200, 204, 299, 300, 304, 399, 400, 404, 499, 500, 599, 600, 999])
    def test_kinds(self, route_server: RouteServer, status: int) -> None:
        response = get(f"{route_server.url}/status/{status}")
        kinds = (response.is_success, response.is_client_error, response.is_server_error, response.is_error)
        assert kinds == (status < 300, 400 <= status < 500, 500 <= status < 600, 400 <= status < 600)
        assert response.reason_phrase == response.reason

    def test_where_no_answer_came_it_is_none_of_them(self) -> None:
        response = outcome("http://127.0.0.1:1/")
        kinds = (response.is_success, response.is_error, response.is_client_error, response.is_server_error)
        assert not any(kinds)

    @pytest.mark.parametrize(
        ("status", "location", "redirects"),
        [(301, True, True), (302, False, False), (304, True, False), (308, True, True), (201, True, False)],
    )
    def test_is_redirect(
        self, route_server: RouteServer, status: int, location: bool, redirects: bool
    ) -> None:
        url = put(route_server, b"", *([("Location", "/json/x")] if location else []), status=status)
        assert get(url, follow_redirects=False).is_redirect is redirects


def test_links(route_server: RouteServer) -> None:
    lines = ('</items?page=2>; rel="next last"; title="Zwei, drei"', "<https://x.test/>; rel=up, <none>")
    links = get(put(route_server, b"", *(("Link", line) for line in lines))).links
    onward = {"url": f"{route_server.url}/items?page=2", "rel": "next last", "title": "Zwei, drei"}
    nameless = f"{route_server.url}/none"
    assert links == {
        "next": onward,
        "last": onward,
        "up": {"url": "https://x.test/", "rel": "up"},
        nameless: {"url": nameless},
    }
    assert get(f"{route_server.url}/json/x").links == {}


@pytest.mark.parametrize("again", [lambda it: pickle.loads(pickle.dumps(it)), copy.copy, copy.deepcopy])
def test_all_of_it_travels(authority: Authority, again: Callable[[Response], Response]) -> None:
    packed = gzip.compress(b"body")

    def answer(request: Request) -> Answer:
        return Answer(packed, 200, (("Content-Encoding", "gzip"), ("Link", "<a>; rel=b")))

    with RouteServer(tls=authority.context("localhost")) as server:
        server.routes["/body"] = answer
        response = get(f"https://localhost:{server.port}/body", tls=TLS(ca=authority.ca_pem))
    twin = again(response)
    assert twin.timings == response.timings
    assert (twin.attempts, twin.decoded, twin.encoding) == (response.attempts, True, response.encoding)
    assert (twin.links, dict(twin.trailers)) == (response.links, {})
    one, other = response.connection, twin.connection
    assert one is not None
    assert other is not None
    for name in ("remote_address", "local_address", "tls_version", "cipher", "certificates"):
        assert getattr(one, name) == getattr(other, name)
