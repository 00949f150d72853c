"""Every way to fail, by a real fault: its exception, what that carries, and what it says."""

import asyncio
import contextlib
import errno
import os
import socket
from asyncio import StreamWriter
from collections.abc import Iterator

import fastfetch
import pytest
from fastfetch import (
    TLS,
    CertificateError,
    Client,
    ClientClosed,
    ConnectError,
    ConnectionRefused,
    ConnectTimeout,
    DNSError,
    FetchError,
    IncompleteBody,
    LimitExceeded,
    ProtocolError,
    ProxyError,
    ReadTimeout,
    Request,
    Timeout,
    TimeoutException,
    TLSError,
    TotalTimeout,
    TransportError,
)

from tests.conftest import RawServerFactory
from tests.fetching import UNKNOWN_HOST, failure, fault, outcome
from tests.servers.messages import Answer
from tests.servers.messages import Request as Seen
from tests.servers.raw import RequestReader, reset, silence
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority, self_signed

pytestmark = pytest.mark.usefixtures("face")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, by a socket that does not listen."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        yield port


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port whose queue of connections is full: the kernel drops whatever knocks."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            knocking = sockets.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(listener.getsockname())
        port: int = listener.getsockname()[1]
        yield port


class TestParents:
    """What an `except` clause that knows nothing of fastfetch catches."""

    @pytest.mark.parametrize(
        ("cls", "parents"),
        [
            (ConnectError, {TransportError, ConnectionError, OSError}),
            (DNSError, {ConnectError, ConnectionError}),
            (ConnectionRefused, {ConnectError, ConnectionRefusedError}),
            (ProxyError, {ConnectError, ConnectionError}),
            (CertificateError, {TLSError, ConnectError, ConnectionError}),
            (ConnectTimeout, {TimeoutException, TransportError, TimeoutError}),
            (ReadTimeout, {TimeoutException, TransportError, TimeoutError}),
            (TotalTimeout, {TimeoutException, TransportError, TimeoutError, asyncio.TimeoutError}),
            (IncompleteBody, {ProtocolError, TransportError}),
            (LimitExceeded, {ProtocolError, TransportError}),
            (fastfetch.InvalidURL, {FetchError, ValueError}),
            (fastfetch.InvalidRequest, {FetchError, ValueError}),
            (fastfetch.DecodeError, {FetchError, ValueError}),
            (fastfetch.TooManyRedirects, {fastfetch.RedirectError, FetchError}),
            (fastfetch.UnsafeRedirect, {fastfetch.RedirectError, FetchError}),
            (fastfetch.StatusError, {FetchError}),
            (ClientClosed, {FetchError}),
        ],
    )
    def test_classes(self, cls: type[FetchError], parents: set[type[Exception]]) -> None:
        assert parents <= set(cls.__mro__)


class TestConnecting:
    def test_refused(self, closed_port: int) -> None:
        error = fault(f"http://127.0.0.1:{closed_port}/a?b", ConnectionRefused, "connect", "refused")
        cause = error.__cause__
        assert isinstance(cause, ConnectionRefusedError)
        assert (cause.errno, cause.strerror) == (errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))

    def test_refused_over_ipv6(self, closed_port: int) -> None:
        fault(f"http://[::1]:{closed_port}/", ConnectionRefused, "connect", "refused")

    def test_unknown_host(self) -> None:
        fault(f"http://{UNKNOWN_HOST}/", DNSError, "dns", "did not resolve")

    def test_no_answer(self, black_hole: int) -> None:
        timeout = Timeout(connect=0.1)
        error = fault(f"http://127.0.0.1:{black_hole}/", ConnectTimeout, "connect", "0.1 s", timeout=timeout)
        assert 0.1 <= error.elapsed < 0.5

    def test_no_answer_within_the_total_timeout(self, black_hole: int) -> None:
        url = f"http://127.0.0.1:{black_hole}/"
        fault(url, TotalTimeout, "connect", "total timeout of 0.1 s", timeout=0.1)

    def test_reset_before_the_answer(self, raw_server: RawServerFactory) -> None:
        async def slam(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            reset(writer)

        error = fault(raw_server(slam).url, ConnectError, "response", "connection lost", "reset", attempts=2)
        assert isinstance(error.__cause__, ConnectionResetError)


class TestTLS:
    @pytest.mark.parametrize(
        ("certificate", "reason"),
        [
            ("expired", "expired 2 days ago"),
            ("not_yet_valid", "not valid for another "),
            ("self_signed", "self-signed; pass tls=TLS(ca=…)"),
            ("wrong_host", "issued for another host name: other.test"),
        ],
    )
    def test_certificates(
        self, authority: Authority, raw_server: RawServerFactory, certificate: str, reason: str
    ) -> None:
        context = {
            "expired": lambda: authority.expired("127.0.0.1"),
            "not_yet_valid": lambda: authority.not_yet_valid("127.0.0.1"),
            "self_signed": lambda: self_signed("127.0.0.1"),
            "wrong_host": lambda: authority.context("other.test"),
        }[certificate]()
        server = raw_server(b"", tls=context)
        error = fault(server.url, CertificateError, "tls", reason, tls=TLS(ca=authority.ca_pem))
        assert isinstance(error, CertificateError)
        assert error.reason.startswith(reason)
        assert server.ledger.requests == []

    @pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-"], ids=["nothing", "half a head"])
    def test_an_end_before_the_answer(
        self, authority: Authority, raw_server: RawServerFactory, said: bytes
    ) -> None:
        async def cut(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(said)
            await writer.drain()
            writer.transport.abort()

        server = raw_server(cut, tls=authority.context("127.0.0.1"))
        tls = TLS(ca=authority.ca_pem)
        fault(server.url, ProtocolError, "response", "without answering", attempts=2, tls=tls)

    @pytest.mark.parametrize("length", ["", "Content-Length: 10\r\n"], ids=["until the end", "length"])
    def test_an_end_that_anybody_could_have_made(
        self, authority: Authority, raw_server: RawServerFactory, length: str
    ) -> None:
        async def cut(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(f"HTTP/1.1 200 OK\r\n{length}\r\nhello".encode())
            await writer.drain()
            writer.transport.abort()  # TLS has no chance to say that this is the end.

        server = raw_server(cut, tls=authority.context("127.0.0.1"))
        error = fault(server.url, IncompleteBody, "body", "5", tls=TLS(ca=authority.ca_pem))
        assert isinstance(error, IncompleteBody)
        assert (error.expected, error.received) == (10 if length else None, 5)


class TestTimeouts:
    def test_silence_before_the_answer(self, raw_server: RawServerFactory) -> None:
        error = fault(raw_server(silence).url, ReadTimeout, "response", "0.1 s", timeout=Timeout(read=0.1))
        assert 0.1 <= error.elapsed < 0.5

    def test_silence_after_a_handshake(self, authority: Authority, raw_server: RawServerFactory) -> None:
        """The patience for a connection is longer, and over."""
        server = raw_server(silence, tls=authority.context("127.0.0.1"))
        timeout, tls = Timeout(connect=5, read=0.1), TLS(ca=authority.ca_pem)
        error = fault(server.url, ReadTimeout, "response", "0.1 s", timeout=timeout, tls=tls)
        assert 0.1 <= error.elapsed < 1

    def test_silence_within_the_body(self, raw_server: RawServerFactory) -> None:
        async def stall(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            await reader.read()

        fault(raw_server(stall).url, ReadTimeout, "body", "0.1 s", timeout=Timeout(read=0.1))

    @pytest.mark.parametrize("phase", ["response", "body"])
    def test_drip_by_drip_does_not_outlast_the_total(self, raw_server: RawServerFactory, phase: str) -> None:
        async def drip(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(b"HTTP/1.1 200 OK\r\n" if phase == "response" else b"HTTP/1.1 200 OK\r\n\r\n")
            left = asyncio.ensure_future(reader.read())
            while not (await asyncio.wait([left], timeout=0.02))[0]:
                writer.write(b"x: y\r\n")

        timeout = Timeout(read=1, total=0.2)
        error = fault(raw_server(drip).url, TotalTimeout, phase, "total timeout of 0.2 s", timeout=timeout)
        assert 0.2 <= error.elapsed < 0.6

    def test_every_hop_counts(self, route_server: RouteServer) -> None:
        async def slow_hop(request: Seen) -> Answer:
            await asyncio.sleep(0.1)
            return Answer.redirect("/never")

        route_server.routes["/hop"] = slow_hop
        error = failure(Request("GET", f"{route_server.url}/hop", timeout=0.2))
        assert isinstance(error, TotalTimeout)
        assert (error.url, error.attempts) == (f"{route_server.url}/never", 2)
        assert 0.2 <= error.elapsed < 0.6

    def test_progress_is_no_silence(self, raw_server: RawServerFactory) -> None:
        async def slow(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            for _ in range(10):
                await asyncio.sleep(0.03)
                writer.write(b"x")

        assert outcome(raw_server(slow).url, timeout=Timeout(read=0.2)).content == b"x" * 10


class TestProxies:
    """Whatever is wrong with a proxy is a `ProxyError`, and nothing is ever sent past it."""

    @pytest.fixture(autouse=True)
    def _clean(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_refused(self, closed_port: int, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://me:hunter2@127.0.0.1:{closed_port}")
        error = fault(f"{scheme}://far.test/", ProxyError, "connect", "proxy", "refused")
        assert isinstance(error.__cause__, ConnectionRefusedError)

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            b"garbage\r\n\r\n",
            b"",
        ],
        ids=["407", "502", "garbage", "closed"],
    )
    def test_no_tunnel(
        self, raw_server: RawServerFactory, monkeypatch: pytest.MonkeyPatch, answer: bytes
    ) -> None:
        proxy = raw_server(answer)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        fault("https://far.test/", ProxyError, "connect", "proxy")
        assert proxy.ledger.requests[0].startswith(b"CONNECT far.test:443 HTTP/1.1\r\n")
        assert b"hunter2" not in proxy.ledger.requests[0]


@pytest.mark.awaits
def test_a_closed_client(route_server: RouteServer) -> None:
    async def main() -> None:
        url = f"{route_server.url}/json/a"
        client = Client()
        assert (await client.get(url)).ok
        await client.aclose()
        await client.aclose()
        with pytest.raises(ClientClosed, match="closed") as caught:
            await client.get(url)
        kept = (await client.gather([url]))[0].error
        assert isinstance(kept, ClientClosed)
        for error in (caught.value, kept):
            assert (error.url, error.method, error.phase, error.attempts) == (url, "GET", "input", 0)
            assert "not sent" in str(error)
        assert "closed" in repr(client)

    asyncio.run(main())
    assert len(route_server.ledger.requests) == 1
