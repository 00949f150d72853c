"""The servers themselves, asked with the standard library's client before fastfetch is."""

import asyncio
import gc
import json
import socket
import ssl
import threading
import time
from asyncio import StreamWriter
from http.client import BadStatusLine, HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead
from urllib.parse import urlsplit

import pytest

from tests.conftest import RawServerFactory
from tests.loops import LoopFactory, NoReaderLoop, run
from tests.servers.messages import Answer
from tests.servers.nginx import FILES, Nginx
from tests.servers.raw import RequestReader, reset, silence
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority, self_signed

PATIENCE = 5.0


def connect(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    return HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)


def ask(
    connection: HTTPConnection, target: str, method: str = "GET", body: bytes | None = None
) -> HTTPResponse:
    connection.request(method, target, body=body)
    return connection.getresponse()


class TestRawServer:
    def test_answers_with_the_bytes_and_records_the_head(self, raw_server: RawServerFactory) -> None:
        server = raw_server(b"HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nhi")
        connection = connect(server.url)
        response = ask(connection, "/path?q=1")
        assert (response.status, response.reason, response.read()) == (299, "Odd", b"hi")
        assert server.ledger.requests[0].startswith(b"GET /path?q=1 HTTP/1.1\r\n")
        connection.close()
        assert server.ledger.wait_none_open()[0].closed is not None

    def test_handler_speaks_for_itself(self, raw_server: RawServerFactory) -> None:
        async def twice_then_cut(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole")
            await reader.head()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ncut")

        server = raw_server(twice_then_cut)
        connection = connect(server.url)
        assert ask(connection, "/").read() == b"whole"
        with pytest.raises(IncompleteRead):
            ask(connection, "/").read()
        assert (server.ledger.accepted, len(server.ledger.requests)) == (1, 2)
        connection.close()

    def test_sees_the_client_leave_while_it_says_nothing(self, raw_server: RawServerFactory) -> None:
        server = raw_server(silence)
        clients = [socket.create_connection((server.host, server.port)) for _ in range(20)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        server.ledger.wait_requests(20)
        assert server.ledger.open == 20
        left_at = time.monotonic()
        for client in clients:
            client.close()
        ends = [end.closed for end in server.ledger.wait_closed(20)]
        assert all(end is not None and left_at <= end < left_at + 1 for end in ends)

    def test_resets(self, raw_server: RawServerFactory) -> None:
        async def slam(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            reset(writer)

        connection = connect(raw_server(slam).url)
        with pytest.raises(ConnectionResetError):
            ask(connection, "/")
        connection.close()

    def test_closing_silently_is_no_error(self, raw_server: RawServerFactory) -> None:
        connection = connect(raw_server(b"").url)
        with pytest.raises(BadStatusLine):
            ask(connection, "/")
        connection.close()

    def test_failing_handler_fails_the_test(self, raw_server: RawServerFactory) -> None:
        async def wrong(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            raise ValueError("wrong")

        server = raw_server(wrong)
        connection = connect(server.url)
        with pytest.raises(BadStatusLine):
            ask(connection, "/")
        connection.close()
        with pytest.raises(ExceptionGroup) as caught:
            server.close()
        assert caught.group_contains(ValueError, match="wrong")

    def test_a_wait_that_is_not_met_says_how_far_it_got(self, raw_server: RawServerFactory) -> None:
        with pytest.raises(AssertionError, match=r"0 of 1 requests seen after 0\.01 s"):
            raw_server(b"").ledger.wait_requests(1, timeout=0.01)


class TestRouteServer:
    def test_built_in_routes_on_one_connection(self, route_server: RouteServer) -> None:
        connection = connect(route_server.url)
        assert json.loads(ask(connection, "/json/a%20b").read()) == {"name": "a b"}
        assert ask(connection, "/bytes/1000").read() == bytes(1000)
        assert json.loads(ask(connection, "/delay/0.01").read()) == {"delay": 0.01}
        response = ask(connection, "/status/503")
        assert (response.status, response.reason, response.read()) == (503, "Service Unavailable", b"")
        response = ask(connection, "/nowhere")
        assert (response.status, response.read()) == (404, b"no route for /nowhere")
        assert ask(connection, "/status/204").read() == b""
        head = ask(connection, "/bytes/7", "HEAD")
        assert (head.getheader("Content-Length"), head.read()) == ("7", b"")
        assert route_server.ledger.accepted == 1
        connection.close()

    def test_redirects(self, route_server: RouteServer) -> None:
        connection = connect(route_server.url)
        for target, status, location in [
            ("/redirect/2", 302, "/redirect/1"),
            ("/redirect/1", 302, "/json/landed"),
            ("/redirect-to?url=http%3A%2F%2Fa.test%2F&status=308", 308, "http://a.test/"),
        ]:
            response = ask(connection, target)
            response.read()
            assert (response.status, response.getheader("Location")) == (status, location)
        connection.close()

    def test_echo(self, route_server: RouteServer) -> None:
        connection = connect(route_server.url)
        connection.request("PUT", "/echo?x=1", body=b"\x00\xff", headers={"X-One": "1"})
        seen = json.loads(connection.getresponse().read())
        assert (seen["method"], seen["target"], seen["body"]) == ("PUT", "/echo?x=1", "\x00\xff")
        assert ["X-One", "1"] in seen["headers"]
        request = route_server.ledger.requests[0]
        assert (request.path, request.query, request.headers["x-one"]) == ("/echo", {"x": "1"}, "1")
        connection.close()

    def test_own_routes(self, route_server: RouteServer) -> None:
        route_server.routes["/hello"] = Answer.text("hello")
        route_server.routes["/users/"] = lambda request: Answer.json({"login": request.rest})
        route_server.routes["/bye"] = Answer(b"bye", headers=(("Connection", "close"),))
        route_server.routes["/broken"] = lambda request: Answer.text(str(1 // 0))
        connection = connect(route_server.url)
        assert ask(connection, "/hello?again").read() == b"hello"
        assert json.loads(ask(connection, "/users/python").read()) == {"login": "python"}
        broken = ask(connection, "/broken")
        assert (broken.status, b"ZeroDivisionError" in broken.read()) == (500, True)
        assert ask(connection, "/bye").read() == b"bye"
        route_server.ledger.wait_closed(1)

    def test_gate_answers_when_opened(self, route_server: RouteServer) -> None:
        connections = [connect(route_server.url) for _ in range(5)]
        for connection in connections:
            connection.request("GET", "/gate/a")
        route_server.ledger.wait_requests(5)
        assert (route_server.traffic.now, route_server.traffic.peak) == (5, 5)
        route_server.open_gate("a")
        for connection in connections:
            assert json.loads(connection.getresponse().read()) == {"gate": "a"}
            connection.close()
        assert (route_server.traffic.now, route_server.traffic.peak) == (0, 5)

    def test_never_ends_with_the_client(self, route_server: RouteServer) -> None:
        connection = connect(route_server.url)
        connection.request("GET", "/never")
        route_server.ledger.wait_requests(1)
        connection.close()
        route_server.ledger.wait_none_open()

    def test_is_fast_enough_for_large_batches(self, route_server: RouteServer) -> None:
        batch, request = 5_000, b"GET /json/a HTTP/1.1\r\nHost: a.test\r\n\r\n"
        with socket.create_connection((route_server.host, route_server.port)) as client:
            sender = threading.Thread(target=client.sendall, args=(request * batch,))
            sender.start()
            answer = Answer.json({"name": "a"}).encode(head_only=False)
            left = len(answer) * batch
            while left:
                left -= len(client.recv(2**16))
            sender.join()
        assert len(route_server.ledger.requests) == batch


class TestTLS:
    def fetch(self, server: RouteServer, authority: Authority, name: str) -> dict[str, str]:
        context = ssl.create_default_context(cadata=authority.ca_pem.decode())
        with (
            socket.create_connection((server.host, server.port), timeout=PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            secure.sendall(b"GET /json/x HTTP/1.1\r\nHost: x\r\n\r\n")
            body: dict[str, str] = json.loads(secure.recv(2**16).partition(b"\r\n\r\n")[2])
            return body

    def test_good_certificate(self, authority: Authority) -> None:
        with RouteServer(tls=authority.context("api.github.com", "127.0.0.1")) as server:
            assert self.fetch(server, authority, "api.github.com") == {"name": "x"}
            assert self.fetch(server, authority, "127.0.0.1") == {"name": "x"}
            with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
                self.fetch(server, authority, "other.test")

    def test_bad_certificates(self, authority: Authority) -> None:
        for context, reason in [
            (authority.expired("a.test"), "expired"),
            (authority.not_yet_valid("a.test"), "not yet valid"),
            (self_signed("a.test"), "self-signed"),
        ]:
            with RouteServer(tls=context) as server:
                with pytest.raises(ssl.SSLCertVerificationError, match=reason):
                    self.fetch(server, authority, "a.test")
                assert server.ledger.requests == []

    def test_raw_server_over_tls(self, authority: Authority, raw_server: RawServerFactory) -> None:
        tls = authority.context("127.0.0.1")
        server = raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", tls=tls)
        context = ssl.create_default_context(cafile=str(authority.ca_file))
        connection = HTTPSConnection(server.host, server.port, timeout=PATIENCE, context=context)
        assert ask(connection, "/").status == 200
        connection.close()


class TestNginx:
    def test_files_statuses_and_redirects(self, nginx: Nginx) -> None:
        assert len(FILES["small.json"]) == 171
        connection = connect(nginx.http)
        for name, content in FILES.items():
            assert ask(connection, f"/{name}").read() == content
        for status in (204, 404, 503):
            response = ask(connection, f"/status/{status}")
            response.read()
            assert response.status == status
        response = ask(connection, "/redirect/2")
        response.read()
        assert str(response.getheader("Location")).endswith("/redirect/1")
        assert [access.status for access in nginx.accesses()][-4:] == [204, 404, 503, 302]
        connection.close()

    def test_offers_http2(self, nginx: Nginx, authority: Authority) -> None:
        context = ssl.create_default_context(cafile=str(authority.ca_file))
        context.set_alpn_protocols(["h2", "http/1.1"])
        address = urlsplit(nginx.https)
        with (
            socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=address.hostname) as secure,
        ):
            assert secure.selected_alpn_protocol() == "h2"


def test_httpbin(httpbin: str) -> None:
    connection = connect(httpbin)
    response = ask(connection, "/anything?a=1", "POST", b"body")
    seen = json.loads(response.read())
    assert (seen["args"], seen["data"]) == ({"a": "1"}, "body")
    connection.close()


def test_loop_factories(loop_factory: LoopFactory) -> None:
    async def main() -> int:
        return 1

    assert run(main, loop_factory) == 1


def test_a_loop_that_watches_no_descriptors_still_works_inside() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(NotImplementedError):
            loop.add_reader(0, print)
        woken = asyncio.Event()
        thread = threading.Thread(target=loop.call_soon_threadsafe, args=(woken.set,))
        thread.start()
        await woken.wait()
        thread.join()

    run(main, NoReaderLoop)


def test_what_was_accepted_in_the_turn_of_the_close_is_ended() -> None:
    server, released = RouteServer(), threading.Event()
    # The loop stands still, so that it learns of both in one turn.
    server.in_loop(released.wait)
    with socket.create_connection((server.host, server.port)):
        stopped = asyncio.run_coroutine_threadsafe(server._stop(), server._thread.loop)
        released.set()
        stopped.result(PATIENCE)
    server.close()
    # What was left open complains when it is collected.
    gc.collect()
