"""Faults of proxies: HTTP forwarding and CONNECT (RFC 9110), SOCKS 4 and 5 (RFC 1928, RFC 1929).

Whatever is wrong with a proxy is an error that names it, and nothing is ever sent past it: no server stands
behind these. The proxy is said by the environment, which every client knows.
"""

import os
import socket
from collections.abc import Callable, Iterator
from ssl import SSLContext
from unittest import mock

from fastfetch import ConnectTimeout, FetchError, ProtocolError, ProxyError, ReadTimeout, Timeout

from tests.faults.certificates import after_the_hello
from tests.faults.fault import Fails, Fault
from tests.faults.stage import Stage
from tests.fetching import UNKNOWN_HOST
from tests.servers import connect_proxy, relay, socks
from tests.servers.connect_proxy import ForwardProxy
from tests.servers.relay import stall
from tests.servers.socks import Step
from tests.servers.tls import Authority, self_signed

SECURE, PLAIN = "https://far.test/", "http://far.test/"
USER, PASSWORD = "ann", "hunter2"
IMPATIENT = {"timeout": Timeout(connect=0.2, read=0.2, total=30)}

CLOSED = "closed the connection"
PASSWORD_REFUSED = "refuses the user name and password"
NO_SOCKS = "does not speak SOCKS"


def through(stage: Stage, proxy: str) -> None:
    """From now on the environment says that all goes through this proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        said = {name: proxy, name.lower(): proxy, "NO_PROXY": "", "no_proxy": ""}
        stage.enter_context(mock.patch.dict(os.environ, said))


def known(proxy: str, user: str = f"{USER}:{PASSWORD}") -> str:
    """The URL of a proxy, with a user's name and password."""
    return proxy.replace("://", f"://{user}@")


def forward(
    stage: Stage,
    fault: relay.Fault | None = None,
    *,
    tls: SSLContext | None = None,
    user: tuple[str, str] | None = None,
) -> str:
    """An HTTP proxy that commits this fault, whatever it is asked."""
    faults = {} if fault is None else {"*": fault}
    return stage.start(ForwardProxy(tls=tls, user=user, faults=faults)).url


def row(
    id: str,
    what: str,
    words: str,
    fault: relay.Fault,
    *,
    url: str = SECURE,
    kind: type[FetchError] = ProxyError,
    attempts: int = 1,
) -> Fault:
    """An HTTP proxy goes wrong where it is asked for this URL."""

    def perform(stage: Stage) -> str:
        through(stage, known(forward(stage, fault)))
        return url

    expected = Fails(kind, "connect" if url == SECURE else "response", words)
    return Fault(id, what, perform, expected, options=IMPATIENT, attempts=attempts)


def tunnels() -> Iterator[Fault]:
    moved = b"HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\n\r\n"
    endless = b"HTTP/1.1 200 OK\r\nA: " + b"a" * 20_000
    yield row("C12", "CONNECT is answered 407", r"\(407\)", connect_proxy.REQUIRED)
    yield row("C12b", "CONNECT is answered 403", "answered 403 to CONNECT", connect_proxy.FORBIDDEN)
    yield row("C12c", "CONNECT is answered 502", "answered 502 to CONNECT", connect_proxy.BAD_GATEWAY)
    yield row("C12d", "CONNECT is answered with a redirect", "answered 302", moved)
    yield row("C12e", "CONNECT is answered with garbage", "does not speak HTTP", connect_proxy.GARBAGE)
    yield row("C12f", "junk in the tunnel", "something of its own", connect_proxy.JUNK_AFTER_CONNECT)
    yield row("C12g", "the end after CONNECT", CLOSED, connect_proxy.CLOSE)
    yield row("C12h", "half a head after CONNECT", CLOSED, b"HTTP/1.1 200 OK\r\nA: ")
    yield row("C12i", "a head without end after CONNECT", "longer than", endless)
    yield row("C09g", "silence after CONNECT", "connect timeout of 0.2 s", stall(), kind=ConnectTimeout)
    yield row(
        "C09h",
        "silence within the answer to CONNECT",
        "connect timeout of 0.2 s",
        stall(b"HTTP/1.1 2"),
        kind=ConnectTimeout,
    )


def forwarding() -> Iterator[Fault]:
    garbage, closed = connect_proxy.GARBAGE, connect_proxy.CLOSE
    yield row("C12j", "a plain request is answered 407", r"\(407\)", connect_proxy.REQUIRED, url=PLAIN)
    yield row(
        "C12k", "a plain request is answered with garbage", "HTTP", garbage, url=PLAIN, kind=ProtocolError
    )
    yield row(
        "C12l", "the end in place of an answer", CLOSED, closed, url=PLAIN, kind=ProtocolError, attempts=2
    )
    yield row(
        "C09i",
        "silence of a proxy",
        "read timeout of 0.2 s",
        stall(),
        url=PLAIN,
        kind=ReadTimeout,
        attempts=1,
    )


def passwords() -> Iterator[Fault]:
    def row(id: str, what: str, words: str, url: str, *, said: bool) -> Fault:
        def perform(stage: Stage) -> str:
            proxy = forward(stage, user=(USER, "other"))
            through(stage, known(proxy) if said else proxy)
            return url

        return Fault(id, what, perform, Fails(ProxyError, "connect" if url == SECURE else "response", words))

    wanted = "user name and password"
    yield row("C17", "CONNECT with a wrong password", PASSWORD_REFUSED, SECURE, said=True)
    yield row("C17b", "a plain request with a wrong password", PASSWORD_REFUSED, PLAIN, said=True)
    yield row("C17c", "CONNECT without a password", wanted, SECURE, said=False)
    yield row("C17d", "a plain request without a password", wanted, PLAIN, said=False)


def nobody(stage: Stage) -> str:
    """A port that is taken, by a socket that does not listen."""
    taken = stage.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    return f"127.0.0.1:{taken.getsockname()[1]}"


def unreached() -> Iterator[Fault]:
    schemes = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
    for letter, scheme in zip(("", *"bcdef"), schemes, strict=True):

        def perform(stage: Stage, scheme: str = scheme) -> str:
            through(stage, f"{scheme}://{nobody(stage)}")
            return PLAIN.replace("far.test", "127.0.0.1")

        expected = Fails(ProxyError, "connect", f"the proxy {scheme}://.*no connection")
        yield Fault(f"C18{letter}", f"nobody is where the proxy should be, {scheme}://", perform, expected)

    def unknown(stage: Stage) -> str:
        through(stage, f"http://{UNKNOWN_HOST}:3128")
        return SECURE

    expected = Fails(ProxyError, "dns", "proxy.*did not resolve")
    yield Fault("C18g", "no host has the proxy's name", unknown, expected)


def secure() -> Iterator[Fault]:
    def row(id: str, what: str, words: str, context: Callable[[Authority], SSLContext]) -> Fault:
        def perform(stage: Stage) -> str:
            through(stage, known(forward(stage, tls=context(stage.authority))))
            return SECURE

        return Fault(id, what, perform, Fails(ProxyError, "tls", f"certificate refused: {words}"))

    here = "127.0.0.1"
    yield row("C19", "a proxy's expired certificate", "expired", lambda ours: ours.expired(here))
    yield row(
        "C19b",
        "a proxy's certificate for another host",
        "issued for",
        lambda ours: ours.context("other.test"),
    )
    yield row("C19c", "a proxy's self-signed certificate", "self-signed", lambda _: self_signed(here))

    def plain(stage: Stage) -> str:
        port = stage.raw(after_the_hello(b"HTTP/1.1 400 Bad Request\r\n\r\n")).port
        through(stage, f"https://127.0.0.1:{port}")
        return SECURE

    yield Fault("C19d", "a proxy without TLS", plain, Fails(ProxyError, "tls", "does not speak TLS"))


def socks5(
    id: str, what: str, words: str, step: Step, fault: relay.Fault, kind: type[FetchError] = ProxyError
) -> Fault:
    """A SOCKS5 proxy goes wrong at this step."""

    def perform(stage: Stage) -> str:
        proxy = stage.start(socks.SocksServer(user=(USER, PASSWORD), faults={step: fault}))
        through(stage, known(proxy.url))
        return PLAIN

    return Fault(id, what, perform, Fails(kind, "connect", words), options=IMPATIENT)


def socks4(id: str, what: str, words: str, fault: relay.Fault, kind: type[FetchError] = ProxyError) -> Fault:
    """A SOCKS4 proxy goes wrong, in the only step it has."""

    def perform(stage: Stage) -> str:
        proxy = stage.start(socks.SocksServer(faults={"request": fault}))
        through(stage, f"socks4a://{proxy.address}")
        return PLAIN

    return Fault(id, what, perform, Fails(kind, "connect", words), options=IMPATIENT)


def socks_steps() -> Iterator[Fault]:
    garbage, closed, late = socks.GARBAGE, socks.CLOSE, "connect timeout of 0.2 s"
    yield socks5("C16", "SOCKS5: no way to log in", "a way to identify", "greeting", socks.NO_METHOD)
    yield socks5("C16b", "SOCKS5: the greeting is answered with garbage", NO_SOCKS, "greeting", garbage)
    yield socks5("C16c", "SOCKS5: the end after the greeting", CLOSED, "greeting", closed)
    yield socks5("C16d", "SOCKS5: wrong password", PASSWORD_REFUSED, "login", socks.LOGIN_FAILED)
    yield socks5("C16e", "SOCKS5: the login is answered with garbage", NO_SOCKS, "login", garbage)
    yield socks5("C16f", "SOCKS5: the end after the login", CLOSED, "login", closed)
    yield socks5("C16g", "SOCKS5: the request is answered with garbage", NO_SOCKS, "request", garbage)
    yield socks5("C16h", "SOCKS5: the end after the request", CLOSED, "request", closed)
    yield socks5("C16i", "SOCKS5: half an answer to the request", CLOSED, "request", b"\x05\x00\x00\x01\x7f")
    for letter, code in zip("jklmnopqr", (*range(1, 9), 200), strict=True):
        what, words = f"SOCKS5: the reply {code}", rf"\(reply {code}\)"
        yield socks5(f"C16{letter}", what, words, "request", socks.refusal(code))
    silent: list[tuple[str, Step, bytes]] = [
        ("j", "greeting", b""),
        ("k", "login", b""),
        ("l", "request", b"\x05"),
    ]
    for letter, step, said in silent:
        what = f"SOCKS5: silence after the {step}"
        yield socks5(f"C09{letter}", what, late, step, stall(said), ConnectTimeout)
    rejected, wrong_user = (socks.socks4_reply(code) for code in (socks.SOCKS4_REJECTED, 93))
    yield socks4("C16s", "SOCKS4: rejected", "refused the connection", rejected)
    yield socks4("C16t", "SOCKS4: wrong user", "refuses the user", wrong_user)
    yield socks4("C16u", "SOCKS4: garbage", NO_SOCKS, garbage)
    yield socks4("C16v", "SOCKS4: the end in place of an answer", CLOSED, closed)
    yield socks4("C09m", "SOCKS4: silence", late, stall(), ConnectTimeout)


FAULTS = [*tunnels(), *forwarding(), *passwords(), *unreached(), *secure(), *socks_steps()]
