"""The proxies themselves, and Unix sockets, asked with plain sockets before fastfetch is."""

import base64
import json
import socket
import ssl
from asyncio import StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import RawServerFactory, Serve
from tests.servers import connect_proxy, socks
from tests.servers.connect_proxy import ForwardProxy
from tests.servers.ledger import PATIENCE
from tests.servers.proxies import PASSWORD, USER, Proxies, Squid
from tests.servers.raw import RequestReader
from tests.servers.relay import stall
from tests.servers.routes import RouteServer
from tests.servers.socks import SocksRequest, SocksServer, Step
from tests.servers.tls import Authority

ANN = ("ann", "secret")
NAMES = {"origin.test": "127.0.0.1"}


@contextmanager
def connected(url: str, authority: Authority | None = None) -> Iterator[socket.socket]:
    host, port = urlsplit(url).hostname, urlsplit(url).port
    with socket.create_connection((host, port), timeout=PATIENCE) as plain:
        if authority is None or not url.startswith("https:"):
            yield plain
            return
        context = ssl.create_default_context(cafile=str(authority.ca_file))
        with context.wrap_socket(plain, server_hostname=host) as secure:
            yield secure


def exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := client.recv(size - len(data))):
        data += more
    return data


def head(client: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\r\n\r\n") and (more := client.recv(1)):
        data += more
    return data


def rest(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(2**16), b""))


def basic(user: str, password: str) -> bytes:
    return b"Proxy-Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()) + b"\r\n"


def ask(
    client: socket.socket, target: str, *, method: str = "GET", more: bytes = b"", body: bytes = b""
) -> tuple[int, bytes]:
    """The status and body of one answer."""
    client.sendall(f"{method} {target} HTTP/1.1\r\nHost: origin.test\r\n".encode() + more + b"\r\n" + body)
    said = head(client)
    lengths = [line for line in said.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths and method != "CONNECT" else 0
    return int(said.split(b" ")[1]), exactly(client, length)


class TestForwardProxy:
    @pytest.mark.parametrize("secure", [False, True])
    def test_tunnels(
        self, secure: bool, serve: Serve, route_server: RouteServer, authority: Authority
    ) -> None:
        tls = authority.context("127.0.0.1") if secure else None
        proxy = serve(ForwardProxy(tls=tls, user=ANN, hosts=NAMES))
        target = f"origin.test:{route_server.port}"
        with connected(proxy.url, authority) as client:
            assert ask(client, target, method="CONNECT") == (407, b"")
            assert ask(client, target, method="CONNECT", more=basic("ann", "wrong")) == (407, b"")
            assert ask(client, target, method="CONNECT", more=basic(*ANN)) == (200, b"")
            assert ask(client, "/json/a") == (200, b'{"name": "a"}')
            assert ask(client, "/bytes/300000") == (200, bytes(300_000))
        assert [request.target for request in proxy.requests] == [target] * 3
        assert (proxy.credentials, proxy.ledger.accepted) == ([b"ann:wrong", b"ann:secret"], 1)
        route_server.ledger.wait_none_open()

    @pytest.mark.parametrize(
        ("framing", "body"),
        [(b"Content-Length: 4\r\n", b"body"), (b"Transfer-Encoding: chunked\r\n", b"4\r\nbody\r\n0\r\n\r\n")],
    )
    def test_forwards_and_keeps_the_connection(
        self, framing: bytes, body: bytes, serve: Serve, raw_server: RawServerFactory
    ) -> None:
        async def when_all_has_come(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            assert await reader.readexactly(len(body)) == body
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nyes")

        origin = raw_server(when_all_has_come)
        proxy = serve(ForwardProxy(user=ANN, hosts=NAMES))
        target = f"http://origin.test:{origin.port}/echo?x=1"
        with connected(proxy.url) as client:
            assert ask(client, target, method="PUT", more=framing, body=body) == (407, b"")
            more = framing + basic(*ANN) + b"Authorization: Bearer b\r\n"
            for _ in range(2):
                assert ask(client, target, method="PUT", more=more, body=body) == (200, b"yes")
        assert [request.target for request in proxy.requests] == [target] * 3
        assert proxy.credentials == [b"ann:secret", b"Bearer b"] * 2
        assert (proxy.ledger.accepted, origin.ledger.accepted) == (1, 2)
        seen = origin.ledger.requests[0]
        assert seen.startswith(b"PUT /echo?x=1 HTTP/1.1\r\nConnection: close\r\nHost: origin.test\r\n")
        assert b"Proxy-" not in seen

    def test_reaches_loopback_only(self, serve: Serve) -> None:
        proxy = serve(ForwardProxy())
        for target, method in [("192.0.2.1:443", "CONNECT"), ("http://elsewhere.test/", "GET")]:
            with connected(proxy.url) as client:
                assert ask(client, target, method=method) == (502, b"")

    @pytest.mark.parametrize(
        "fault",
        [
            connect_proxy.REQUIRED,
            connect_proxy.FORBIDDEN,
            connect_proxy.BAD_GATEWAY,
            connect_proxy.GARBAGE,
            connect_proxy.JUNK_AFTER_CONNECT,
            connect_proxy.CLOSE,
        ],
    )
    def test_goes_wrong(self, fault: bytes, serve: Serve) -> None:
        proxy = serve(ForwardProxy(faults={"CONNECT": fault}))
        with connected(proxy.url) as client:
            client.sendall(b"CONNECT origin.test:443 HTTP/1.1\r\n\r\n")
            assert rest(client) == fault

    def test_stalls_until_the_client_leaves(self, serve: Serve) -> None:
        proxy = serve(ForwardProxy(faults={"*": stall(b"HTTP/1.1 2")}))
        with connected(proxy.url) as client:
            client.sendall(b"GET http://origin.test/ HTTP/1.1\r\n\r\n")
            assert exactly(client, 10) == b"HTTP/1.1 2"
            assert proxy.ledger.open == 1
        proxy.ledger.wait_none_open()


def login(user: str, password: str) -> bytes:
    return bytes((1, len(user))) + user.encode() + bytes((len(password),)) + password.encode()


def by_name(host: str, port: int) -> bytes:
    return b"\x05\x01\x00\x03" + bytes((len(host),)) + host.encode() + port.to_bytes(2)


def by_address(port: int) -> bytes:
    return b"\x05\x01\x00\x01\x7f\x00\x00\x01" + port.to_bytes(2)


class TestSocksServer:
    @pytest.mark.parametrize("bound", [socks.BOUND, socks.BOUND_IPV6, socks.BOUND_NAME])
    def test_version5(self, bound: bytes, serve: Serve, route_server: RouteServer) -> None:
        server = serve(SocksServer(hosts=NAMES, bound=bound))
        port = route_server.port
        for said in (by_name("origin.test", port), by_address(port)):
            with connected(server.url) as client:
                client.sendall(b"\x05\x02\x00\x02")
                assert exactly(client, 2) == b"\x05\x00"
                client.sendall(said)
                assert exactly(client, 3 + len(bound)) == b"\x05\x00\x00" + bound
                assert ask(client, "/bytes/300000") == (200, bytes(300_000))
        assert server.requests == [
            SocksRequest(5, "origin.test", port, by_name=True),
            SocksRequest(5, "127.0.0.1", port, by_name=False),
        ]
        assert (server.credentials, server.ledger.requests[1]) == ([], by_address(port))

    def test_version5_with_a_user(self, serve: Serve, route_server: RouteServer) -> None:
        server = serve(SocksServer(user=ANN))
        with connected(server.url) as client:
            client.sendall(b"\x05\x01\x00")
            assert rest(client) == socks.NO_METHOD
        with connected(server.url) as client:
            client.sendall(b"\x05\x02\x00\x02" + login("ann", "wrong"))
            assert rest(client) == b"\x05\x02" + socks.LOGIN_FAILED
        with connected(server.url) as client:
            client.sendall(b"\x05\x02\x00\x02" + login(*ANN) + by_address(route_server.port))
            assert exactly(client, 14) == b"\x05\x02\x01\x00\x05\x00\x00" + socks.BOUND
            assert ask(client, "/json/a") == (200, b'{"name": "a"}')
        assert server.credentials == [b"ann:wrong", b"ann:secret"]

    def test_version4_and_4a(self, serve: Serve, route_server: RouteServer) -> None:
        server = serve(SocksServer(user=ANN, hosts=NAMES))
        port = route_server.port
        start = b"\x04\x01" + port.to_bytes(2)
        for said in (b"\x7f\0\0\x01ann\0", b"\0\0\0\x01ann\0origin.test\0"):
            with connected(server.url) as client:
                client.sendall(start + said)
                assert exactly(client, 8) == socks.socks4_reply(90)
                assert ask(client, "/json/a") == (200, b'{"name": "a"}')
        with connected(server.url) as client:
            client.sendall(start + b"\x7f\0\0\x01bob\0")
            assert rest(client) == socks.socks4_reply(socks.SOCKS4_WRONG_USER)
        assert [(request.host, request.by_name) for request in server.requests] == [
            ("127.0.0.1", False),
            ("origin.test", True),
            ("127.0.0.1", False),
        ]
        assert server.credentials == [b"ann", b"ann", b"bob"]

    def test_says_what_it_cannot_reach(self, serve: Serve) -> None:
        server = serve(SocksServer())
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            refused = by_address(nobody.getsockname()[1])
            for said, code in [
                (refused, socks.CONNECTION_REFUSED),
                (by_name("elsewhere.test", 80), socks.HOST_UNREACHABLE),
            ]:
                with connected(server.url) as client:
                    client.sendall(b"\x05\x01\x00" + said)
                    assert rest(client) == b"\x05\x00" + socks.refusal(code)

    @pytest.mark.parametrize(
        ("step", "fault", "before"),
        [
            ("greeting", socks.NO_METHOD, b""),
            ("greeting", socks.GARBAGE, b""),
            ("login", socks.LOGIN_FAILED, b"\x05\x02"),
            ("request", socks.refusal(socks.GENERAL_FAILURE), b"\x05\x02\x01\x00"),
            ("request", socks.CLOSE, b"\x05\x02\x01\x00"),
        ],
    )
    def test_goes_wrong(self, step: Step, fault: bytes, before: bytes, serve: Serve) -> None:
        server = serve(SocksServer(user=ANN, faults={step: fault}))
        with connected(server.url) as client:
            client.sendall(b"\x05\x01\x02")
            if step != "greeting":
                client.sendall(login(*ANN))
            if step == "request":
                client.sendall(by_address(1))
            assert rest(client) == before + fault

    def test_stalls_until_the_client_leaves(self, serve: Serve) -> None:
        server = serve(SocksServer(faults={"request": stall()}))
        with connected(server.url) as client:
            client.sendall(b"\x05\x01\x00" + by_address(1))
            server.ledger.wait_requests(1)
            assert server.ledger.open == 1
        server.ledger.wait_none_open()

    def test_a_client_that_breaks_the_protocol_fails_the_test(self) -> None:
        server = SocksServer()
        with connected(server.url) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert rest(client) == b""
        with pytest.raises(ExceptionGroup) as caught:
            server.close()
        assert caught.group_contains(ValueError, match="no SOCKS")


class TestRealProxies:
    @pytest.mark.parametrize("name", ["tinyproxy", "squid"])
    def test_http(
        self, name: str, request: pytest.FixtureRequest, route_server: RouteServer, authority: Authority
    ) -> None:
        proxies: Proxies = request.getfixturevalue(name)
        origin = f"127.0.0.1:{route_server.port}"
        urls = [(proxies.open, b""), (proxies.guarded, basic(USER, PASSWORD))]
        if isinstance(proxies, Squid):
            urls += [(proxies.secure, b""), (proxies.secure_guarded, basic(USER, PASSWORD))]
        for url, credentials in urls:
            with connected(url, authority) as client:
                status, body = ask(client, f"http://{origin}/echo", more=credentials)
                assert status == 200
                names = [field.lower() for field, _ in json.loads(body)["headers"]]
                assert ("via" in names, "proxy-authorization" in names) == (True, False)
            with connected(url, authority) as client:
                assert ask(client, origin, method="CONNECT", more=credentials) == (200, b"")
                assert ask(client, "/json/a") == (200, b'{"name": "a"}')
            for wrong in (b"", basic(USER, "wrong")) if credentials else ():
                with connected(url, authority) as client:
                    assert ask(client, origin, method="CONNECT", more=wrong)[0] in (401, 407)

    def test_microsocks(self, microsocks: Proxies, route_server: RouteServer) -> None:
        for url, start, answer in [
            (microsocks.open, b"\x05\x01\x00", b"\x05\x00"),
            (microsocks.guarded, b"\x05\x01\x02" + login(USER, PASSWORD), b"\x05\x02\x01\x00"),
        ]:
            with connected(url) as client:
                client.sendall(start[:3])
                assert exactly(client, 2) == answer[:2]
                client.sendall(start[3:])
                assert exactly(client, len(answer) - 2) == answer[2:]
                client.sendall(by_name("localhost", route_server.port))
                assert exactly(client, 10)[:2] == b"\x05\x00"
                assert ask(client, "/json/a") == (200, b'{"name": "a"}')


@pytest.mark.parametrize("secure", [False, True])
def test_any_server_listens_at_a_path_too(
    secure: bool, route_server: RouteServer, authority: Authority, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    route_server.listen_at(path, authority.context("a.test") if secure else None)
    with socket.socket(socket.AF_UNIX) as plain:
        plain.settimeout(PATIENCE)
        plain.connect(str(path))
        if secure:
            context = ssl.create_default_context(cafile=str(authority.ca_file))
            with context.wrap_socket(plain, server_hostname="a.test") as client:
                assert ask(client, "/json/a") == (200, b'{"name": "a"}')
        else:
            assert ask(plain, "/json/a") == (200, b'{"name": "a"}')
    assert [request.target for request in route_server.ledger.requests] == ["/json/a"]
    route_server.ledger.wait_none_open()
    route_server.close()
    with socket.socket(socket.AF_UNIX) as late, pytest.raises(ConnectionRefusedError):
        late.connect(str(path))
