"""What errors of broken answers tell beside what the table of faults says (tests/faults)."""

import asyncio
from asyncio import StreamWriter

import pytest
from fastfetch import IncompleteBody, LimitExceeded, Request

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


def test_reset(raw_server: RawServerFactory) -> None:
    async def halfway(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        await asyncio.sleep(0.02)  # A reset overtakes what is still on its way.
        reset(writer)

    error = fault(raw_server(halfway).url, IncompleteBody, "body", "5 of 10 bytes")
    assert isinstance(error.__cause__, ConnectionResetError)


class TestLimitExceeded:
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
