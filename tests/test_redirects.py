"""Where a redirect leads, what goes along, and what never does."""

from asyncio import StreamWriter
from collections.abc import Iterator

import pytest
from fastfetch import Request, TooManyRedirects

from tests.conftest import RawServerFactory
from tests.faults.redirects import becomes
from tests.fetching import failure, fetch
from tests.servers.messages import Answer
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.usefixtures("face")

SECRETS = {"Authorization": "Bearer hunter2", "Cookie": "id=hunter2", "Proxy-Authorization": "Basic hunter2"}


@pytest.fixture
def elsewhere() -> Iterator[RouteServer]:
    """A server of another origin."""
    with RouteServer() as server:
        yield server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["POST", "PATCH", "OPTIONS"])
def test_method_and_body(route_server: RouteServer, method: str, status: int) -> None:
    url = f"{route_server.url}/redirect-to?url=/echo&status={status}"
    request = Request(method, url, content="body", headers={"Content-Type": "text/plain", "X-Own": "1"})
    response = fetch(request)
    first, second = route_server.ledger.requests
    assert (first.method, second.method, response.method) == (method, becomes(method, status), second.method)
    kept = second.method == method
    assert (first.body, second.body) == (b"body", b"body" if kept else b"")
    assert ("content-type" in second.headers) is kept
    assert second.headers["x-own"] == "1"
    assert [hop.method for hop in response.history] == [method]


def test_history(route_server: RouteServer) -> None:
    response = fetch(Request("GET", f"{route_server.url}/redirect/3#part"))
    assert response.json() == {"name": "landed"}
    assert response.url == f"{route_server.url}/json/landed#part"
    assert [(hop.status_code, hop.url) for hop in response.history] == [
        (302, f"{route_server.url}/redirect/{n}#part") for n in (3, 2, 1)
    ]
    assert [hop.headers["location"] for hop in response.history] == [
        "/redirect/2",
        "/redirect/1",
        "/json/landed",
    ]
    assert [hop.history for hop in response.history] == [[], [], []]
    assert response.history[0].elapsed <= response.elapsed


def test_not_followed_where_not_wanted(route_server: RouteServer) -> None:
    response = fetch(Request("GET", f"{route_server.url}/redirect/3"), follow_redirects=False)
    assert (response.status_code, response.history, response.ok) == (302, [], True)


@pytest.mark.parametrize("status", [300, 302, 304])
def test_without_a_location_it_is_an_answer(route_server: RouteServer, status: int) -> None:
    assert fetch(Request("GET", f"{route_server.url}/status/{status}")).status_code == status


@pytest.mark.parametrize(
    ("location", "target"),
    [
        (b"echo", "/a/echo"),
        (b"../echo", "/echo"),
        (b"?x=1", "/a/b?x=1"),
        (b"//HOST/echo", "/echo"),
        (b"http://HOST/echo", "/echo"),
        (b"http://me:hunter2@HOST/echo", "/echo"),
        ("/ü €".encode(), "/%C3%BC%20%E2%82%AC"),
        (b"/caf\xe9", "/caf%E9"),
    ],
)
def test_locations(raw_server: RawServerFactory, location: bytes, target: str) -> None:
    async def hop(reader: RequestReader, writer: StreamWriter) -> None:
        head = await reader.head()
        host = head.partition(b"host: ")[2].partition(b"\r\n")[0]
        line = b"302 Found" if head.startswith(b"GET /a/b ") else b"200 OK"
        fields = b"Connection: close\r\nContent-Length: 0\r\nLocation: " + location.replace(b"HOST", host)
        writer.write(b"HTTP/1.1 " + line + b"\r\n" + fields + b"\r\n\r\n")

    server = raw_server(hop)
    response = fetch(Request("GET", f"{server.url}/a/b"))
    assert (response.status_code, response.url) == (200, server.url + target)
    second = server.ledger.requests[1]
    assert second.startswith(f"GET {target} ".encode())
    assert b"authorization" not in second.lower()


class TestSecrets:
    def chain(self, here: RouteServer, there: RouteServer, hops: str) -> str:
        """A URL from which redirects lead along these servers: `h` is here, `t` is there."""
        urls = [{"h": here, "t": there}[hop].url for hop in hops]
        for n, (server, following) in enumerate(zip(hops, [*urls[1:], None], strict=True)):
            route = Answer.redirect(f"{following}/{n + 1}") if following else Answer.text("end")
            {"h": here, "t": there}[server].routes[f"/{n}"] = route
        return f"{urls[0]}/0"

    def test_those_of_the_client_and_of_the_url_too(
        self, route_server: RouteServer, elsewhere: RouteServer
    ) -> None:
        url = self.chain(route_server, elsewhere, "ht").replace("://", "://me:hunter2@")
        fetch(Request("GET", url), headers={"Cookie": "id=hunter2"})
        assert route_server.ledger.requests[0].headers["authorization"].startswith("Basic ")
        assert b"hunter2" not in elsewhere.ledger.requests[0].head
        assert "authorization" not in elsewhere.ledger.requests[0].headers

    def test_the_host_header_of_ones_own_stays_behind(
        self, route_server: RouteServer, elsewhere: RouteServer
    ) -> None:
        url = self.chain(route_server, elsewhere, "ht")
        fetch(Request("GET", url, headers={"Host": "inner.test"}))
        assert route_server.ledger.requests[0].headers["host"] == "inner.test"
        assert elsewhere.ledger.requests[0].headers["host"] == elsewhere.url.removeprefix("http://")


class TestLimit:
    def test_a_loop(self, route_server: RouteServer) -> None:
        route_server.routes["/loop"] = Answer.redirect("/loop")
        url = f"{route_server.url}/loop"
        error = failure(Request("GET", url))
        assert isinstance(error, TooManyRedirects)
        assert error.history == [url] * 21
        assert (error.url, error.phase, error.attempts) == (url, "redirect", 21)
        assert "20 redirects" in str(error)

    @pytest.mark.parametrize("limit", [0, 1, 4])
    def test_the_limit_is_the_most_that_passes(self, route_server: RouteServer, limit: int) -> None:
        if limit:
            url = f"{route_server.url}/redirect/{limit}"
            assert len(fetch(Request("GET", url), max_redirects=limit).history) == limit
        error = failure(Request("GET", f"{route_server.url}/redirect/{limit + 1}"), max_redirects=limit)
        assert isinstance(error, TooManyRedirects)
        assert len(error.history) == limit + 1
