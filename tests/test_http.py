"""Requests as the server sees them, and answers as HTTP means them."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import fastfetch
import pytest
from fastfetch import Client, Headers, Request, Response

from tests.conftest import RawServerFactory
from tests.fetching import fetch
from tests.servers.messages import Answer
from tests.servers.messages import Request as Seen
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.usefixtures("face")

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
BODY_EXPECTED = {"POST", "PUT", "PATCH"}


def seen(server: RouteServer, request: Request) -> Seen:
    """The request as the server saw it."""
    fetch(request)
    return server.ledger.requests[-1]


class TestMethods:
    @pytest.mark.parametrize("method", METHODS)
    def test_function_and_method_of_a_client(self, route_server: RouteServer, method: str) -> None:
        url = f"{route_server.url}/echo?q=1"

        async def main() -> list[Response]:
            function: Callable[[str], Awaitable[Response]] = getattr(fastfetch, method.lower())
            async with Client() as client:
                bound: Callable[[str], Awaitable[Response]] = getattr(client, method.lower())
                return [
                    await function(url),
                    await fastfetch.request(method, url),
                    await fastfetch.send(Request(method, url)),
                    await bound(url),
                    await client.request(method.lower(), url),
                    *await fastfetch.gather([Request(method, url)]),
                ]

        responses = asyncio.run(main())
        assert [response.status_code for response in responses] == [200] * 6
        assert {response.method for response in responses} == {method}
        assert [request.method for request in route_server.ledger.requests] == [method] * 6
        assert {request.target for request in route_server.ledger.requests} == {"/echo?q=1"}

    @pytest.mark.parametrize("method", METHODS)
    def test_length_of_no_body(self, route_server: RouteServer, method: str) -> None:
        # RFC 9110, section 8.6: where the method has a use for a body, its absence is said.
        request = seen(route_server, Request(method, f"{route_server.url}/echo"))
        assert request.headers.get("content-length") == ("0" if method in BODY_EXPECTED else None)
        assert "transfer-encoding" not in request.headers

    def test_a_method_of_ones_own(self, route_server: RouteServer) -> None:
        assert seen(route_server, Request("purge", f"{route_server.url}/echo")).method == "PURGE"


class TestContent:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ("Grüße €", "Grüße €".encode()),
            ("", b""),
            (b"\x00\xff", b"\x00\xff"),
            (bytearray(b"\x00\xff"), b"\x00\xff"),
            (memoryview(b"abcdef")[1:5:2], b"bd"),
            (bytes(3_000_000), bytes(3_000_000)),
        ],
        ids=["str", "empty", "bytes", "bytearray", "memoryview", "large"],
    )
    def test_arrives_as_it_was(
        self, route_server: RouteServer, content: str | bytes | bytearray | memoryview, expected: bytes
    ) -> None:
        request = seen(route_server, Request("POST", f"{route_server.url}/echo", content=content))
        assert request.body == expected
        assert request.headers["content-length"] == str(len(expected))

    def test_a_buffer_may_change_after_the_call(self, route_server: RouteServer) -> None:
        content = bytearray(b"before")
        request = Request("PUT", f"{route_server.url}/echo", content=content)
        content[:] = b"after!"
        assert seen(route_server, request).body == b"before"


class TestRequestHeaders:
    def test_what_is_sent_without_asking(self, route_server: RouteServer) -> None:
        request = seen(route_server, Request("GET", f"{route_server.url}/echo"))
        host = f"127.0.0.1:{route_server.port}"
        assert request.headers == {
            "host": host,
            "user-agent": "fastfetch/0.1.0",
            "accept": "*/*",
            "accept-encoding": "gzip, br, zstd, deflate",
        }

    def test_values_arrive_byte_for_byte(self, route_server: RouteServer) -> None:
        sent = [("X-Text", "caf\xe9"), ("X-Bytes", b"\x80\xff"), ("X-Inner", "a  b\tc"), ("X-Empty", "")]
        request = seen(route_server, Request("GET", f"{route_server.url}/echo", headers=sent))
        lines = dict(
            line.split(b": ", 1) for line in request.head.lower().split(b"\r\n")[1:] if b": " in line
        )
        assert lines[b"x-text"] == b"caf\xe9"
        assert lines[b"x-bytes"] == b"\x80\xff"
        assert lines[b"x-inner"] == b"a  b\tc"
        assert request.headers["x-empty"] == ""

    @pytest.mark.parametrize(
        "headers",
        [
            [("X-Twice", "1"), ("x-twice", "2")],
            [(b"x-twice", b"1"), (b"x-twice", b"2")],
            Headers([("X-Twice", "1"), ("X-Twice", "2")]),
        ],
        ids=["str", "bytes", "Headers"],
    )
    def test_repeated_fields(self, route_server: RouteServer, headers: Any) -> None:
        url = f"{route_server.url}/echo"

        async def main() -> None:
            await fastfetch.get(url, headers=headers)
            await fastfetch.gather([url], headers=headers)
            async for _ in fastfetch.as_completed([url], headers=headers):
                pass
            async with Client(headers=headers) as client:
                await client.get(url)

        asyncio.run(main())
        for request in route_server.ledger.requests:
            assert [value for name, value in request.header_items if name.lower() == "x-twice"] == ["1", "2"]

    def test_the_nearest_wins(self, route_server: RouteServer) -> None:
        url = f"{route_server.url}/echo"

        async def main() -> None:
            async with Client(headers={"A": "client", "B": "client", "C": "client"}) as client:
                own = Request("GET", url, headers={"a": "request"})
                await client.gather([own], headers={"a": "gather", "b": "gather"})

        asyncio.run(main())
        headers = route_server.ledger.requests[0].headers
        assert [headers[name] for name in "abc"] == ["request", "gather", "client"]

    def test_what_the_caller_names_is_not_sent_twice(self, route_server: RouteServer) -> None:
        own = {"User-Agent": "me/1", "Accept": "text/html", "Host": "other.test", "Accept-Encoding": "br"}
        request = seen(route_server, Request("GET", f"{route_server.url}/echo", headers=own))
        assert sorted(request.header_items) == [
            ("accept", "text/html"),
            ("accept-encoding", "br"),
            ("host", "other.test"),
            ("user-agent", "me/1"),
        ]

    def test_no_referer_after_a_redirect(self, route_server: RouteServer) -> None:
        seen(route_server, Request("GET", f"{route_server.url}/redirect/2"))
        assert len(route_server.ledger.requests) == 3
        assert not [request for request in route_server.ledger.requests if "referer" in request.headers]


class TestURL:
    def test_fragment_and_odd_characters(self, route_server: RouteServer) -> None:
        response = fetch(Request("GET", f"{route_server.url}/echo?a b=ü#part"))
        assert response.json()["target"] == "/echo?a%20b=%C3%BC"
        assert response.url == f"{route_server.url}/echo?a%20b=%C3%BC#part"

    @pytest.mark.parametrize(
        ("userinfo", "pair"),
        [
            ("me:secret", "me:secret"),
            ("me", "me:"),
            (":secret", ":secret"),
            ("m%40e:s%3Aecret", "m@e:s:ecret"),
        ],
    )
    def test_user_and_password_become_basic_authentication(
        self, route_server: RouteServer, userinfo: str, pair: str
    ) -> None:
        url = route_server.url.replace("://", f"://{userinfo}@")
        response = fetch(Request("GET", f"{url}/echo"))
        request = route_server.ledger.requests[-1]
        assert request.headers["authorization"] == f"Basic {b64encode(pair.encode()).decode()}"
        assert request.headers["host"] == f"127.0.0.1:{route_server.port}"
        assert response.url == f"{route_server.url}/echo"

    def test_an_authorization_of_ones_own_wins(self, route_server: RouteServer) -> None:
        url = route_server.url.replace("://", "://me:secret@")
        own = {"Authorization": "Bearer token"}
        request = seen(route_server, Request("GET", f"{url}/echo", headers=own))
        assert request.headers["authorization"] == "Bearer token"

    def test_passwords_never_show(self, route_server: RouteServer) -> None:
        url = route_server.url.replace("://", "://me:hunter2@")

        async def main() -> list[object]:
            batch = fastfetch.Batch(
                [f"{url}/redirect/1", f"{url}/status/404", "http://me:hunter2@127.0.0.1:1/"]
            )
            results = await batch
            with pytest.raises(fastfetch.StatusError) as caught:
                results[1].raise_for_status()
            return [
                results,
                batch,
                *results,
                *results[0].history,
                *results.errors,
                caught.value,
                caught.value.url,
            ]

        shown = [f"{thing!r} {thing}" for thing in asyncio.run(main())]
        shown.append(repr(Request("GET", url)))
        assert [text for text in shown if "hunter2" in text] == []


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "version", "content"),
        [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "HTTP/1.1", b"body"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n\r\nbody", "HTTP/1.1", b"body"),
            (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", "HTTP/1.1", b"until the end"),
            (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", "HTTP/1.0", b"until the end"),
            (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0", b""),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
                "HTTP/1.1",
                b"abcde",
            ),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Trailer: t\r\n\r\n",
                "HTTP/1.1",
                b"a",
            ),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
                "HTTP/1.1",
                b"ab",
            ),
            (b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1", b""),
            (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nlf", "HTTP/1.1", b"lf"),
            (
                b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 20
                + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!",
                "HTTP/1.1",
                b"!",
            ),
        ],
        ids=[
            "length",
            "lengths",
            "close",
            "1.0-close",
            "1.0",
            "chunked",
            "trailers",
            "both",
            "crlf-first",
            "lf",
            "hints",
        ],
    )
    def test_framing(self, raw_server: RawServerFactory, answer: bytes, version: str, content: bytes) -> None:
        response = fetch(Request("GET", raw_server(answer).url))
        assert (response.status_code, response.http_version, response.content) == (200, version, content)

    @pytest.mark.parametrize("status", [204, 304])
    def test_statuses_without_a_body(self, raw_server: RawServerFactory, status: int) -> None:
        answer = f"HTTP/1.1 {status} Empty\r\nContent-Length: 5000\r\n\r\n".encode()
        response = fetch(Request("GET", raw_server(answer).url), max_body=100)
        assert (response.status_code, response.reason, response.content) == (status, "Empty", b"")
        assert response.headers["content-length"] == "5000"

    def test_head_has_the_length_of_what_is_not_sent(self, route_server: RouteServer) -> None:
        response = fetch(Request("HEAD", f"{route_server.url}/bytes/5000"), max_body=100)
        assert (response.headers["content-length"], response.content) == ("5000", b"")

    @pytest.mark.parametrize(
        ("line", "status", "reason"),
        [
            ("200 OK", 200, "OK"),
            ("200 Everything is fine", 200, "Everything is fine"),
            ("404 Gone fishing", 404, "Gone fishing"),
            ("200", 200, "OK"),
            ("404 ", 404, "Not Found"),
            ("299 ", 299, ""),
            ("999 Odd", 999, "Odd"),
        ],
    )
    def test_status_and_reason(
        self, raw_server: RawServerFactory, line: str, status: int, reason: str
    ) -> None:
        answer = f"HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n".encode()
        response = fetch(Request("GET", raw_server(answer).url))
        assert (response.status_code, response.reason) == (status, reason)

    def test_headers_come_byte_for_byte(self, raw_server: RawServerFactory) -> None:
        answer = (
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-One: 1\r\nSet-Cookie: a=1\r\nX-Latin: caf\xe9\r\n"
            b"SET-COOKIE: b=2\r\nX-Folded: a\r\n b\r\nX-Empty:\r\n\r\n"
        )
        headers = fetch(Request("GET", raw_server(answer).url)).headers
        assert headers["x-one"] == headers["X-ONE"] == "1"
        assert headers.get_list("Set-Cookie") == ["a=1", "b=2"]
        assert headers["set-cookie"] == "a=1, b=2"
        assert headers["x-latin"].encode("latin-1") == b"caf\xe9"
        assert dict(headers.raw)[b"x-latin"] == b"caf\xe9"
        assert headers["x-folded"].split() == ["a", "b"]
        assert headers["x-empty"] == ""

    def test_a_thousand_header_lines_and_large_ones(self, raw_server: RawServerFactory) -> None:
        many = b"".join(b"x-%d: %d\r\n" % (n, n) for n in range(998))
        answer = (
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nx-large: " + b"y" * 65_536 + b"\r\n" + many + b"\r\n"
        )
        headers = fetch(Request("GET", raw_server(answer).url)).headers
        assert (len(headers), len(headers["x-large"]), headers["x-997"]) == (1000, 65_536, "997")

    def test_a_large_body(self, route_server: RouteServer) -> None:
        body = bytes(range(256)) * 40_000
        route_server.routes["/large"] = Answer(body)
        assert fetch(Request("GET", f"{route_server.url}/large")).content == body


def test_httpbin_agrees(httpbin: str) -> None:
    async def main() -> None:
        async with Client(headers={"X-Client": "yes"}) as client:
            response = await client.patch(f"{httpbin}/anything?a=1&a=2", content="ü", headers={"X-Own": "1"})
            echo = response.json()
            assert (echo["method"], echo["args"], echo["data"]) == ("PATCH", {"a": ["1", "2"]}, "ü")
            assert echo["headers"]["X-Client"] == "yes"
            assert echo["headers"]["X-Own"] == "1"
            assert (await client.get(f"{httpbin}/encoding/utf8")).text.count("∮") > 0
            assert len((await client.get(f"{httpbin}/stream-bytes/50000?seed=1")).content) == 50_000
            url = httpbin.replace("://", "://me:secret@")
            assert (await client.get(f"{url}/basic-auth/me/secret")).json()["authenticated"] is True

    asyncio.run(main())
