"""Informational answers (1xx; RFC 9110, section 15.2): passed over, bounded, and never the answer."""

import asyncio
from asyncio import StreamWriter

import pytest
from fastfetch import TLS, Client, LimitExceeded, Request

from tests.conftest import Http2ServerFactory, RawServerFactory
from tests.fetching import fetch, outcome
from tests.servers.http2 import Http2Stream, each
from tests.servers.messages import Answer
from tests.servers.raw import RequestReader
from tests.servers.tls import Authority

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"


@pytest.mark.parametrize(
    "interims",
    [
        HINTS * 20,
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + b"HTTP/1.1 100 Continue\r\n\r\n" + HINTS,
        b"HTTP/1.1 199 Odd\r\n\r\n",
    ],
    ids=["hints", "100 unasked", "all kinds", "unknown"],
)
@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_passed_over(raw_server: RawServerFactory, method: str, interims: bytes) -> None:
    answer = OK.removesuffix(b"ok") if method == "HEAD" else OK
    response = fetch(
        Request(method, raw_server(interims + answer).url, content="x" if method == "POST" else None)
    )
    assert (response.status_code, response.content) == (200, b"" if method == "HEAD" else b"ok")
    assert "link" not in response.headers


def test_the_connection_serves_on(raw_server: RawServerFactory) -> None:
    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        while True:
            await reader.head()
            writer.write(HINTS * 20 + OK)

    server = raw_server(handler)

    async def main() -> list[bytes]:
        async with Client() as client:
            return [(await client.get(server.url)).content for _ in range(5)]

    assert asyncio.run(main()) == [b"ok"] * 5
    assert server.ledger.accepted == 1


def test_without_end(raw_server: RawServerFactory) -> None:
    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        while True:
            writer.write(HINTS * 100)
            await writer.drain()

    server = raw_server(handler)
    error = outcome(server.url, timeout=30).error
    assert isinstance(error, LimitExceeded)
    assert (error.phase, error.attempts) == ("response", 1)
    assert "interim answers" in str(error)
    assert error.limit is not None
    assert error.value is not None
    assert 0 < error.limit < error.value
    server.ledger.wait_none_open()


def test_over_http2(h2_server: Http2ServerFactory, authority: Authority) -> None:
    async def hints(stream: Http2Stream) -> None:
        for _ in range(20):
            stream.start(103, ("link", "</style.css>"))
        await stream.answer(Answer(b"ok"))

    server = h2_server(each(hints), tls=authority.context("127.0.0.1", alpn=("h2",)))
    response = fetch(Request("GET", server.url), tls=TLS(ca=authority.ca_pem))
    assert (response.http_version, response.status_code, response.content) == ("HTTP/2", 200, b"ok")
