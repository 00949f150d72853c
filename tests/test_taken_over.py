"""A request whose connection is still being opened is sent over one that has become free meanwhile.

From then on it has been sent, whatever becomes of the connection that was meant for it.
"""

import asyncio
import os
import socket
from asyncio import StreamWriter

import pytest
from fastfetch import TLS, Client, Request, Response, Retry, Timeout, TransportError

from tests.conftest import RawServerFactory
from tests.servers.faulty import OK
from tests.servers.raw import RawServer, RequestReader, reset
from tests.servers.relay import reach, relay
from tests.servers.tls import Authority

POST = b"POST / "


class Takeover:
    """An origin behind a proxy, which together see to it that a POST takes over the connection of a GET.

    The proxy opens a tunnel for the GET. When the POST asks for another, the GET is answered, so that its
    tunnel is free; and when the POST has come through that, its own tunnel stands, and nothing answers in it.
    """

    def __init__(self, raw_server: RawServerFactory, authority: Authority, *, resets: bool) -> None:
        self.resets = resets
        self.posts = 0
        self.second_asked, self.post_came, self.hello_came = (asyncio.Event() for _ in range(3))
        self.origin: RawServer = raw_server(self._serve, tls=authority.context("127.0.0.1"))
        self.proxy: RawServer = raw_server(self._open)
        self.tls = TLS(ca=authority.ca_pem)

    async def _serve(self, reader: RequestReader, writer: StreamWriter) -> None:
        while True:
            if not (await reader.head()).startswith(POST):
                await self.second_asked.wait()
                writer.write(OK)
                continue
            self.posts += 1
            self.proxy.in_loop(self.post_came.set)
            await self.hello_came.wait()
            if self.resets:
                return reset(writer)
            await asyncio.sleep(0.4)  # Longer than a connection may take.
            writer.write(OK)

    async def _open(self, reader: RequestReader, writer: StreamWriter) -> None:
        number = self.proxy.ledger.accepted
        await reader.head()
        established = b"HTTP/1.1 200 OK\r\n\r\n"
        if number == 1:
            writer.write(established)
            return await relay((reader, writer), await reach({}, "127.0.0.1", self.origin.port))
        self.origin.in_loop(self.second_asked.set)
        await self.post_came.wait()
        writer.write(established)
        await reader.read(1)
        self.origin.in_loop(self.hello_came.set)
        await reader.read()
        return None

    async def fetch(self) -> Response:
        """What the POST gets."""
        retry = Retry(attempts=3, backoff=0.01, budget=None)
        timeout = Timeout(connect=0.3, total=5)
        async with Client(timeout=timeout, retry=retry, tls=self.tls, proxy=self.proxy.url) as client:
            get = asyncio.create_task(client.get(self.origin.url))
            await asyncio.to_thread(self.origin.ledger.wait_requests, 1)
            results = await client.gather([Request("POST", self.origin.url, content="x")])
            assert (await get).ok
            return results[0]


def test_it_is_not_sent_twice(raw_server: RawServerFactory, authority: Authority) -> None:
    takeover = Takeover(raw_server, authority, resets=True)
    error = asyncio.run(takeover.fetch()).error
    assert isinstance(error, TransportError)
    assert (takeover.posts, error.attempts, error.phase) == (1, 1, "response"), error


def test_its_answer_may_take_longer_than_a_connection(
    raw_server: RawServerFactory, authority: Authority
) -> None:
    takeover = Takeover(raw_server, authority, resets=False)
    response = asyncio.run(takeover.fetch())
    assert response.error is None, response.error
    assert (takeover.posts, response.attempts) == (1, 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_was_changed_under_tls_after_the_handshake_was_sent(
    raw_server: RawServerFactory, authority: Authority, method: str
) -> None:
    """That TLS fails later than in the handshake does not mean that nothing was sent."""

    async def garble(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as plain:
            plain.send(b"\x17\x03\x03\x00\x20" + bytes(32))  # Past the layer of TLS.
        await reader.read()

    server = raw_server(garble, tls=authority.context("127.0.0.1"))

    async def main() -> Response:
        retry = Retry(attempts=3, backoff=0.01, budget=None)
        async with Client(tls=TLS(ca=authority.ca_pem), retry=retry, timeout=5) as client:
            return (await client.gather([Request(method, server.url)]))[0]

    error = asyncio.run(main()).error
    assert error is not None
    assert (type(error).__name__, error.phase) == ("TLSError", "response"), error
    assert error.attempts == len(server.ledger.requests) == (3 if method == "GET" else 1)
