"""Classes of vulnerabilities that were published of other clients, where no other file has a test of them.

SECURITY.md names the test of every class.
"""

import asyncio
import contextlib
import time
from asyncio import StreamWriter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fastfetch
import pytest
from fastfetch import TLS, Client, DigestAuth, FetchError, NetRCAuth, Request, Response

from tests.amounts import SLACK
from tests.conftest import RawServerFactory, Serve
from tests.fetching import fetch
from tests.servers.certificates import CLIENT, Pair, issue, revocation_list, server
from tests.servers.connect_proxy import ForwardProxy
from tests.servers.messages import Answer
from tests.servers.raw import RawServer, RequestReader
from tests.servers.routes import RouteServer
from tests.servers.socks import SocksServer

pytestmark = pytest.mark.usefixtures("no_proxy_variables")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Known:
    """A server that its clients may be known to, ways there, and what it noted of each connection."""

    root: Pair = field(default_factory=lambda: issue("root", ca=True))
    clients: Pair = field(default_factory=lambda: issue("clients", ca=True))
    shown: list[str | None] = field(default_factory=list)
    """The name in each client's certificate."""
    resumed: list[bool] = field(default_factory=list)
    """Did its session go on from an earlier one?"""
    proxies: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.leaf = issue("127.0.0.1", by=self.root, names=["127.0.0.1", "good.test"])
        self.ann, self.eve = (issue(name, by=self.clients, uses=[CLIENT]) for name in ("ann", "eve"))

    def tls(self, **more: Any) -> TLS:
        return TLS(**{"ca": self.root.pem, **more})

    async def serve(self, reader: RequestReader, writer: StreamWriter) -> None:
        tls = writer.get_extra_info("ssl_object")
        certificate = tls.getpeercert()
        self.shown.append(certificate["subject"][0][0][1] if certificate else None)
        self.resumed.append(tls.session_reused)
        while True:
            head = await reader.head()
            writer.write(OK)
            if head.startswith(b"GET /last "):
                return


@pytest.fixture
def known(serve: Serve) -> Known:
    proxies = [serve(ForwardProxy()).url for _ in range(2)]
    return Known(proxies=[*proxies, serve(SocksServer()).url])


@pytest.fixture
def asking(known: Known, raw_server: RawServerFactory) -> RawServer:
    """It asks for a certificate, and takes whoever has none too."""
    context = server(known.leaf, clients=known.clients)
    context.verify_mode = context.verify_mode.CERT_OPTIONAL
    return raw_server(known.serve, tls=context)


Made = Callable[[Known], dict[str, Any]]


def tls(**more: Callable[[Known], Any]) -> Made:
    return lambda known: {"tls": known.tls(**{name: make(known) for name, make in more.items()})}


def proxy(number: int, user: str = "") -> Made:
    return lambda known: {"proxy": known.proxies[number].replace("://", f"://{user}")}


def just(**options: Any) -> Made:
    return lambda known: options


PLAIN = just()
ANN = tls(cert=lambda known: known.ann.pem + known.ann.key_pem())
EVE = tls(cert=lambda known: known.eve.pem + known.eve.key_pem())
PINNED = tls(pins=lambda known: [known.leaf.pin()])
LISTED = tls(crls=lambda known: [revocation_list(known.root)])
OTHER_TLS: dict[str, tuple[Made, Made]] = {
    "a client certificate, and none": (ANN, PLAIN),
    "no client certificate, and one": (PLAIN, ANN),
    "another client certificate": (ANN, EVE),
    "not verified, and verified": (tls(verify=lambda known: False), PLAIN),
    "not verified, with a client certificate": (
        tls(verify=lambda known: False, cert=lambda known: known.ann.pem + known.ann.key_pem()),
        ANN,
    ),
    "other authorities": (tls(ca=lambda known: [known.root.pem, known.clients.pem]), PLAIN),
    "other versions of TLS": (tls(max_version=lambda known: "1.2"), PLAIN),
    "no TLS 1.2": (PLAIN, tls(min_version=lambda known: "1.3")),
    "no pins, and some": (PLAIN, PINNED),
    "other pins": (tls(pins=lambda known: [known.leaf.pin(), known.eve.pin()]), PINNED),
    "no revocation list, and one": (PLAIN, LISTED),
    "another revocation list": (tls(crls=lambda known: [revocation_list(known.root, known.eve)]), LISTED),
    "no server name": (tls(sni=lambda known: False), PLAIN),
    "other versions of HTTP": (PLAIN, just(http2=False)),
}
OTHER_WAYS: dict[str, tuple[Made, Made]] = {
    "direct, and through a proxy": (PLAIN, proxy(0)),
    "another proxy": (proxy(0), proxy(1)),
    "another kind of proxy": (proxy(0), proxy(2)),
    "a proxy with a user": (proxy(0), proxy(0, "ann:a@")),
    "another user of a proxy": (proxy(0, "ann:a@"), proxy(0, "eve:a@")),
    "another password of a proxy": (proxy(0, "ann:a@"), proxy(0, "ann:b@")),
    "another local address": (PLAIN, just(local_address="127.0.0.5")),
    "an interface": (PLAIN, just(interface="lo")),
    "an address of one's own": (just(resolve={"good.test": "127.0.0.1"}), PLAIN),
}


@pytest.mark.parametrize("name", [*OTHER_TLS, *OTHER_WAYS])
def test_pool_key(name: str, known: Known, asking: RawServer) -> None:
    """Clients with other settings share no connection, and with others of TLS no session of it either."""

    async def main() -> None:
        pair = {**OTHER_TLS, **OTHER_WAYS}[name]
        first, second = ({"tls": known.tls(), **make(known)} for make in pair)
        async with Client(**first) as one, Client(**second) as other:
            for client in (one, one, other, other, one):
                assert (await client.get(asking.url)).text == "ok"

    asyncio.run(main())
    assert asking.ledger.accepted == 2
    if name in OTHER_TLS:
        assert known.resumed == [False, False]


@pytest.mark.parametrize(
    ("first", "then", "shown"),
    [(ANN, PLAIN, ["ann", None]), (PLAIN, ANN, [None, "ann"]), (ANN, EVE, ["ann", "eve"])],
)
def test_pool_key_of_those_who_are_shown(
    first: Made, then: Made, shown: list[str | None], known: Known, asking: RawServer
) -> None:
    """Nobody is taken for another."""
    for make in (first, then):
        assert fetch(Request("GET", asking.url), **{"tls": known.tls(), **make(known)}).ok
    assert known.shown == shown


def test_pool_key_of_hosts(known: Known, asking: RawServer) -> None:
    """Two names of one address, and one certificate for both: each has a connection of its own."""

    async def main() -> None:
        async with Client(tls=known.tls(), resolve={"good.test": "127.0.0.1"}) as client:
            for host in ("127.0.0.1", "good.test", "127.0.0.1"):
                assert (await client.get(f"https://{host}:{asking.port}/")).ok

    asyncio.run(main())
    assert asking.ledger.accepted == 2


def test_a_client_goes_on_with_a_session_of_its_own(known: Known, asking: RawServer) -> None:
    """Which shows that the test above would see one that it must not go on with."""

    async def main() -> None:
        async with Client(tls=known.tls()) as client:
            for path in ("first", "last", "first"):
                await client.get(f"{asking.url}/{path}")

    asyncio.run(main())
    assert known.resumed == [False, True]


MB = 2**20
LINE = 250_000
"""Bytes of a header line: the head of an answer has at most 300 KB."""
BODIES: dict[str, tuple[bytes, str]] = {
    "tags": (b"<meta " * (MB // 6), "text/html"),
    "attributes": (b"<meta " + b"charset " * (MB // 8), "text/html"),
    "a comment without end": (b"<!--" + b"-" * MB, "text/html"),
    "brackets": (b"[" * MB, "application/json"),
    "digits": (b"9" * MB, "application/json"),
    "escapes": (b'"' + b"\\" * MB, "application/json"),
    "high surrogates": (b'"' + b"\\ud800" * (MB // 6) + b'"', "application/json"),
}
FIELDS: dict[str, tuple[str, str]] = {
    "Link: <": ("Link", "<" * LINE),
    "Link: ,": ("Link", "<a>;," * (LINE // 5)),
    "Link: a quote": ("Link", '<a>; rel="' + "\\" * LINE),
    "Link: parameters": ("Link", "<a>" + "; rel=x" * (LINE // 7)),
    "Content-Type: ;": ("Content-Type", "text/plain" + ";" * LINE),
    "Content-Type: charset": ("Content-Type", "text/html" + "; charset=x" * (LINE // 11)),
    "Content-Encoding": ("Content-Encoding", "gzip," * (LINE // 5)),
    "Set-Cookie: ;": ("Set-Cookie", "a=b" + ";" * LINE),
    "Set-Cookie: Expires": ("Set-Cookie", "a=b; Expires=" + "1 " * (LINE // 2)),
    "Set-Cookie: Domain": ("Set-Cookie", "a=b; Domain=" + "a." * (LINE // 2)),
    "Set-Cookie: Path": ("Set-Cookie", "a=b; Path=/" + "/" * LINE),
    "Location: ..": ("Location", "/" + "../" * (LINE // 3)),
    "Location: %": ("Location", "/" + "%" * LINE),
    "Location: @": ("Location", "//" + "@" * LINE),
    "WWW-Authenticate: ,": ("WWW-Authenticate", "Digest " + "," * LINE),
    "WWW-Authenticate: a quote": ("WWW-Authenticate", 'Digest realm="' + "\\" * LINE),
    "WWW-Authenticate: schemes": ("WWW-Authenticate", "Digest " * (LINE // 7)),
    "Retry-After": ("Retry-After", "1" * LINE),
}
URLS: dict[str, str] = {
    "a path": "http://a.test/" + "a/" * (MB // 2),
    "steps up": "http://a.test/" + "../" * (MB // 3),
    "percent signs": "http://a.test/" + "%" * MB,
    "a query": "http://a.test/?" + "a&" * (MB // 2),
    "users": "http://" + "@" * MB + "a.test/",
    "labels": "http://" + "a." * (MB // 2),
    "a label": "http://" + "a" * MB,
    "brackets": "http://[" + ":" * MB,
    "digits": "http://" + "1" * MB,
    "a port": "http://a.test:" + "9" * MB,
    "letters of other scripts": "http://" + "\u00df" * (MB // 2),
    "combining marks": "http://" + "a\u0300\u0301" * (MB // 4),
    "punycode": "http://xn--" + "a" * MB,
    "blanks": " " * MB + "http://a.test/",
}
ROBOTS: dict[str, str] = {
    "rules": "User-agent: *\n" + "Disallow: /b\n" * (MB // 13),
    "groups": "User-agent: a\n" * (MB // 14),
    "wildcards": "User-agent: *\nDisallow: /" + "*a" * (MB // 4) + "b",
    "a line": "User-agent: *\nDisallow: " + "/" * MB,
}


def touch(response: Response) -> None:
    """Look at all that is read when it is looked at."""
    for look in (
        lambda: response.text,
        lambda: response.links,
        lambda: response.cookies,
        lambda: response.json(),
        lambda: repr(response),
        lambda: response._repr_html_(),
    ):
        with contextlib.suppress(ValueError, FetchError):
            look()


@contextlib.contextmanager
def little_time() -> Iterator[None]:
    """Processor time of all threads: what grows with the square of a megabyte would take minutes."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < 1 + SLACK


@pytest.mark.parametrize("name", BODIES)
def test_large_bodies_take_no_time(name: str, route_server: RouteServer) -> None:
    body, kind = BODIES[name]
    route_server.routes["/a"] = Answer(body, headers=(("Content-Type", kind),))
    with little_time():
        touch(fetch(Request("GET", f"{route_server.url}/a")))


@pytest.mark.parametrize("name", FIELDS)
def test_large_header_lines_take_no_time(name: str, route_server: RouteServer) -> None:
    field, value = FIELDS[name]
    status = {"Location": 302, "WWW-Authenticate": 401, "Retry-After": 503}.get(field, 200)
    route_server.routes["/a"] = Answer(b"a", status, ((field, value),))
    with little_time(), contextlib.suppress(FetchError):
        options: dict[str, Any] = {"auth": DigestAuth("ann", "hunter2"), "retry": 2}
        touch(fetch(Request("GET", f"{route_server.url}/a"), timeout=5, **options))


@pytest.mark.parametrize("name", URLS)
def test_large_urls_take_no_time(name: str) -> None:
    with little_time():
        [response] = asyncio.run(fastfetch.gather([URLS[name]], timeout=0.2))
        assert len(str(response.error)) < 5_000


@pytest.mark.parametrize("name", ROBOTS)
def test_a_large_robots_txt_takes_no_time(name: str, route_server: RouteServer) -> None:
    route_server.routes["/robots.txt"] = Answer.text(ROBOTS[name])
    route_server.routes["/a"] = Answer(b"a")

    async def main() -> None:
        async with Client() as client:
            await client.gather([f"{route_server.url}/a?{'a' * 1000}"], robots=True)

    with little_time():
        asyncio.run(main())


@pytest.mark.parametrize(
    "text", ["machine " * (MB // 8), "machine a login " + '"' * MB, "macdef a\n" + "b\n" * (MB // 2)]
)
def test_a_large_netrc_takes_no_time(text: str, tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.touch(0o600)
    file.write_text(text)
    with little_time(), contextlib.suppress(ValueError):
        NetRCAuth(file)
