"""Which proxy a request goes through: settings, requests, the environment; and what is no proxy."""

import asyncio
import pickle
from collections.abc import Iterator
from typing import Any

import fastfetch
import pytest
from fastfetch import Client, Proxy, Request

from tests.conftest import Serve
from tests.fetching import fetch
from tests.servers.connect_proxy import ForwardProxy
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.usefixtures("no_proxy_variables")


@pytest.fixture
def proxy(serve: Serve) -> ForwardProxy:
    return serve(ForwardProxy(hosts={"a.test": "127.0.0.1", "b.test": "127.0.0.1"}))


@pytest.fixture
def server() -> Iterator[RouteServer]:
    with RouteServer() as origin:
        yield origin


def ways(seen: ForwardProxy, server: RouteServer, hosts: list[str], **options: Any) -> list[bool]:
    """Whether the request to each host goes through the proxy."""
    found = []
    for host in hosts:
        before = len(seen.requests)
        resolve = {"a.test": "127.0.0.1", "b.test": "127.0.0.1"}
        url = f"http://{host}:{server.port}/json/a"
        assert fetch(Request("GET", url), resolve=resolve, **options).ok
        found.append(len(seen.requests) > before)
    return found


HOSTS = ["a.test", "b.test", "127.0.0.1"]


class TestOfAClient:
    def test_forms(self, proxy: ForwardProxy, server: RouteServer) -> None:
        bare = f"{proxy.host}:{proxy.port}"
        for one in (proxy.url, f" {proxy.url}/ ", bare, Proxy(proxy.url), Proxy(bare), {"all": proxy.url}):
            assert ways(proxy, server, HOSTS, proxy=one) == [True] * 3
        for none in (None, False, {}, {"all": None}, {"https": proxy.url}):
            assert ways(proxy, server, HOSTS, proxy=none) == [False] * 3

    def test_patterns(self, proxy: ForwardProxy, server: RouteServer) -> None:
        for rules, expected in [
            ({"http": proxy.url}, [True, True, True]),
            ({"http://": proxy.url, "all://a.test": None}, [False, True, True]),
            ({"all": proxy.url, "http://*.test": False}, [False, False, True]),
            ({"a.test": Proxy(proxy.url)}, [True, False, False]),
            ({f"all://b.test:{server.port}": proxy.url}, [False, True, False]),
            ({"all://b.test:1": proxy.url}, [False, False, False]),
        ]:
            assert ways(proxy, server, HOSTS, proxy=rules) == expected, rules

    def test_exemptions(
        self, proxy: ForwardProxy, server: RouteServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for exempt, expected in [
            ("a.test", [False, True, True]),
            (" a.test , 127.0.0.0/8", [False, True, False]),
            (["test"], [False, False, True]),
            ((f"b.test:{server.port}", "b.test:1"), [True, False, True]),
            ("*", [False] * 3),
            ("", [True] * 3),
            ([], [True] * 3),
        ]:
            assert ways(proxy, server, HOSTS, proxy=proxy.url, no_proxy=exempt) == expected
        monkeypatch.setenv("NO_PROXY", "*")
        assert ways(proxy, server, HOSTS, proxy=proxy.url) == [True] * 3

    def test_user_and_password(self, serve: Serve, server: RouteServer) -> None:
        guarded = serve(ForwardProxy(user=("ann", "p:w@rd"), hosts={"a.test": "127.0.0.1"}))
        for one in (
            guarded.url.replace("://", "://ann:p%3Aw%40rd@"),
            Proxy(guarded.url, auth=("ann", "p:w@rd")),
            Proxy(guarded.url, ("ann", "p:w@rd")),
        ):
            assert ways(guarded, server, ["a.test"], proxy=one) == [True]
        assert set(guarded.credentials) == {b"ann:p:w@rd"}

    def test_a_proxy_shows_no_secret(self) -> None:
        for shown in (Proxy("http://ann:s3cret@h:1"), Proxy("h:1", auth=("ann", "s3cret"))):
            assert "s3cret" not in repr(shown)
            assert "ann" not in repr(shown)
        assert repr(Proxy("socks5://h")) == "Proxy('socks5://h')"


class TestOfTheEnvironment:
    def test_is_heeded_where_it_is_trusted(
        self, proxy: ForwardProxy, server: RouteServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            assert ways(proxy, server, HOSTS) == [True] * 3
            assert ways(proxy, server, HOSTS, trust_env=False) == [False] * 3
            assert ways(proxy, server, HOSTS, proxy=False) == [False] * 3
            assert ways(proxy, server, HOSTS, no_proxy="a.test") == [False, True, True]
            with monkeypatch.context() as patch:
                patch.setenv("NO_PROXY", ".test")
                assert ways(proxy, server, HOSTS) == [False, False, True]
            monkeypatch.delenv(name)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert ways(proxy, server, HOSTS) == [False] * 3

    def test_is_not_what_a_cgi_server_makes_of_a_header(
        self, proxy: ForwardProxy, server: RouteServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """C13, which is known as httpoxy."""
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("REQUEST_METHOD", "GET")
        assert ways(proxy, server, HOSTS) == [False] * 3

    @pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
    @pytest.mark.parametrize(
        "value", ["ftp://ann:s3cret@h", "http://ann:s3cret@h:port", "http://ann:s3cret@", "ht tp"]
    )
    def test_wrong(self, name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(ValueError, match=f'proxy setting "{name}"') as caught:
            Client()
        assert "s3cret" not in str(caught.value)
        Client(trust_env=False)
        Client(proxy=False)


class TestOfARequest:
    def test_replaces_the_clients(self, proxy: ForwardProxy, server: RouteServer) -> None:
        url = f"http://127.0.0.1:{server.port}/json/a"

        async def main(client: Client, **options: Any) -> bool:
            before = len(proxy.requests)
            assert (await client.get(url, **options)).ok
            through = len(proxy.requests) > before
            result = await client.gather([Request("GET", url, **options)])
            assert result[0].ok
            assert len(proxy.requests) == before + 2 * through
            return through

        async def both() -> None:
            async with Client() as direct, Client(proxy=proxy.url, no_proxy="b.test") as proxied:
                for way, expected in [(proxy.url, True), (Proxy(proxy.url), True), (False, False)]:
                    assert await main(direct, proxy=way) is expected
                    assert await main(proxied, proxy=way) is expected
                assert await main(direct, proxy=None) is False
                assert await main(proxied, proxy=None) is True

        asyncio.run(both())

    def test_stays_through_redirects(self, proxy: ForwardProxy, server: RouteServer) -> None:
        request = Request("GET", f"{server.url}/redirect/2", proxy=proxy.url)
        assert fetch(request).ok
        assert len(proxy.requests) == 3

    @pytest.mark.parametrize("way", ["http://ann:s%3Acret@h.test:3128", "socks5h://h", False, None])
    def test_is_pickled(self, way: Any) -> None:
        request = Request("GET", "http://a.test/", proxy=way)
        copy = pickle.loads(pickle.dumps(request))
        assert copy.__reduce__()[0].keywords.get("proxy", None) == request.__reduce__()[0].keywords.get(
            "proxy"
        )
        assert "cret" not in repr(request)


WRONG: list[tuple[Any, type[Exception], str]] = [
    (5, TypeError, "proxy: expected the URL of a proxy, a Proxy,.* got int"),
    (True, TypeError, "proxy: expected .*got bool"),
    (b"http://h", TypeError, "proxy: expected .*got bytes"),
    ("", ValueError, "proxy: it is empty"),
    ("ftp://ann:s3cret@h", ValueError, "proxy: it has a scheme that is none of http"),
    ("http://ann:s3cret@h/path", ValueError, "proxy: it has a path"),
    ("http://ann:s3cret@h:99999", ValueError, "proxy: it is no proxy URL"),
    ("http://h\r\nX: y", ValueError, "proxy: it holds a space, a control character"),
    ("socks4://ann:s3cret@h", ValueError, "proxy: it has a password"),
    ("socks5://ann@h", ValueError, "proxy: it has a user name or password that is empty"),
    (Proxy("http://h", auth=("a:b", "s3cret")), ValueError, "proxy: it has a user name with a colon"),
    (
        Proxy("http://x:s3cret@h", auth=("a", "s3cret")),
        ValueError,
        "proxy: it has a user in its URL, and another",
    ),
]


class TestWrong:
    @pytest.mark.parametrize(("value", "error", "words"), WRONG, ids=lambda value: repr(value)[:40])
    def test_of_a_client_and_of_a_request(self, value: Any, error: type[Exception], words: str) -> None:
        for call in (lambda: Client(proxy=value), lambda: Request("GET", "http://a.test/", proxy=value)):
            with pytest.raises(error, match=words) as caught:
                call()
            assert "s3cret" not in str(caught.value)
            assert str(caught.value).isprintable()

    @pytest.mark.parametrize(
        ("value", "error", "words"),
        [
            ({5: "http://h"}, TypeError, "proxy: expected patterns as str, got int"),
            ({"ftp://h": "http://h"}, ValueError, 'proxy: the key .*"ftp://h"'),
            ({"http://u:s3cret@h\r\n": None}, ValueError, "proxy: the key"),
            ({"all": 5}, TypeError, r"proxy\['all'\]: expected .*got int"),
            ({"all": "ftp://u:s3cret@h"}, ValueError, r"proxy\['all'\]: it has a scheme"),
            ({"http://u:s3cret@h": 5}, TypeError, r"proxy\['h'\]: expected"),
            ({"http": None, "http://": "h:1"}, ValueError, "given twice"),
        ],
    )
    def test_mappings(self, value: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words) as caught:
            Client(proxy=value)
        assert "s3cret" not in str(caught.value)
        assert str(caught.value).isprintable()

    def test_exemptions(self) -> None:
        wrong: list[Any] = [5, [5], {"a": "b"}]
        for value in wrong:
            with pytest.raises(TypeError, match="no_proxy: expected host names"):
                Client(no_proxy=value)

    def test_parts_of_a_proxy(self) -> None:
        for options in ({"url": 5}, {"url": "h", "auth": "ann"}, {"url": "h", "auth": ("ann",)}):
            with pytest.raises(TypeError, match=r"(url|auth): expected"):
                Proxy(**options)

    def test_not_with_a_unix_socket(self) -> None:
        with pytest.raises(TypeError, match="uds, proxy: expected one of them"):
            Client(uds="/run/x.sock", proxy="http://h")

    def test_of_a_verb(self) -> None:
        with pytest.raises(ValueError, match="proxy: it is empty"):
            asyncio.run(fastfetch.get("http://a.test/", proxy=""))
