"""Proxies of every kind: what reaches whom, and which requests share connections."""

import asyncio
import ssl
from asyncio import StreamWriter
from typing import Any

import pytest
from fastfetch import (
    TLS,
    Client,
    FetchError,
    Proxy,
    ProxyError,
    Request,
    Response,
)

from tests.conftest import Serve
from tests.fetching import SECRETS, fault, fetch
from tests.proxying import (
    ANN,
    EVERY_TARGET,
    HOST,
    HTTP_KINDS,
    KINDS,
    NAMES,
    make,
    origin,
    settings,
    with_user,
)
from tests.servers import certificates
from tests.servers.certificates import Handshakes, issue
from tests.servers.connect_proxy import ForwardProxy
from tests.servers.nginx import Nginx
from tests.servers.proxies import PASSWORD, USER, Proxies, Squid
from tests.servers.raw import RequestReader
from tests.servers.socks import SocksRequest, SocksServer
from tests.servers.tls import Authority

pytestmark = pytest.mark.usefixtures("no_proxy_variables")


class TestEveryKind:
    @EVERY_TARGET
    @pytest.mark.parametrize("user", [None, ANN], ids=["open", "guarded"])
    @pytest.mark.parametrize("kind", KINDS)
    def test_what_reaches_whom(
        self, kind: str, user: tuple[str, str] | None, target: str, serve: Serve, authority: Authority
    ) -> None:
        proxy, url = make(kind, serve, authority, user)
        with origin(target, authority) as server:

            async def main() -> list[Response]:
                options = settings(authority, proxy=with_user(url) if user else url)
                async with Client(**options) as client:
                    request = Request("POST", f"{server.url}/echo", headers=SECRETS, content="body")
                    return [await client.send(request) for _ in range(3)]

            for response in asyncio.run(main()):
                said = response.json()
                assert (said["method"], said["target"], said["body"]) == ("POST", "/echo", "body")
                fields = {name.lower(): value for name, value in said["headers"]}
                assert fields["authorization"] == SECRETS["Authorization"]
                assert not [name for name in fields if name.startswith("proxy-")]
                assert "s3cret" not in str(said)
            forwarded = kind in HTTP_KINDS and target == "http"
            assert proxy.ledger.accepted == 1
            assert len(server.ledger.requests) == 3
            assert len(proxy.requests) == (3 if forwarded else 1)
            if isinstance(proxy, ForwardProxy):
                authority_form = f"{HOST}:{server.port}"
                assert proxy.requests[0].target == (f"{server.url}/echo" if forwarded else authority_form)
                own = [b"Bearer hunter2"] * 3 if forwarded else []
                of_proxy = [credential for credential in proxy.credentials if credential not in own]
                assert of_proxy == ([b"ann:s3cret"] * len(proxy.requests) if user else [])
            else:
                by_name = kind in ("socks4a", "socks5h")
                host = HOST if by_name else "127.0.0.1"
                version = 4 if kind.startswith("socks4") else 5
                assert proxy.requests == [SocksRequest(version, host, server.port, by_name)]
                said = [b"ann"] if version == 4 else [b"ann:s3cret"]
                assert proxy.credentials == (said if user else [])
            if not forwarded:
                assert b"hunter2" not in b"".join(proxy.ledger.requests)

    @pytest.mark.parametrize("kind", KINDS)
    def test_http2_to_the_host(self, kind: str, serve: Serve, authority: Authority, nginx: Nginx) -> None:
        _, url = make(kind, serve, authority)
        options = settings(authority, proxy=url)
        assert fetch(Request("GET", f"{nginx.https}/small.json"), **options).http_version == "HTTP/2"
        assert fetch(Request("GET", f"{nginx.http}/small.json"), **options).http_version == "HTTP/1.1"

    @EVERY_TARGET
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_host_that_is_an_address(
        self, kind: str, target: str, serve: Serve, authority: Authority
    ) -> None:
        proxy, url = make(kind, serve, authority)
        with origin(target, authority) as server:
            response = fetch(
                Request("GET", f"{target}://127.0.0.1:{server.port}/json/a"), **settings(authority, proxy=url)
            )
            assert response.ok
        if isinstance(proxy, SocksServer):
            assert not proxy.requests[0].by_name

    @pytest.mark.parametrize("kind", ["http", "socks5", "socks5h"])
    def test_an_ipv6_host(self, kind: str, serve: Serve, authority: Authority) -> None:
        proxy, url = make(
            kind, serve, authority, faults={"CONNECT": b""} if kind == "http" else {"request": b""}
        )
        fault("https://[::1]:4443/", ProxyError, "connect", **settings(authority, proxy=url))
        asked: Any = proxy.requests[0]
        assert "[::1]:4443" in (asked.target if kind == "http" else f"[{asked.host}]:{asked.port}")

    def test_socks4_knows_no_ipv6(self, serve: Serve, authority: Authority) -> None:
        _, url = make("socks4", serve, authority)
        fault("http://[::1]:4480/", ProxyError, "connect", "no IPv6", **settings(authority, proxy=url))


class TestRealProxies:
    @EVERY_TARGET
    @pytest.mark.parametrize(
        ("program", "which"),
        [
            ("tinyproxy", "open"),
            ("tinyproxy", "guarded"),
            ("squid", "open"),
            ("squid", "guarded"),
            ("squid", "secure"),
            ("squid", "secure_guarded"),
            ("microsocks", "open"),
            ("microsocks", "guarded"),
        ],
    )
    def test_let_one_through(
        self, program: str, which: str, target: str, request: pytest.FixtureRequest, authority: Authority
    ) -> None:
        proxies: Proxies | Squid = request.getfixturevalue(program)
        url: str = getattr(proxies, which)
        guarded = "guarded" in which
        with origin(target, authority) as server:
            to = Request("GET", f"{target}://127.0.0.1:{server.port}/json/a", headers=SECRETS)
            proxy = Proxy(url, auth=(USER, PASSWORD) if guarded else None)
            assert fetch(to, **settings(authority, proxy=proxy)).json() == {"name": "a"}
            head = server.ledger.requests[0].head.lower()
            assert b"proxy-authorization" not in head
            assert (b"\r\nvia:" in head) == (target == "http" and program != "microsocks")
            if guarded:
                wrong = {"none": None, "wrong": (USER, "wr0ng")}
                for auth in wrong.values():
                    with pytest.raises(FetchError) as caught:
                        fetch(to, **settings(authority, proxy=Proxy(url, auth=auth))).raise_for_status()
                    assert "wr0ng" not in str(caught.value)
                    # tinyproxy asks with 401, as an origin would.
                    if not (program == "tinyproxy" and target == "http"):
                        assert isinstance(caught.value, ProxyError)
            assert len(server.ledger.requests) == 1


class TestIsolation:
    @EVERY_TARGET
    def test_ways_share_no_connection(self, target: str, serve: Serve, authority: Authority) -> None:
        first, second = (serve(ForwardProxy(hosts=NAMES)) for _ in range(2))
        with origin(target, authority) as server:
            url = f"{server.url}/json/a"
            ways: list[Any] = [
                first.url,
                second.url,
                with_user(first.url),
                with_user(first.url, "bob:x"),
                False,
                None,
            ]

            async def main() -> None:
                async with Client(**settings(authority, proxy=f"http://{first.host}:{first.port}")) as client:
                    for _ in range(2):
                        for way in ways:
                            assert (await client.get(url, proxy=way)).ok
                            assert (await client.send(Request("GET", url, proxy=way))).ok

            asyncio.run(main())
            # None is the client's own, which is the first: three ways there, by whom they are gone.
            assert (first.ledger.accepted, second.ledger.accepted) == (3, 1)
            assert len(server.ledger.requests) == 24
            assert server.ledger.accepted == (5 if target == "https" else 21)

    def test_what_the_host_is_shown_the_proxy_is_not(self, serve: Serve, authority: Authority) -> None:
        clients = issue("clients", ca=True)
        ann, own_root = issue("ann", by=clients), issue("root", ca=True)
        leaf = issue("127.0.0.1", by=own_root, names=["127.0.0.1"])
        proxy_context = authority.context("127.0.0.1")
        proxy_context.verify_mode = ssl.CERT_OPTIONAL
        proxy_context.load_verify_locations(cadata=clients.pem.decode())
        proxy = serve(ForwardProxy(tls=proxy_context))
        tls = TLS(
            ca=[own_root.pem, authority.ca_pem],
            cert=ann.pem + ann.key_pem(),
            pins=[leaf.pin(), own_root.pin()],
        )
        seen = []
        before = proxy.handler

        async def note(reader: RequestReader, writer: StreamWriter) -> None:
            seen.append(writer.get_extra_info("ssl_object").getpeercert())
            await before(reader, writer)

        proxy.handler = note
        with Handshakes(certificates.server(leaf, clients=clients)) as server:
            response = fetch(Request("GET", f"https://127.0.0.1:{server.port}/"), tls=tls, proxy=proxy.url)
        assert response.text == "ok"
        assert seen == [None]

    def test_a_header_meant_for_the_proxy_does_not_reach_the_host(
        self, serve: Serve, authority: Authority
    ) -> None:
        proxy = serve(ForwardProxy(user=ANN, hosts=NAMES))
        with origin("https", authority) as server:
            request = Request("GET", f"{server.url}/echo", headers={"Proxy-Authorization": "Basic eDp5"})
            said = fetch(request, **settings(authority, proxy=with_user(proxy.url))).json()
        assert not [name for name, _ in said["headers"] if name.lower().startswith("proxy-")]
