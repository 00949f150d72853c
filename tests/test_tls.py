"""TLS: whom a client trusts, whom it does not, and HTTP/2 on top; addresses in place of DNS."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastfetch import TLS, CertificateError, Client, Request, Response, Results

from tests.conftest import RawServerFactory
from tests.fetching import failure, fetch
from tests.servers.nginx import FILES, Nginx
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority, self_signed


@pytest.fixture
def secure(authority: Authority) -> Iterator[RouteServer]:
    """A server for api.test and 127.0.0.1 that speaks HTTP/1.1 only."""
    with RouteServer(tls=authority.context("api.test", "127.0.0.1")) as server:
        yield server


class TestTrust:
    @pytest.mark.parametrize("form", ["bytes", "str", "path"])
    def test_a_ca_of_ones_own(self, secure: RouteServer, authority: Authority, form: str) -> None:
        ca: Any = {"bytes": authority.ca_pem, "str": str(authority.ca_file), "path": authority.ca_file}[form]
        response = fetch(Request("GET", f"{secure.url}/json/a"), tls=TLS(ca=ca))
        assert (response.json(), response.http_version) == ({"name": "a"}, "HTTP/1.1")

    def test_several_in_one_file(
        self, secure: RouteServer, authority: Authority, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        other = Authority(tmp_path_factory.mktemp("other"))
        request = Request("GET", f"{secure.url}/json/a")
        assert fetch(request, tls=TLS(ca=other.ca_pem + b"\n# a remark\n" + authority.ca_pem)).ok
        assert isinstance(failure(request, tls=TLS(ca=other.ca_pem)), CertificateError)

    def test_the_system_does_not_know_it(self, secure: RouteServer) -> None:
        error = failure(Request("GET", f"{secure.url}/json/a"))
        assert isinstance(error, CertificateError)
        assert "an authority that is not trusted" in error.reason
        assert "pass tls=TLS(ca=…) to trust it" in error.reason
        assert secure.ledger.requests == []

    def test_unless_told_by_the_environment(
        self, secure: RouteServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
        assert fetch(Request("GET", f"{secure.url}/json/a")).ok

    def test_verification_can_be_left_out(self, authority: Authority) -> None:
        for context in (self_signed("other.test"), authority.expired("other.test")):
            with RouteServer(tls=context) as server:
                assert fetch(Request("GET", f"{server.url}/json/a"), tls=TLS(verify=False)).ok

    def test_a_client_without_verification_lends_its_connections_to_none(self, secure: RouteServer) -> None:
        url = f"{secure.url}/json/a"

        async def main() -> None:
            async with Client(tls=TLS(verify=False)) as careless, Client() as careful:
                assert (await careless.get(url)).ok
                assert isinstance((await careful.gather([url]))[0].error, CertificateError)
                assert (await careless.get(url)).ok

        asyncio.run(main())
        assert len(secure.ledger.requests) == 2

    def test_the_name_is_the_one_in_the_url(self, secure: RouteServer, authority: Authority) -> None:
        tls, override = TLS(ca=authority.ca_pem), f"127.0.0.1:{secure.port}"
        assert fetch(Request("GET", "https://api.test/json/a"), tls=tls, resolve={"api.test": override}).ok
        error = failure(
            Request("GET", "https://other.test/json/a"), tls=tls, resolve={"other.test": override}
        )
        assert isinstance(error, CertificateError)
        assert "another host name: api.test" in error.reason


class TestHTTP2:
    def get(self, nginx: Nginx, authority: Authority, paths: list[str], *, http2: bool = True) -> Results:
        async def main() -> Results:
            async with Client(tls=TLS(ca=authority.ca_pem), http2=http2) as client:
                return await client.gather(f"{nginx.https}/{path}" for path in paths)

        return asyncio.run(main())

    def test_is_spoken_where_the_server_can(self, nginx: Nginx, authority: Authority) -> None:
        results = self.get(nginx, authority, list(FILES))
        assert [response.http_version for response in results] == ["HTTP/2"] * len(FILES)
        assert [response.content for response in results] == list(FILES.values())
        assert results[0].reason == "OK"
        assert results[0].headers["Content-Type"] == "application/json"

    def test_is_not_spoken_where_not_wanted(self, nginx: Nginx, authority: Authority) -> None:
        assert self.get(nginx, authority, ["small.json"], http2=False)[0].http_version == "HTTP/1.1"

    def test_is_not_spoken_without_tls(self, nginx: Nginx) -> None:
        assert fetch(Request("GET", f"{nginx.http}/small.json")).http_version == "HTTP/1.1"

    def test_many_at_once(self, nginx: Nginx, authority: Authority) -> None:
        before = len(nginx.accesses())
        results = self.get(nginx, authority, ["12k.json"] * 500)
        assert results.counts == {200: 500}
        assert {response.content for response in results} == {FILES["12k.json"]}
        assert {access.protocol for access in nginx.accesses()[before:] if access.target == "/12k.json"} == {
            "HTTP/2.0"
        }

    def test_statuses_redirects_and_methods(self, nginx: Nginx, authority: Authority) -> None:
        results = self.get(nginx, authority, ["status/404", "status/204", "status/304", "redirect/3"])
        assert [response.status_code for response in results] == [404, 204, 304, 200]
        assert [hop.http_version for hop in results[3].history] == ["HTTP/2"] * 3
        tls = TLS(ca=authority.ca_pem)
        response = fetch(Request("HEAD", f"{nginx.https}/12k.json"), tls=tls)
        assert (response.headers["content-length"], response.content) == (str(len(FILES["12k.json"])), b"")
        assert (
            fetch(Request("POST", f"{nginx.https}/small.json", content=b"x" * 100_000), tls=tls).status_code
            == 405
        )


class TestResolve:
    def get(self, server: RouteServer, host: str, address: str) -> Response:
        return fetch(Request("GET", f"http://{host}/echo"), resolve={host.partition(":")[0]: address})

    def test_the_port_given_is_used_where_the_url_names_none(self, route_server: RouteServer) -> None:
        for host in ("api.test", "API.test"):
            response = self.get(route_server, host, f"127.0.0.1:{route_server.port}")
            assert dict(response.json()["headers"])["host"] == host.lower()
            assert response.url == f"http://{host.lower()}/echo"

    def test_without_one_it_is_that_of_the_url(self, route_server: RouteServer) -> None:
        assert self.get(route_server, f"api.test:{route_server.port}", "127.0.0.1").ok

    def test_other_hosts_are_not_concerned(self, route_server: RouteServer) -> None:
        assert fetch(Request("GET", f"{route_server.url}/echo"), resolve={"api.test": "127.0.0.1:1"}).ok


class TestProxyFromTheEnvironment:
    PROXY = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nby proxy\n"

    @pytest.fixture(autouse=True)
    def _clean(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)

    def test_is_used(self, raw_server: RawServerFactory, monkeypatch: pytest.MonkeyPatch) -> None:
        proxy = raw_server(self.PROXY)
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("://", "://me:secret@"))
        response = fetch(Request("GET", "http://far.test/path"))
        assert (response.text, response.url) == ("by proxy\n", "http://far.test/path")
        head = proxy.ledger.requests[0]
        assert head.startswith(b"GET http://far.test/path HTTP/1.1\r\n")
        assert b"proxy-authorization: Basic bWU6c2VjcmV0" in head

    def test_is_not_used_where_not_wanted(
        self, raw_server: RawServerFactory, route_server: RouteServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proxy = raw_server(self.PROXY)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        request = Request("GET", f"{route_server.url}/json/direct")
        assert fetch(request, trust_env=False).json() == {"name": "direct"}
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert fetch(request).json() == {"name": "direct"}
        assert proxy.ledger.requests == []
