"""The demo site: what its paths answer, how it speaks HTTP, and that it comes and goes with its user."""

import asyncio
import contextlib
import http.client
import inspect
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import fastfetch
import pytest
from fastfetch import demo
from fastfetch.demo import Site

from tests import examples
from tests.servers.ledger import PATIENCE

pytestmark = pytest.mark.compat


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


Got = tuple[int, dict[str, str], bytes]


def ask(site: Site, path: str, method: str = "GET", **more: Any) -> Got:
    """What one request gets: status, headers and body."""
    with contextlib.closing(http.client.HTTPConnection(*address(site), timeout=PATIENCE)) as connection:
        return over(connection, path, method, **more)


def over(connection: http.client.HTTPConnection, path: str, method: str = "GET", **more: Any) -> Got:
    connection.request(method, path, **more)
    response = connection.getresponse()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def address(site: Site) -> tuple[str, int]:
    host, _, port = site.url.removeprefix("http://").partition(":")
    return host, int(port)


def raw(site: Site, request: bytes) -> bytes:
    """All that the site says to these bytes before it closes the connection."""
    with socket.create_connection(address(site), timeout=PATIENCE) as connection:
        connection.sendall(request)
        said = b""
        while piece := connection.recv(65536):
            said += piece
        return said


class TestPaths:
    def test_json(self, site: Site) -> None:
        status, headers, body = ask(site, "/json/7")
        assert (status, headers["content-type"]) == (200, "application/json")
        assert json.loads(body) == {"id": 7, "name": "item 7", "tags": ["a", "b"]}

    @pytest.mark.parametrize("size", [0, 1, 255, 65_537, 3_000_001])
    def test_a_file_of_any_size(self, site: Site, size: int) -> None:
        status, headers, body = ask(site, f"/file/{size}")
        assert (status, headers["content-length"], len(body)) == (200, str(size), size)
        assert body == bytes(range(256)) * (size // 256) + bytes(range(size % 256))

    def test_statuses(self, site: Site) -> None:
        assert [ask(site, f"/status/{status}")[0] for status in (200, 204, 304, 418, 599)] == [
            200,
            204,
            304,
            418,
            599,
        ]
        assert ask(site, "/status/100")[::2] == (400, b"expected a status from 200 to 599, got 100\n")
        assert (ask(site, "/missing")[0], ask(site, "/broken")[0], ask(site, "/what")[0]) == (404, 500, 404)

    def test_redirects_lead_to_an_answer(self, site: Site) -> None:
        status, headers, _ = ask(site, "/redirect/2")
        assert (status, headers["location"]) == (302, "/redirect/1")
        assert ask(site, "/redirect/1")[1]["location"] == "/json/1"

    def test_flaky_fails_so_often_for_each_key(self, site: Site) -> None:
        assert [ask(site, "/flaky/a?fail=2")[0] for _ in range(4)] == [503, 503, 200, 200]
        status, headers, _ = ask(site, "/flaky/b")
        assert (status, headers["retry-after"]) == (503, "0")
        assert ask(site, "/flaky/b")[0] == 200

    def test_a_user_is_nested_and_not_always_whole(self, site: Site) -> None:
        users = [json.loads(ask(site, f"/user/{number}")[2]) for number in range(6)]
        assert {type(user["address"]["geo"]["lat"]) for user in users} == {float}
        assert [len(user["orders"]) for user in users] == [0, 1, 2, 3, 0, 1]
        assert set(users[3]["orders"][0]) == {"id", "total", "at"}
        assert ["email" in user for user in users] == [False, True, True, False, True, True]
        assert json.loads(ask(site, "/users?page=2&per_page=3")[2])["data"]["items"][0]["id"] == 4

    def test_a_page_is_html_with_a_title(self, site: Site) -> None:
        _, headers, body = ask(site, "/page/3")
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert re.findall("<title>(.*)</title>", body.decode()) == ["Page 3 – the demo site"]

    def test_the_picture_is_a_png(self, site: Site) -> None:
        _, headers, body = ask(site, "/picture.png")
        assert headers["content-type"] == "image/png"
        assert body[:8] == b"\x89PNG\r\n\x1a\n"
        chunks, place = {}, 8
        while place < len(body):
            (length,) = struct.unpack_from(">I", body, place)
            kind, content = body[place + 4 : place + 8], body[place + 8 : place + 8 + length]
            assert struct.unpack_from(">I", body, place + 8 + length) == (zlib.crc32(kind + content),)
            chunks[kind] = content
            place += length + 12
        width, height = struct.unpack_from(">II", chunks[b"IHDR"])
        assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)

    def test_what_is_hostile_arrives_as_it_is(self, site: Site) -> None:
        status, headers, body = ask(site, "/hostile/%3Cscript%3E")
        assert (status, headers["x-script"]) == (200, "<script>alert('header')</script>")
        assert b"\x1b[31m" in body
        assert b"<script>" in body

    def test_echo_says_what_came(self, site: Site) -> None:
        _, _, body = ask(site, "/echo?a=1", "POST", body=b"caf\xc3\xa9", headers={"X-Own": "yes"})
        echoed = json.loads(body)
        assert (echoed["method"], echoed["target"], echoed["body"]) == ("POST", "/echo?a=1", "café")
        assert ["X-Own", "yes"] in echoed["headers"]

    def test_the_index_and_the_docstring_list_every_path(self, site: Site) -> None:
        class Links(HTMLParser):
            def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
                listed.extend(value or "" for name, value in attrs if name == "href")

        listed: list[str] = []
        Links().feed(ask(site, "/")[2].decode())
        first = {re.match(r"/[\w.]+", path)[0] for path in listed}  # type: ignore[index]
        assert (
            first == set(re.findall(r"``(/[\w.]+)", demo.__doc__ or "")) - {"/robots.txt", "/json/1"} | first
        )
        assert first >= set(re.findall(r"^``(/[\w.]+)", demo.__doc__ or "", re.MULTILINE))
        breaks = {"/missing", "/broken", "/status/418", "/flaky/key?fail=2", "/truncated", "/reset"}
        assert {ask(site, path)[0] for path in listed if path not in breaks} == {200, 302}

    def test_robots_are_told_what_is_private(self, site: Site) -> None:
        urls = [f"{site.url}/private/1", f"{site.url}/page/1"]
        results = asyncio.run(fastfetch.gather(urls, robots=True))
        assert results.counts == {"DisallowedByRobots": 1, 200: 1}


class TestItems:
    """With a site for each test: others would use up the rate."""

    def test_pages_lead_through_all(self) -> None:
        async def walk(client: fastfetch.Client, url: str) -> list[int]:
            found = []
            while url:
                response = (await client.get(url, retry=5)).raise_for_status()
                assert response.headers["x-total-count"] == "1000"
                found += [item["id"] for item in response.json()["items"]]
                url = response.links.get("next", {}).get("url", "")
            assert "last" in response.links
            return found

        async def main(url: str) -> list[int]:
            async with fastfetch.Client() as client:
                return await walk(client, f"{url}/items?per_page=70")

        with Site() as site:
            assert asyncio.run(main(site.url)) == list(range(1, 1001))

    def test_one_request_too_many_is_told_to_wait(self) -> None:
        with Site() as site, contextlib.closing(http.client.HTTPConnection(*address(site))) as connection:
            answers = [over(connection, f"/items?page={page}") for page in range(1, 31)]
        statuses = [status for status, _, _ in answers]
        assert statuses[:20] == [200] * 20
        refused = [headers for status, headers, _ in answers if status == 429]
        assert {headers["retry-after"] for headers in refused} == {"1"}
        # A slow machine may have begun a new second by then.
        assert set(statuses) <= {200, 429}


class TestProtocol:
    def test_a_connection_serves_many_requests(self, site: Site) -> None:
        with contextlib.closing(http.client.HTTPConnection(*address(site))) as connection:
            connection.connect()
            before = connection.sock
            for path in ("/json/1", "/file/100000", "/status/204", "/missing"):
                over(connection, path)
                assert connection.sock is before

    def test_head_is_get_without_a_body(self, site: Site) -> None:
        with contextlib.closing(http.client.HTTPConnection(*address(site))) as connection:
            for path in ("/json/1", "/file/70000", "/missing"):
                status, headers, _ = over(connection, path)
                headless = over(connection, path, "HEAD")
                assert headless == (status, headers, b"")

    def test_old_clients_and_those_who_say_so_are_closed(self, site: Site) -> None:
        assert raw(site, b"GET /json/1 HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nConnection: close\r\n" in raw(site, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")

    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            (b"GET\r\n\r\n", 400),
            (b"GET http://elsewhere/ HTTP/1.1\r\n\r\n", 400),
            (b"GET / HTTP/3\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nX: " + bytes(70_000) + b"\r\n\r\n", 431),
            (b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
            (b"POST /echo HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
            (b"POST /echo HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        ],
    )
    def test_what_is_no_request_is_refused_in_words(self, site: Site, request_: bytes, status: int) -> None:
        said = raw(site, request_)
        assert said.startswith(b"HTTP/1.1 %d " % status)
        assert b"\r\n\r\nexpected " in said

    def test_other_methods_are_refused_and_the_connection_stays(self, site: Site) -> None:
        with contextlib.closing(http.client.HTTPConnection(*address(site))) as connection:
            status, headers, _ = over(connection, "/json/1", "DELETE", body=b"abc")
            assert (status, headers["allow"]) == (405, "GET, HEAD")
            assert over(connection, "/json/1")[0] == 200

    def test_who_asks_to_go_on_is_told_to(self, site: Site) -> None:
        request = (
            b"POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab"
        )
        assert raw(site, request).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")

    @pytest.mark.parametrize(
        "path", ["/json/x", "/json/-1", "/json/٣", "/file/99999999999", "/slow/9e9", "/items?page=x"]
    )
    def test_what_is_no_number_is_said(self, site: Site, path: str) -> None:
        said = raw(site, f"GET {path} HTTP/1.0\r\n\r\n".encode())
        assert said.startswith(b"HTTP/1.1 400 ")
        assert b"expected a number from 0 to" in said

    def test_what_goes_wrong_on_purpose(self, site: Site) -> None:
        results = asyncio.run(fastfetch.gather([f"{site.url}/truncated", f"{site.url}/reset"]))
        assert results.counts == {"IncompleteBody": 1, "ConnectError": 1}


class TestLife:
    def test_it_is_on_this_machine_only_and_says_where(self) -> None:
        with Site() as site:
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", site.url)
            assert repr(site) == f"<fastfetch.demo.Site at {site.url}>"
        assert repr(site) == "<fastfetch.demo.Site closed>"
        site.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address(site))

    def test_it_ends_when_it_is_dropped(self) -> None:
        site = Site()
        with socket.create_connection(address(site), timeout=PATIENCE) as connection:
            del site
            assert ended(connection)

    def test_it_ends_with_its_user_even_if_that_is_killed(self) -> None:
        with user() as process, socket.create_connection(said(process), timeout=PATIENCE) as connection:
            process.kill()
            assert ended(connection)

    def test_an_interrupt_of_its_user_leaves_it_alone(self) -> None:
        with user() as process, contextlib.closing(http.client.HTTPConnection(*said(process))) as connection:
            over(connection, "/json/1")
            os.killpg(process.pid, signal.SIGINT)
            assert process.stdout is not None
            assert process.stdout.readline() == "interrupted\n"
            assert over(connection, "/json/1")[0] == 200

    @pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
    def test_it_can_be_a_program_of_its_own(self, end: signal.Signals) -> None:
        command = [sys.executable, "-m", "fastfetch.demo"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert asyncio.run(fastfetch.gather([f"{url}/json/1"])).counts == {200: 1}
            process.send_signal(end)
            assert process.communicate(timeout=PATIENCE) == ("", "")
            assert process.returncode == 0

    def test_a_forked_child_does_not_end_it(self) -> None:
        with Site() as site:
            child = os.fork()
            if child == 0:
                site.close()
                os._exit(0)
            os.waitpid(child, 0)
            assert ask(site, "/json/1")[0] == 200

    def test_a_program_in_place_of_python_is_a_clear_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", "/bin/false")
        with pytest.raises(RuntimeError, match="the demo site did not start: /bin/false ended with 1"):
            Site()

    def test_the_package_does_not_import_it(self) -> None:
        code = "import sys, fastfetch; print('fastfetch.demo' in sys.modules)"
        assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


def ended(connection: socket.socket) -> bool:
    """Waits for the other side to end the connection, in order or, where it had not accepted it, not."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


USER = """
from fastfetch.demo import Site
site = Site()
print(site.url.rpartition(":")[2], flush=True)
try:
    input()
except KeyboardInterrupt:
    print("interrupted", flush=True)
    input()
"""


@contextlib.contextmanager
def user() -> Iterator[subprocess.Popen[str]]:
    """A program that has a site, says its port, and waits; it may be interrupted once."""
    command = [sys.executable, "-c", USER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> tuple[str, int]:
    assert process.stdout is not None
    return "127.0.0.1", int(process.stdout.readline())


@pytest.mark.parametrize("thing", [demo, Site, Site.close], ids=lambda thing: str(thing.__name__))
def test_examples_run(thing: object) -> None:
    assert examples.run(inspect.getdoc(thing) or "", "demo")
