"""How hosts are reached: versions of HTTP, local addresses, unix sockets, no private addresses."""

import asyncio
import ipaddress
import sys
from pathlib import Path
from typing import Any

import pytest
from fastfetch import (
    TLS,
    Client,
    ConnectError,
    FetchError,
    Request,
    Timeout,
    TLSError,
    UnsafeRedirect,
)

from tests.conftest import Http2ServerFactory, RawServerFactory, Serve
from tests.fetching import failure, fetch
from tests.servers.connect_proxy import ForwardProxy
from tests.servers.messages import Answer
from tests.servers.nginx import Nginx
from tests.servers.routes import RouteServer
from tests.servers.socks import SocksServer
from tests.servers.tls import Authority


class TestVersions:
    @pytest.mark.parametrize(
        ("options", "secure", "plain"),
        [
            ({}, "HTTP/2", "HTTP/1.1"),
            ({"http1": True, "http2": True}, "HTTP/2", "HTTP/1.1"),
            ({"http2": False}, "HTTP/1.1", "HTTP/1.1"),
            ({"http1": False}, "HTTP/2", None),
        ],
    )
    def test_are_those_wanted(
        self, options: dict[str, Any], secure: str, plain: str | None, nginx: Nginx, authority: Authority
    ) -> None:
        tls = TLS(ca=authority.ca_pem)
        response = fetch(Request("GET", f"{nginx.https}/small.json"), tls=tls, **options)
        assert response.http_version == secure
        if plain is not None:
            assert fetch(Request("GET", f"{nginx.http}/small.json"), **options).http_version == plain

    def test_http2_without_tls_by_prior_knowledge(self, h2_server: Http2ServerFactory, serve: Serve) -> None:
        server = h2_server(Answer.text("yes"))
        proxy, socks = serve(ForwardProxy()), serve(SocksServer())
        for way in (False, proxy.url, socks.url):
            response = fetch(Request("GET", f"{server.url}/"), http1=False, proxy=way)
            assert (response.text, response.http_version) == ("yes", "HTTP/2")

    def test_a_server_that_does_not_agree_to_http2(self, authority: Authority) -> None:
        with RouteServer(tls=authority.context("127.0.0.1")) as server:
            error = failure(Request("GET", f"{server.url}/json/a"), http1=False, tls=TLS(ca=authority.ca_pem))
            assert (type(error), error.phase) == (TLSError, "tls")
            assert "HTTP/2" in str(error)
            assert server.ledger.requests == []

    def test_neither(self) -> None:
        with pytest.raises(ValueError, match="http1, http2: expected one of them to be True"):
            Client(http1=False, http2=False)


class TestLocalEnds:
    @pytest.mark.skipif(sys.platform != "linux", reason="Linux gives all of 127.0.0.0/8 to loopback")
    @pytest.mark.parametrize("address", ["127.0.0.5", ipaddress.ip_address("127.0.0.6")])
    def test_local_address(self, address: Any, raw_server: RawServerFactory) -> None:
        seen = []

        async def who(reader: Any, writer: Any) -> None:
            await reader.head()
            seen.append(writer.get_extra_info("peername")[0])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        server = raw_server(who)
        assert fetch(Request("GET", server.url), local_address=address).ok
        assert fetch(Request("GET", "http://a.test/"), local_address=address, proxy=server.url).ok
        assert seen == [str(address)] * 2

    @pytest.mark.skipif(sys.platform != "linux", reason="the name of the loopback interface")
    def test_interface(self, route_server: RouteServer) -> None:
        assert fetch(Request("GET", f"{route_server.url}/json/a"), interface="lo").ok
        error = failure(Request("GET", f"{route_server.url}/json/a"), interface="nowhere0")
        assert isinstance(error, ConnectError)
        assert len(route_server.ledger.requests) == 1

    @pytest.mark.skipif(sys.platform == "win32", reason="no unix sockets")
    def test_unix_sockets(
        self, route_server: RouteServer, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
        route_server.listen_at(plain := tmp_path / "p")
        route_server.listen_at(secure := tmp_path / "s", authority.context("a.test"))
        for path in (plain, str(plain)):
            said = fetch(Request("GET", "http://a.test/echo?x=1"), uds=path).json()
            assert (said["target"], dict(said["headers"])["host"]) == ("/echo?x=1", "a.test")
        tls = TLS(ca=authority.ca_pem)
        assert fetch(Request("GET", "https://a.test/json/a"), uds=secure, tls=tls).ok
        before = len(route_server.ledger.requests)
        error = failure(Request("GET", "https://b.test/json/a"), uds=secure, tls=tls)
        assert isinstance(error, TLSError)
        request = Request("GET", "https://a.test/json/a", timeout=Timeout(connect=0.2))
        error = failure(request, uds=plain, tls=tls)
        assert isinstance(error, FetchError)
        assert len(route_server.ledger.requests) == before
        missing = failure(Request("GET", "http://a.test/"), uds=tmp_path / "missing")
        assert isinstance(missing, ConnectError)
        assert isinstance(missing.__cause__, FileNotFoundError)

    @pytest.mark.parametrize(
        ("options", "error", "words"),
        [
            (
                {"local_address": "localhost"},
                ValueError,
                "local_address: expected an IP address, got 'localhost'",
            ),
            ({"local_address": "127.0.0.1:80"}, ValueError, "local_address: expected an IP address"),
            ({"local_address": 5}, TypeError, "local_address: expected an IP address, got int"),
            ({"interface": ""}, ValueError, "interface: expected the name of a network interface"),
            ({"interface": "x" * 16}, ValueError, "interface: expected the name"),
            ({"interface": "a\0b"}, ValueError, "interface: expected the name"),
            ({"interface": 5}, TypeError, "interface: expected the name .*got int"),
            ({"uds": 5}, TypeError, "uds: expected the path of a unix socket, got int"),
            ({"uds": ""}, ValueError, "uds: expected the path of a unix socket"),
            ({"block_private": 1}, TypeError, "block_private: expected True or False, got int"),
            ({"keepalive": 0}, ValueError, "keepalive: expected a positive number"),
            ({"keepalive": "5"}, TypeError, "keepalive: expected a number of seconds or None, got str"),
            ({"idle_timeout": -1}, ValueError, "idle_timeout: expected a positive number"),
            (
                {"idle_timeout": True},
                TypeError,
                "idle_timeout: expected a number of seconds or None, got bool",
            ),
            ({"http1": 1}, TypeError, "http1: expected True or False, got int"),
            ({"allow_downgrade": "no"}, TypeError, "allow_downgrade: expected True or False, got str"),
            ({"decode": None}, TypeError, "decode: expected True or False, got NoneType"),
        ],
    )
    def test_wrong(self, options: dict[str, Any], error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words) as caught:
            Client(**options)
        assert str(caught.value).isprintable()

    def test_what_is_taken(self) -> None:
        Client(keepalive=None, idle_timeout=None, local_address=None, interface=None, uds=None)
        Client(keepalive=0.5, idle_timeout=0.5, local_address="::1", uds=Path("x"), block_private=True)


PRIVATE_HOSTS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "10.0.0.7",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "[fe80::1]",
    "[fd00::1]",
    "localhost",
    "a.test",
]


class TestPrivateAddresses:
    """C14. The address that is connected to is judged, whatever the URL calls it."""

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("host", PRIVATE_HOSTS)
    def test_are_refused(self, host: str, scheme: str, route_server: RouteServer) -> None:
        url = f"{scheme}://{host}:{route_server.port}/"
        error = failure(Request("GET", url), block_private=True, resolve={"a.test": "127.0.0.1"})
        assert type(error) is ConnectError
        assert "is not public, and block_private refuses it" in str(error)
        assert error.attempts == 1
        assert route_server.ledger.accepted == 0

    @pytest.mark.parametrize("kind", ["http", "socks4", "socks5", "socks5h"])
    @pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "10.0.0.7"])
    def test_through_a_proxy_too(self, host: str, kind: str, serve: Serve) -> None:
        server = serve(ForwardProxy() if kind == "http" else SocksServer())
        way = f"{kind}://{server.host}:{server.port}"
        error = failure(Request("GET", f"http://{host}/"), block_private=True, proxy=way)
        assert "block_private" in str(error)
        assert server.ledger.accepted == 0

    @pytest.mark.parametrize("kind", ["socks4", "socks5"])
    def test_names_that_we_look_up_for_a_proxy(self, kind: str, serve: Serve) -> None:
        server = serve(SocksServer())
        options: Any = {"proxy": f"{kind}://{server.address}", "resolve": {"a.test": "127.0.0.1"}}
        error = failure(Request("GET", "http://a.test/"), block_private=True, **options)
        assert "block_private" in str(error)
        assert server.ledger.accepted == 0

    def test_redirects_to_them(self, serve: Serve, route_server: RouteServer) -> None:
        """The public server of this test is a proxy that the guard does not concern."""
        answer = f"HTTP/1.1 302 Found\r\nLocation: {route_server.url}/\r\nContent-Length: 0\r\n\r\n"
        proxy = serve(ForwardProxy(faults={"*": answer.encode()}))
        error = failure(
            Request("GET", "http://a.test/"), block_private=True, proxy={"http://a.test": proxy.url}
        )
        assert "block_private" in str(error)
        assert error.url == f"{route_server.url}/"
        assert route_server.ledger.accepted == 0

    def test_are_reached_unless_told(self, route_server: RouteServer) -> None:
        assert fetch(Request("GET", f"{route_server.url}/json/a")).ok


class TestDowngrades:
    def test_are_followed_unless_told(self, route_server: RouteServer, authority: Authority) -> None:
        with RouteServer(tls=authority.context("127.0.0.1")) as secure:
            tls = TLS(ca=authority.ca_pem)
            down = Request("GET", f"{secure.url}/redirect-to?url={route_server.url}/json/a")
            up = Request("GET", f"{route_server.url}/redirect-to?url={secure.url}/json/a")
            for request in (down, up):
                assert fetch(request, tls=tls).json() == {"name": "a"}
            before = len(route_server.ledger.requests)
            assert fetch(up, tls=tls, allow_downgrade=False).ok
            error = failure(down, tls=tls, allow_downgrade=False)
            assert (type(error), error.phase) == (UnsafeRedirect, "redirect")
            assert "from https to http" in str(error)
            assert len(route_server.ledger.requests) == before + 1


class TestDecoding:
    def test_can_be_left_out(self, route_server: RouteServer) -> None:
        import gzip

        packed = gzip.compress(b"text")
        route_server.routes["/packed"] = Answer(packed, headers=(("Content-Encoding", "gzip"),))
        request = Request("GET", f"{route_server.url}/packed")
        assert fetch(request).content == b"text"
        assert fetch(request, decode=False).content == packed
        asked = [request.headers.get("accept-encoding") for request in route_server.ledger.requests]
        assert asked == ["gzip, br, zstd, deflate", None]


class TestIdleConnections:
    def test_are_given_up(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with Client(idle_timeout=0.1) as client:
                await client.get(f"{route_server.url}/json/a")
                await asyncio.to_thread(route_server.ledger.wait_none_open)

        asyncio.run(main())

    @pytest.mark.skipif(sys.platform != "linux", reason="how Linux tells of its timers")
    def test_keepalive_is_set_on_sockets(self, route_server: RouteServer) -> None:
        def timers() -> list[str]:
            """The timer of each connection to the server: 02 is keepalive, 00 none."""
            port = f":{route_server.port:04X}"
            rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
            return [row[5].partition(":")[0] for row in rows if row[2].endswith(port) and row[3] == "01"]

        async def main(**options: Any) -> list[str]:
            async with Client(**options) as client:
                await client.get(f"{route_server.url}/json/a")
                return timers()

        assert asyncio.run(main()) == ["02"]
        route_server.ledger.wait_none_open()
        assert asyncio.run(main(keepalive=None)) == ["00"]
