"""Proxies that fail: none makes a request go direct, or hears a secret that is not for it.

The table of faults has those reached without TLS that lead to hosts without TLS; here is the rest.
"""

import socket

import pytest
from fastfetch import (
    CertificateError,
    ConnectTimeout,
    DNSError,
    FetchError,
    ProtocolError,
    ProxyError,
    ReadTimeout,
    Timeout,
)

from tests.conftest import Serve
from tests.fetching import UNKNOWN_HOST, fault
from tests.proxying import ANN, EVERY_TARGET, KINDS, make, origin, settings, with_user
from tests.servers import connect_proxy, socks
from tests.servers.connect_proxy import ForwardProxy
from tests.servers.relay import Fault, stall
from tests.servers.routes import RouteServer
from tests.servers.socks import Step
from tests.servers.tls import Authority, self_signed

pytestmark = pytest.mark.usefixtures("no_proxy_variables")


CONNECT_FAULTS: dict[str, tuple[Fault, type[FetchError], str]] = {
    "407": (connect_proxy.REQUIRED, ProxyError, "(407)"),
    "403": (connect_proxy.FORBIDDEN, ProxyError, "it answered 403 to CONNECT"),
    "502": (connect_proxy.BAD_GATEWAY, ProxyError, "it answered 502 to CONNECT"),
    "a redirect": (b"HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\n\r\n", ProxyError, "answered 302"),
    "garbage": (connect_proxy.GARBAGE, ProxyError, "does not speak HTTP"),
    "junk": (connect_proxy.JUNK_AFTER_CONNECT, ProxyError, "something of its own through the tunnel"),
    "close": (connect_proxy.CLOSE, ProxyError, "closed the connection"),
    "half a head": (b"HTTP/1.1 200 OK\r\nA: ", ProxyError, "closed the connection"),
    "a head without end": (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 20_000, ProxyError, "longer than"),
    "stall": (stall(), ConnectTimeout, ""),
    "stall in the head": (stall(b"HTTP/1.1 2"), ConnectTimeout, ""),
}
FORWARD_FAULTS: dict[str, tuple[Fault, type[FetchError], str, int]] = {
    "407": (connect_proxy.REQUIRED, ProxyError, "(407)", 1),
    "garbage": (connect_proxy.GARBAGE, ProtocolError, "", 1),
    "close": (connect_proxy.CLOSE, ProtocolError, "closed the connection", 2),
    "stall": (stall(), ReadTimeout, "", 1),
}
SOCKS5_FAULTS: dict[str, tuple[Step, Fault, type[FetchError], str]] = {
    "no method": ("greeting", socks.NO_METHOD, ProxyError, "a way to identify oneself"),
    "greeting: garbage": ("greeting", socks.GARBAGE, ProxyError, "does not speak SOCKS 5"),
    "greeting: close": ("greeting", socks.CLOSE, ProxyError, "closed the connection"),
    "greeting: stall": ("greeting", stall(), ConnectTimeout, ""),
    "login: failed": ("login", socks.LOGIN_FAILED, ProxyError, "refuses the user name and password"),
    "login: garbage": ("login", socks.GARBAGE, ProxyError, "does not speak SOCKS 5"),
    "login: close": ("login", socks.CLOSE, ProxyError, "closed the connection"),
    "login: stall": ("login", stall(), ConnectTimeout, ""),
    "request: garbage": ("request", socks.GARBAGE, ProxyError, "does not speak SOCKS 5"),
    "request: close": ("request", socks.CLOSE, ProxyError, "closed the connection"),
    "request: cut": ("request", b"\x05\x00\x00\x01\x7f", ProxyError, "closed the connection"),
    "request: stall": ("request", stall(b"\x05"), ConnectTimeout, ""),
    **{
        f"request: reply {code}": ("request", socks.refusal(code), ProxyError, f"(reply {code})")
        for code in (*range(1, 9), 200)
    },
}
SOCKS4_FAULTS: dict[str, tuple[Fault, type[FetchError], str]] = {
    "rejected": (socks.socks4_reply(socks.SOCKS4_REJECTED), ProxyError, "refused the connection"),
    "wrong user": (socks.socks4_reply(socks.SOCKS4_WRONG_USER), ProxyError, "refuses the user"),
    "garbage": (socks.GARBAGE, ProxyError, "does not speak SOCKS 4"),
    "close": (socks.CLOSE, ProxyError, "closed the connection"),
    "stall": (stall(), ConnectTimeout, ""),
}
IMPATIENT = Timeout(connect=0.5, read=0.5)


class TestFaults:
    """Each ends the request, by name, and none sends it directly."""

    def refuse(
        self,
        target: str,
        authority: Authority,
        proxy: str,
        kind: type[FetchError],
        phase: str,
        words: str,
        attempts: int = 1,
    ) -> FetchError:
        with origin(target, authority) as server:
            url = f"{server.url}/json/a"
            options = settings(authority, proxy=proxy, timeout=IMPATIENT)
            error = fault(url, kind, phase, words, attempts=attempts, **options)
            assert server.ledger.accepted == 0
        assert "s3cret" not in f"{error} {vars(error)} {error.__cause__}"
        if kind is ProxyError:
            assert f"the proxy {proxy.partition('://')[0]}://" in str(error)
        return error

    @pytest.mark.parametrize("name", CONNECT_FAULTS)
    def test_of_tunnels(self, name: str, serve: Serve, authority: Authority) -> None:
        what, error, words = CONNECT_FAULTS[name]
        proxy, url = make("https", serve, authority, faults={"CONNECT": what})
        self.refuse("https", authority, with_user(url), error, "connect", words)
        assert b"hunter2" not in b"".join(proxy.ledger.requests)

    @pytest.mark.parametrize("name", FORWARD_FAULTS)
    def test_of_forwarding(self, name: str, serve: Serve, authority: Authority) -> None:
        what, error, words, attempts = FORWARD_FAULTS[name]
        _, url = make("https", serve, authority, faults={"*": what})
        self.refuse("http", authority, with_user(url), error, "response", words, attempts)

    @pytest.mark.parametrize("name", SOCKS5_FAULTS)
    def test_of_socks5(self, name: str, serve: Serve, authority: Authority) -> None:
        step, what, error, words = SOCKS5_FAULTS[name]
        proxy, url = make("socks5h", serve, authority, ANN, faults={step: what})
        self.refuse("https", authority, with_user(url), error, "connect", words)
        assert b"hunter2" not in b"".join(proxy.ledger.requests)

    @pytest.mark.parametrize("name", SOCKS4_FAULTS)
    def test_of_socks4(self, name: str, serve: Serve, authority: Authority) -> None:
        what, error, words = SOCKS4_FAULTS[name]
        _, url = make("socks4a", serve, authority, faults={"request": what})
        self.refuse("https", authority, url, error, "connect", words)

    @EVERY_TARGET
    @pytest.mark.parametrize("kind", ["https", "socks5h"])
    def test_wrong_password(self, kind: str, target: str, serve: Serve, authority: Authority) -> None:
        _, url = make(kind, serve, authority, ("ann", "other"))
        phase = "response" if kind != "socks5h" and target == "http" else "connect"
        words = "it refuses the user name and password"
        self.refuse(target, authority, with_user(url), ProxyError, phase, words)

    @EVERY_TARGET
    @pytest.mark.parametrize("kind", ["https", "socks5h"])
    def test_no_password(self, kind: str, target: str, serve: Serve, authority: Authority) -> None:
        _, url = make(kind, serve, authority, ANN)
        phase = "response" if kind != "socks5h" and target == "http" else "connect"
        self.refuse(target, authority, url, ProxyError, phase, "user name and password")

    @pytest.mark.parametrize("kind", KINDS)
    def test_nobody_there(self, kind: str, authority: Authority) -> None:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            url = f"{kind}://127.0.0.1:{nobody.getsockname()[1]}"
            error = self.refuse("https", authority, with_user(url), ProxyError, "connect", "no connection")
        assert isinstance(error.__cause__, ConnectionRefusedError)

    @EVERY_TARGET
    @pytest.mark.parametrize("kind", KINDS)
    def test_no_such_host(self, kind: str, target: str, authority: Authority) -> None:
        url = f"{kind}://{UNKNOWN_HOST}:3128"
        self.refuse(target, authority, url, ProxyError, "dns", "did not resolve")

    @pytest.mark.parametrize("wrong", ["expired", "other name", "self-signed"])
    def test_a_certificate_of_its_own_that_is_wrong(
        self, wrong: str, serve: Serve, authority: Authority
    ) -> None:
        context, words = {
            "expired": (authority.expired("127.0.0.1"), "certificate refused: expired"),
            "other name": (
                authority.context("other.test"),
                "certificate refused: issued for another host name",
            ),
            "self-signed": (self_signed("127.0.0.1"), "certificate refused: self-signed"),
        }[wrong]
        proxy = serve(ForwardProxy(tls=context))
        self.refuse("http", authority, with_user(proxy.url), ProxyError, "tls", words)
        assert proxy.ledger.requests == []

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_hosts_certificate_is_the_hosts_fault(
        self, kind: str, serve: Serve, authority: Authority
    ) -> None:
        _, url = make(kind, serve, authority)
        with RouteServer(tls=authority.expired("127.0.0.1")) as server:
            words = "certificate refused: expired"
            fault(f"{server.url}/", CertificateError, "tls", words, **settings(authority, proxy=url))

    @pytest.mark.parametrize("kind", ["socks4", "socks5"])
    def test_a_name_that_we_do_not_find(self, kind: str, serve: Serve, authority: Authority) -> None:
        proxy, url = make(kind, serve, authority)
        fault(f"http://{UNKNOWN_HOST}/", DNSError, "dns", **settings(authority, proxy=url))
        assert proxy.ledger.accepted == 0
