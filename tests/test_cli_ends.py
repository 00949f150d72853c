"""How the command line ends before its time, and what it does on a terminal."""

import asyncio
import re
import signal
import subprocess

import fastfetch
import pytest
from fastfetch._cli.fetch import finished

from tests import commands
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat


class TestEnds:
    def test_an_interrupt_leaves_what_was_fetched(self, route_server: RouteServer) -> None:
        urls = [f"{route_server.url}/json/{number}" for number in range(20)]
        with commands.started(*urls, f"{route_server.url}/never", "--jsonl", "-") as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in urls]
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
        assert (process.returncode, out) == (130, b"")
        assert [record["index"] for record in commands.records(b"".join(lines).decode())] == list(range(20))
        assert re.fullmatch(rb"interrupted: 20 URLs in .*: 20 ok, 0 failed, .*\n", err)

    def test_what_had_come_by_then_is_not_lost(self, route_server: RouteServer) -> None:
        urls = [f"{route_server.url}/json/{number}" for number in range(2)]

        async def main() -> list[str]:
            completed = fastfetch.as_completed([*urls, f"{route_server.url}/never"])
            first = await anext(completed)
            await completed._stream.ready(False)
            rest = [response.url for response in finished(completed)]
            await completed.aclose()
            return [first.url, *rest]

        assert sorted(asyncio.run(main())) == urls

    def test_waiting_for_standard_input_can_be_interrupted(self, route_server: RouteServer) -> None:
        with commands.started("-i", "-", "--jsonl", "-") as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{route_server.url}/json/a\n".encode())
            process.stdin.flush()
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(5) == 130
            assert process.stderr is not None
            assert process.stderr.read().startswith(b"interrupted: 1 URL in ")

    def test_ctrl_c_on_a_terminal(self, route_server: RouteServer) -> None:
        terminal = commands.Terminal(f"{route_server.url}/json/a", f"{route_server.url}/never")
        terminal.read_until("/json/a")
        terminal.type(b"\x03")
        assert terminal.finish() == 130
        assert "interrupted: 1 URL in " in terminal.shown
        assert "Traceback" not in terminal.shown

    def test_a_reader_that_has_enough_ends_it_quietly(self, route_server: RouteServer) -> None:
        urls = "\n".join(f"{route_server.url}/json/{number}" for number in range(3_000))
        command = [*commands.COMMAND, "-i", "-", "-q"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(urls.encode())
            process.stdin.close()
            process.stdout.readline()
            process.stdout.close()
            assert process.wait(20) == 1
            assert process.stderr is not None
            assert process.stderr.read() == b""


class TestTerminal:
    def test_colours_are_for_those_who_want_them(self, route_server: RouteServer) -> None:
        urls = f"{route_server.url}/json/a", f"{route_server.url}/nowhere"
        settings = {"plain": {"NO_COLOR": "1"}, "dumb": {"TERM": "dumb"}, "colours": dict[str, str]()}
        shown = {}
        for name, variables in settings.items():
            terminal = commands.Terminal(*urls, variables=variables)
            assert terminal.finish() == 1
            shown[name] = terminal.shown
        assert "\x1b[32m200\x1b[0m" in shown["colours"]
        assert "\x1b[31m404\x1b[0m" in shown["colours"]
        assert not re.search(r"\x1b\[\d+m", shown["plain"] + shown["dumb"])
        assert "\x1b" not in commands.run(*urls).stdout

    def test_what_is_hostile_is_shown_and_does_nothing(self, route_server: RouteServer) -> None:
        route_server.routes["/bad"] = Answer(
            b"\x1b[2Jgone\x07\xc2\x9b31m\ttab\nend", headers=(("Content-Type", "text/plain; charset=utf-8"),)
        )
        terminal = commands.Terminal(f"{route_server.url}/bad")
        assert terminal.finish() == 0
        assert terminal.shown == "\\x1b[2Jgone\\x07\\x9b31m\ttab\nend"
        terminal = commands.Terminal(f"{route_server.url}/bad", "--jsonl", "-")
        assert terminal.finish() == 0
        assert "\\u009b31m" in terminal.shown

    def test_what_is_no_text_is_not_shown(self, route_server: RouteServer) -> None:
        terminal = commands.Terminal(f"{route_server.url}/bytes/2000")
        assert terminal.finish() == 1
        assert terminal.shown.endswith(
            "fastfetch: 2,000 bytes that are no text for a terminal; > FILE or -o DIR keeps them\n"
        )
