"""Name servers of the caller's choice: plain DNS (RFC 1035) and DNS over HTTPS (RFC 8484)."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastfetch import TLS, Client, DNSError, Request, Response

from tests.fetching import fetch, outcome
from tests.servers.http2 import Http2Stream, each
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

KNOWN = b"\x06origin\x07example\x00"
A, AAAA = 1, 28


def reply(question: bytes, address: str = "127.0.0.1") -> bytes:
    """A name server's answer: the address of origin.example; no such name for any other."""
    end = question.index(b"\0", 12) + 5
    name, kind = question[12 : end - 4], int.from_bytes(question[end - 4 : end - 2])
    known = name.lower() == KNOWN
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton(address)
    answers = record if known and kind == A else b""
    flags = b"\x81\x80" if known else b"\x81\x83"
    return (
        question[:2]
        + flags
        + b"\0\x01"
        + (b"\0\x01" if answers else b"\0\0")
        + bytes(4)
        + question[12:end]
        + answers
    )


class NameServer:
    """Answers over UDP, and remembers what it was asked."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._socket.getsockname())
        self.asked: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            question, client = self._socket.recvfrom(4096)
            if not question:
                return
            self.asked.append(question[12 : question.index(b"\0", 12) + 1])
            self._socket.sendto(reply(question), client)

    def close(self) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    with contextlib.closing(NameServer()) as server:
        yield server


def test_is_asked_in_place_of_the_system(name_server: NameServer, route_server: RouteServer) -> None:
    url = f"http://origin.example:{route_server.port}/json/a"
    assert fetch(Request("GET", url), dns=name_server.address).ok
    assert set(name_server.asked) == {KNOWN}


def test_its_answers_are_kept(name_server: NameServer, route_server: RouteServer) -> None:
    async def main() -> list[Response]:
        async with Client(dns=[name_server.address]) as client:
            urls = [f"http://origin.example:{route_server.port}/json/{n}" for n in range(50)]
            return list(await client.gather(urls))

    assert all(response.ok for response in asyncio.run(main()))
    # One question for each family of addresses, whatever the number of requests.
    assert len(name_server.asked) <= 2


def test_a_name_that_it_does_not_know(name_server: NameServer) -> None:
    error = outcome("http://other.example/", dns=name_server.address).error
    assert isinstance(error, DNSError)
    assert (error.phase, error.attempts) == ("dns", 1)
    assert "knows no such name" in str(error)


def test_over_https(h2_server: Any, authority: Authority, route_server: RouteServer) -> None:
    async def answer(stream: Http2Stream) -> None:
        message = reply(await stream.body())
        await stream.answer(Answer(message, headers=(("content-type", "application/dns-message"),)))

    server = h2_server(each(answer), tls=authority.context("127.0.0.1", alpn=("h2",)))
    url = f"http://origin.example:{route_server.port}/json/a"
    options: dict[str, Any] = {"dns": f"{server.url}/dns-query", "tls": TLS(ca=authority.ca_pem)}
    assert fetch(Request("GET", url), **options).ok
    assert {request.pseudo["path"].split("?")[0] for request in server.ledger.requests} == {"/dns-query"}


def test_a_server_over_https_is_verified(
    h2_server: Any, authority: Authority, route_server: RouteServer
) -> None:
    async def answer(stream: Http2Stream) -> None:
        await stream.answer(Answer(reply(await stream.body())))

    server = h2_server(each(answer), tls=authority.context("127.0.0.1", alpn=("h2",)))
    error = outcome(f"http://origin.example:{route_server.port}/", dns=server.url + "/dns-query").error
    assert isinstance(error, DNSError)
    assert server.ledger.requests == []


@pytest.mark.parametrize("value", ["", "dns.example", "http://127.0.0.1/", "https://u:p@127.0.0.1/", []])
def test_wrong_values(value: Any) -> None:
    with pytest.raises(ValueError, match=r"dns: expected"):
        Client(dns=value)


@pytest.mark.parametrize("value", [53, [53], {"a": 1}])
def test_wrong_types(value: Any) -> None:
    with pytest.raises(TypeError, match=r"dns: expected"):
        Client(dns=value)
