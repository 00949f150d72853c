"""Answers that break the rules of HTTP or the bounds of the client: each an error, none a wrong body."""

import asyncio
from asyncio import StreamWriter

import pytest
from fastfetch import IncompleteBody, LimitExceeded, ProtocolError, Request

from tests.conftest import RawServerFactory
from tests.fetching import fault, fetch, outcome
from tests.servers.raw import Handler, RequestReader, reset

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def endless(start: bytes, more: bytes) -> Handler:
    """A server that begins an answer and never comes to its end."""

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        writer.write(start)
        while True:
            writer.write(more)
            await writer.drain()

    return handler


class TestIncompleteBody:
    @pytest.mark.parametrize(
        ("answer", "expected", "received"),
        [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", 10, 5),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", 10, 0),
            (b"HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nhello", 10, 5),
            (CHUNKED + b"5\r\nhello\r\n", None, 5),
            (CHUNKED + b"5\r\nhel", None, 3),
            (CHUNKED + b"5", None, 0),
            (CHUNKED + b"5\r\nhello\r\n0\r\n", None, 5),
        ],
        ids=["length", "nothing", "404", "no last chunk", "within a chunk", "within a size", "no end"],
    )
    def test_cut(
        self, raw_server: RawServerFactory, answer: bytes, expected: int | None, received: int
    ) -> None:
        words = f"{received} of {expected} bytes" if expected else f"after {received} bytes"
        error = fault(raw_server(answer).url, IncompleteBody, "body", "incomplete", words)
        assert (error.expected, error.received) == (expected, received)

    def test_reset(self, raw_server: RawServerFactory) -> None:
        async def halfway(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            await asyncio.sleep(0.02)  # A reset overtakes what is still on its way.
            reset(writer)

        error = fault(raw_server(halfway).url, IncompleteBody, "body", "5 of 10 bytes")
        assert isinstance(error.__cause__, ConnectionResetError)


class TestProtocolError:
    @pytest.mark.parametrize(
        "answer",
        [
            b"\x00\x01\x02garbage\r\n\r\n",
            b"ICY 200 OK\r\n\r\n",
            b"<html>hello</html>\r\n\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n",
            b"HTTP/1.1 99 Low\r\n\r\n",
            b"HTTP/1.1 1000 High\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nspace : before\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: nul\x00\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: bare\rreturn\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5abc\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: foo\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        ],
        ids=lambda answer: repr(answer.removeprefix(b"HTTP/1.1 200 OK\r\n"))[2:40],
    )
    def test_head(self, raw_server: RawServerFactory, answer: bytes) -> None:
        fault(raw_server(answer).url, ProtocolError, "response")

    @pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-"])
    def test_cut_in_the_head(self, raw_server: RawServerFactory, answer: bytes) -> None:
        """Nothing was delivered, so a GET is sent once more."""
        fault(raw_server(answer).url, ProtocolError, "response", attempts=2)

    @pytest.mark.parametrize(
        "chunk",
        [
            b"ZZ\r\n",
            b"-5\r\nhello",
            b"0x5\r\nhello",
            b"1" * 17 + b"\r\n",
            b"5\r\nhello5\r\n",
            b"5\nhello\n",
            b"\r\n",
        ],
        ids=repr,
    )
    def test_chunk(self, raw_server: RawServerFactory, chunk: bytes) -> None:
        fault(raw_server(CHUNKED + chunk + b"\r\n0\r\n\r\n").url, ProtocolError, "body")

    def test_nothing_at_all_is_said_as_such(self, raw_server: RawServerFactory) -> None:
        fault(
            raw_server(b"").url,
            ProtocolError,
            "response",
            "closed the connection without answering",
            attempts=2,
        )


class TestLimitExceeded:
    def test_an_announced_length(self, raw_server: RawServerFactory) -> None:
        server = raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n")
        error = fault(server.url, LimitExceeded, "body", "2000", "max_body=1000", max_body=1000)
        assert (error.limit, error.value) == (1000, 2000)

    @pytest.mark.parametrize(
        ("answer", "value"),
        [
            (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000, 2000),
            (CHUNKED + (b"64\r\n" + b"x" * 100 + b"\r\n") * 20, 1100),
        ],
        ids=["until the end", "chunked"],
    )
    def test_an_unannounced_length(self, raw_server: RawServerFactory, answer: bytes, value: int) -> None:
        error = fault(raw_server(answer).url, LimitExceeded, "body", "max_body=1000", max_body=1000)
        assert (error.limit, error.value) == (1000, value)

    def test_a_body_without_end(self, raw_server: RawServerFactory) -> None:
        server = raw_server(endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000))
        assert isinstance(outcome(server.url, max_body=100_000).error, LimitExceeded)
        server.ledger.wait_none_open()

    def test_the_limit_itself_passes(self, raw_server: RawServerFactory) -> None:
        for head in (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"):
            server = raw_server(head + b"x" * 1000)
            assert len(fetch(Request("GET", server.url), max_body=1000).content) == 1000

    def test_bodies_on_the_way_count_too(self, raw_server: RawServerFactory) -> None:
        head = b"HTTP/1.1 302 Found\r\nLocation: /on\r\nContent-Length: 2000\r\n\r\n"
        fault(raw_server(head + b"x" * 2000).url, LimitExceeded, "body", "max_body=1000", max_body=1000)

    @pytest.mark.parametrize("what", ["lines", "line", "status"])
    def test_heads_without_end(self, raw_server: RawServerFactory, what: str) -> None:
        start, more = {
            "lines": (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 100),
            "line": (b"HTTP/1.1 200 OK\r\nx: ", b"y" * 1000),
            "status": (b"HTTP/1.1 200 ", b"y" * 1000),
        }[what]

        error = fault(raw_server(endless(start, more)).url, LimitExceeded, "response", timeout=3)
        assert error.elapsed < 1

    def test_trailers_without_end(self, raw_server: RawServerFactory) -> None:
        server = raw_server(endless(CHUNKED + b"0\r\n", b"x: y\r\n" * 100))
        error = outcome(server.url, timeout=3).error
        assert isinstance(error, ProtocolError)
        assert error.elapsed < 1

    def test_more_lines_than_anybody_needs(self, raw_server: RawServerFactory) -> None:
        lines = b"".join(b"x-%d: y\r\n" % n for n in range(1500))
        server = raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines + b"\r\n")
        fault(server.url, LimitExceeded, "response", "head")
