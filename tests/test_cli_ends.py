"""How the command line ends before its time, and what it does on a terminal."""

import asyncio
import os
import re
import signal
import subprocess
from pathlib import Path

import fastfetch
import pytest
from fastfetch._cli.fetch import finished
from fastfetch._cli.outcomes import Outcome
from fastfetch._cli.outputs import Lines
from fastfetch._cli.requests import Requests

from tests import commands
from tests.commands import Say
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

    def test_after_an_interrupt_nothing_more_is_begun(
        self, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not even where there is always something to write, so that nothing is ever waited for."""
        (tmp_path / "urls").write_text("no url\n" * 100_000)
        begun: list[str] = []
        written: list[int] = []

        def note(requests: Requests, url: str) -> str | fastfetch.Request:
            begun.append(url)
            return made(requests, url)

        def interrupt(lines: Lines, outcome: Outcome) -> None:
            if not written:
                # What asyncio does when Ctrl-C is pressed.
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            written.append(len(begun))

        made = Requests.of
        monkeypatch.setattr(Requests, "of", note)
        monkeypatch.setattr(Lines, "take", interrupt)
        code, _, err = say("-i", tmp_path / "urls")
        assert code == 130
        assert err.startswith(f"interrupted: {len(written):,} URL")
        assert set(written) == {len(begun)}

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
    def test_progress_is_for_a_terminal_that_shows_nothing_else(
        self, route_server: RouteServer, tmp_path: Path
    ) -> None:
        urls = f"{route_server.url}/json/a", f"{route_server.url}/gate/last"
        rows = tmp_path / "rows.jsonl"
        bar = "1/2   50%  1 ok, 0 failed"
        with_bar = commands.Terminal(*urls, "--jsonl", rows)
        with_bar.read_until(bar)
        route_server.open_gate("last")
        assert with_bar.finish() == 0
        assert bar in with_bar.shown
        assert "2/2  100%" in with_bar.shown
        assert with_bar.shown.splitlines()[-1].startswith("2 URLs in ")
        assert len(rows.read_text().splitlines()) == 2

    @pytest.mark.parametrize("words", [("-q", "--jsonl", os.devnull), (), ("--jsonl", "-")])
    def test_there_is_none_elsewhere(self, route_server: RouteServer, words: tuple[str, ...]) -> None:
        """Longer than it takes until there would be some."""
        terminal = commands.Terminal(f"{route_server.url}/json/a", f"{route_server.url}/delay/0.9", *words)
        assert terminal.finish() == 0
        assert "50%" not in terminal.shown
        assert "\r" not in terminal.shown

    def test_an_interrupt_ends_the_bar_once(self, route_server: RouteServer, tmp_path: Path) -> None:
        urls = f"{route_server.url}/json/a", f"{route_server.url}/never"
        terminal = commands.Terminal(*urls, "--jsonl", tmp_path / "rows.jsonl")
        terminal.read_until("1/2   50%")
        terminal.type(b"\x03")
        assert terminal.finish() == 130
        assert terminal.shown.count("interrupted at 1/2") == 1
        assert terminal.shown.splitlines()[-1].startswith("interrupted: 1 URL in ")

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
