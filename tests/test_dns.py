"""Name servers of the caller's choice: plain DNS (RFC 1035) and DNS over HTTPS (RFC 8484)."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Self

import pytest
from fastfetch import (
    TLS,
    Client,
    ConnectionRefused,
    ConnectTimeout,
    DNSError,
    Request,
    Response,
    Retry,
    Timeout,
)

from tests.amounts import SLACK
from tests.fetching import fetch, outcome
from tests.servers.http2 import Http2Stream, each
from tests.servers.ledger import PATIENCE
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

KNOWN = b"\x06origin\x07example\x00"
A, AAAA = 1, 28
SERVFAIL, NXDOMAIN, REFUSED = 2, 3, 5
"""Codes of answers (RFC 1035, section 4.1.1)."""


def reply(
    question: bytes, addresses: Sequence[str] = ("127.0.0.1",), code: int = 0, other: int = NXDOMAIN
) -> bytes:
    """A name server's answer: the addresses of origin.example, or this code; another code for any other."""
    end = question.index(b"\0", 12) + 5
    name, kind = question[12 : end - 4], int.from_bytes(question[end - 4 : end - 2])
    known = name.lower() == KNOWN
    records = []
    for address in addresses if known and not code else ():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        packed = socket.inet_pton(family, address)
        if kind == (A if family == socket.AF_INET else AAAA):
            records.append(
                b"\xc0\x0c%b\0\1\0\0\0\x3c%b" % (kind.to_bytes(2), len(packed).to_bytes(2)) + packed
            )
    flags = bytes((0x81, 0x80 | (code if known else other)))
    head = question[:2] + flags + b"\0\1" + len(records).to_bytes(2) + bytes(4)
    return head + question[12:end] + b"".join(records)


class NameServer:
    """Answers over UDP, or not where there is None to say, and remembers what it was asked."""

    def __init__(self, answer: Callable[[bytes], bytes | None] = reply) -> None:
        self._answer = answer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._socket.getsockname())
        self.asked: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            question, client = self._socket.recvfrom(4096)
            if not question:
                return
            self.asked.append(question[12 : question.index(b"\0", 12) + 1])
            if (answer := self._answer(question)) is not None:
                self._socket.sendto(answer, client)


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    with NameServer() as server:
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


class TestFaults:
    """C02: names that do not resolve."""

    URL = "http://origin.example/"

    @pytest.mark.parametrize("retry", [False, True], ids=["once", "retries"])
    @pytest.mark.parametrize(
        ("answer", "words", "passes"),
        [
            (partial(reply, code=NXDOMAIN), "knows no such name", False),
            (partial(reply, addresses=()), "no address for it", False),
            (partial(reply, code=SERVFAIL), "the name server gave no answer", True),
            (partial(reply, code=REFUSED), "the name server gave no answer", True),
            (lambda question: question[:2] + b"\xff" * 20, "the name server gave no answer", True),
        ],
        ids=["no such name", "no address", "failed", "refused", "garbage"],
    )
    def test_answers(self, answer: Callable[[bytes], bytes], words: str, passes: bool, retry: bool) -> None:
        """A name that does not exist will not exist a moment later either; a server may recover."""
        with NameServer(answer) as server:
            again = Retry(attempts=3, backoff=0.01) if retry else None
            error = outcome(self.URL, dns=server.address, retry=again, timeout=Timeout(connect=8)).error
            assert type(error) is DNSError
            assert (error.phase, error.attempts) == ("dns", 3 if retry and passes else 1)
            assert words in str(error)
            assert error.url == self.URL

    def test_silence(self) -> None:
        with NameServer(lambda question: None) as server:
            error = outcome(self.URL, dns=server.address, timeout=Timeout(connect=0.2)).error
            assert type(error) is ConnectTimeout
            assert error.phase == "dns"
            assert 0.2 <= error.elapsed < 0.3 + SLACK

    def test_a_lookup_can_be_cancelled(self) -> None:
        async def main(address: str) -> float:
            async with Client(dns=address) as client:
                fetching = asyncio.ensure_future(client.get(self.URL))
                await asyncio.to_thread(asked.wait, PATIENCE)
                begun = time.monotonic()
                fetching.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await fetching
                return time.monotonic() - begun

        asked = threading.Event()

        def silent(question: bytes) -> None:
            asked.set()

        with NameServer(silent) as server:
            assert asyncio.run(main(server.address)) < 0.1 + SLACK


class TestAddresses:
    """C01, C03: one of a host's addresses is dead, and another one answers (RFC 8305)."""

    def fetch(self, port: int, *addresses: str) -> float:
        """How long it takes to have an answer from a host with these addresses."""
        with NameServer(partial(reply, addresses=addresses)) as names:
            begun = time.monotonic()
            request = Request("GET", f"http://origin.example:{port}/json/a", timeout=Timeout(connect=5))
            assert fetch(request, dns=names.address).ok
            return time.monotonic() - begun

    def test_one_refuses(self, route_server: RouteServer) -> None:
        assert self.fetch(route_server.port, "127.0.0.2", "127.0.0.1") < 0.2 + SLACK
        assert self.fetch(route_server.port, "::1", "127.0.0.1") < 0.2 + SLACK
        assert self.fetch(route_server.port, "127.0.0.3", "127.0.0.2", "::1", "127.0.0.1") < 0.2 + SLACK

    @pytest.mark.parametrize(
        "addresses",
        [("::1", "127.0.0.1"), ("127.0.0.2", "127.0.0.1")],
        ids=["of the other family", "of the same family"],
    )
    def test_one_is_silent(self, addresses: tuple[str, ...], route_server: RouteServer) -> None:
        with deaf(addresses[0], route_server.port):
            assert self.fetch(route_server.port, *addresses) < 0.3 + SLACK

    def test_all_refuse(self, route_server: RouteServer) -> None:
        route_server.close()
        with NameServer(partial(reply, addresses=("127.0.0.2", "::1", "127.0.0.1"))) as names:
            error = outcome(f"http://origin.example:{route_server.port}/", dns=names.address).error
            assert type(error) is ConnectionRefused
            assert (error.phase, error.attempts) == ("connect", 1)

    def test_all_are_silent(self) -> None:
        with deaf("127.0.0.2") as port, deaf("127.0.0.3", port):
            with NameServer(partial(reply, addresses=("127.0.0.2", "127.0.0.3"))) as names:
                url = f"http://origin.example:{port}/"
                error = outcome(url, dns=names.address, timeout=Timeout(connect=0.4)).error
            assert type(error) is ConnectTimeout
            assert error.phase == "connect"
            assert 0.4 <= error.elapsed < 0.5 + SLACK


@contextlib.contextmanager
def deaf(address: str, port: int = 0) -> Iterator[int]:
    """A port whose queue of connections is full: the kernel drops whatever knocks."""
    with contextlib.ExitStack() as sockets:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = sockets.enter_context(socket.socket(family))
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            knocking = sockets.enter_context(socket.socket(family))
            knocking.setblocking(False)
            knocking.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


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
