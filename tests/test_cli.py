"""The command line: what is fetched, and what is said of it."""

import json
import re
import time
from pathlib import Path

import fastfetch
import pytest

from tests import commands
from tests.commands import Say
from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

REFUSED = "http://127.0.0.1:1/"


class TestOneUrl:
    def test_its_body_goes_out_as_it_is(self, route_server: RouteServer) -> None:
        route_server.routes["/raw"] = Answer(bytes(range(256)))
        with commands.started(f"{route_server.url}/raw") as process:
            out, err = process.communicate()
        assert (out, err, process.returncode) == (bytes(range(256)), b"", 0)

    def test_an_error_page_goes_out_too_and_the_exit_code_tells(
        self, route_server: RouteServer, say: Say
    ) -> None:
        url = f"{route_server.url}/nowhere"
        complaint = f"fastfetch: GET {url}: 404 Not Found\n"
        assert say(url) == (1, "no route for /nowhere", complaint)
        assert say(url, "-q") == (1, "no route for /nowhere", "")

    def test_no_answer_is_said(self, say: Say) -> None:
        code, out, err = say(REFUSED)
        assert (code, out) == (1, "")
        assert err.startswith("fastfetch: GET http://127.0.0.1:1/: no connection: Connection refused")
        assert say(REFUSED, "--quiet") == (1, "", "")

    def test_the_head_alone(self, route_server: RouteServer, say: Say) -> None:
        code, out, err = say(f"{route_server.url}/json/a", "--head")
        assert (code, err) == (0, "")
        assert out == "HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: 13\n\n"
        assert [request.method for request in route_server.ledger.requests] == ["HEAD"]


class TestManyUrls:
    def test_a_line_each_and_what_it_came_to(self, route_server: RouteServer, say: Say) -> None:
        code, out, err = say(f"{route_server.url}/json/a", f"{route_server.url}/nowhere", REFUSED, "no url")
        assert code == 1
        lines = sorted(re.sub(r" +[\d.]+ m?s ", " TIME ", line) for line in out.splitlines())
        assert lines == [
            "---       0 B TIME  http://127.0.0.1:1/  ConnectionRefused",
            "---       0 B TIME  no url  InvalidURL",
            f"200      13 B TIME  {route_server.url}/json/a",
            f"404      21 B TIME  {route_server.url}/nowhere",
        ]
        assert re.fullmatch(r"4 URLs in .*: 1 ok, 3 failed \(.*1 × 404.*\), 34 B\n", err)

    def test_quiet_and_verbose(self, route_server: RouteServer, say: Say) -> None:
        urls = f"{route_server.url}/json/a", f"{route_server.url}/nowhere", REFUSED
        code, out, err = say(*urls, "-q")
        assert (code, len(out.splitlines()), err) == (1, 3, "")
        _, _, err = say(*urls, "-v")
        assert f"fastfetch: GET {urls[1]}: 404 Not Found\n" in err
        assert "fastfetch: GET http://127.0.0.1:1/: no connection" in err
        assert say(*urls, "-q", "-v")[0] == 2

    def test_the_first_failure_is_the_end_where_that_is_wanted(
        self, route_server: RouteServer, say: Say
    ) -> None:
        urls = [f"{route_server.url}/nowhere", *(f"{route_server.url}/never" for _ in range(5))]
        code, out, err = say(*urls, "--fail-fast")
        assert (code, len(out.splitlines())) == (1, 1)
        assert err.startswith(f"fastfetch: GET {urls[0]}: 404 Not Found\n1 URL in ")


class TestInput:
    def test_a_file(self, route_server: RouteServer, say: Say, tmp_path: Path) -> None:
        file = tmp_path / "urls.txt"
        file.write_bytes(b"\xef\xbb\xbf" + f"# two\r\n\r\n{route_server.url}/json/b\r\n".encode())
        code, out, _ = say(f"{route_server.url}/json/a", "-i", file, "--jsonl", "-")
        assert code == 0
        assert [record["url"][-6:] for record in commands.records(out)] == ["json/a", "json/b"]

    def test_a_file_that_cannot_be_read(self, say: Say, tmp_path: Path) -> None:
        missing = tmp_path / "missing.txt"
        said = f"fastfetch: --input: {missing}: No such file or directory\n"
        assert say("-i", missing) == (2, "", said)
        (tmp_path / "binary").write_bytes(b"http://\xff\n")
        code, out, err = say("-i", tmp_path / "binary")
        assert (code, out) == (2, "")
        assert "--input: urls: expected text in utf-8" in err

    def test_an_empty_file_is_no_failure(self, say: Say, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        code, out, err = say("-i", tmp_path / "empty")
        assert (code, out) == (0, "")
        assert err.startswith("0 URLs in ")

    @pytest.mark.parametrize("end", [b"", b"\n"])
    def test_standard_input(self, route_server: RouteServer, end: bytes) -> None:
        lines = f"\n# names\n{route_server.url}/json/é\n  {route_server.url}/json/b".encode() + end
        done = commands.run("-i", "-", "--jsonl", "-", stdin=lines)
        assert done.returncode == 0, done.stderr
        assert [json.loads(record["body"])["name"] for record in commands.records(done.stdout)] == ["é", "b"]

    def test_standard_input_is_fetched_as_it_comes(self, route_server: RouteServer) -> None:
        """The second URL is only named after the first has been answered."""
        with commands.started("-i", "-", "--jsonl", "-") as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for name in "ab":
                process.stdin.write(f"{route_server.url}/json/{name}\n".encode())
                process.stdin.flush()
                assert json.loads(process.stdout.readline())["url"].endswith(name)
            assert process.communicate()[0] == b""
            assert process.returncode == 0

    def test_standard_input_that_is_no_text(self) -> None:
        done = commands.run("-i", "-", stdin=b"http://a/\n\xff\xfe\n")
        assert done.returncode == 2
        assert "urls: expected text in utf-8, got the byte 0xff in standard input" in done.stderr
        assert "Traceback" not in done.stderr
        done = commands.run("-i", "-", stdin=b"x" * 2**21)
        assert (done.returncode, done.stdout) == (2, "")
        assert "expected a URL on each line, got a longer one in standard input" in done.stderr


class TestHow:
    """The options that say how it is fetched."""

    def test_what_is_sent(self, route_server: RouteServer, say: Say) -> None:
        say(f"{route_server.url}/json/a", "-H", "X-One: 1", "--header", "x-two:2:3", "--head")
        (request,) = route_server.ledger.requests
        assert (request.method, request.headers["x-one"], request.headers["x-two"]) == ("HEAD", "1", "2:3")
        assert request.headers["user-agent"] == f"fastfetch/{fastfetch.__version__}"

    def test_how_many_at_once(self, route_server: RouteServer, say: Say) -> None:
        urls = [f"{route_server.url}/delay/0.01?{number}" for number in range(12)]
        for words, most in (
            (("-j", 2), 2),
            (("--per-host", 3), 3),
            (("--concurrency", 1, "--per-host", "auto"), 1),
        ):
            route_server.traffic.peak = 0
            assert say(*urls, *words)[0] == 0
            assert route_server.traffic.peak == most

    def test_how_often_again(self, route_server: RouteServer, say: Say) -> None:
        asked: list[Request] = []

        def flaky(request: Request) -> Answer:
            asked.append(request)
            return Answer(status=200 if len(asked) == 3 else 503, headers=(("Retry-After", "0"),))

        route_server.routes["/flaky"] = flaky
        assert say(f"{route_server.url}/flaky")[0] == 1
        asked.clear()
        assert say(f"{route_server.url}/flaky", "--retries", "2")[0] == 0
        assert len(asked) == 3

    def test_how_long(self, route_server: RouteServer, say: Say) -> None:
        code, _, err = say(f"{route_server.url}/never", "--timeout", "0.1")
        assert code == 1
        assert "0.1 s" in err

    def test_how_fast(self, route_server: RouteServer, say: Say) -> None:
        since = time.monotonic()
        assert say(*(f"{route_server.url}/json/{name}" for name in "abcd"), "--rate", "20")[0] == 0
        # The first at once, the others a twentieth of a second after one another; 5 ms are made good.
        assert time.monotonic() - since >= 0.14

    def test_a_checkpoint_goes_on(self, route_server: RouteServer, say: Say, tmp_path: Path) -> None:
        words = (
            f"{route_server.url}/json/a",
            f"{route_server.url}/json/b",
            "--checkpoint",
            tmp_path / "job.db",
        )
        assert say(*words)[0] == say(*words)[0] == 0
        assert len(route_server.ledger.requests) == 2
        (tmp_path / "text").write_text(
            "This is no database, and is longer than a header of one would be." * 9
        )
        code, out, err = say(f"{route_server.url}/json/a", "--checkpoint", tmp_path / "text")
        assert (code, out) == (1, "")
        assert err.startswith("fastfetch: ")
        assert "Traceback" not in err
