"""Progress on a terminal: one line, redrawn, finished and out of the way; and none where no terminal is."""

import subprocess
import sys

import pytest

from tests.programs import running
from tests.servers.routes import RouteServer
from tests.terminals import Terminal

FACES = pytest.mark.parametrize("face", ["gather", "as_completed"])


@pytest.fixture
def urls(route_server: RouteServer) -> list[str]:
    """Three that are answered at once, and one at a gate."""
    return [*(f"{route_server.url}/json/{name}" for name in "abc"), f"{route_server.url}/gate/shut"]


@FACES
def test_one_line_is_redrawn_and_finished(face: str, urls: list[str], route_server: RouteServer) -> None:
    with Terminal("shown", face, *urls) as terminal:
        for _ in range(2):
            # The line begins at the left, and no other has begun since.
            terminal.wait_for("\r3/4   75%  3 ok, 0 failed  1 in flight")
            terminal.written = terminal.written.replace("\r3/4   75%", "\rseen", 1)
        assert "4/4" not in terminal.written
        route_server.open_gate("shut")
        assert terminal.finish() == 0
        came = [f"came: {name}" for name in ("a", "b", "c", "shut")]
        said = ["counts: {200: 4}"] if face == "gather" else []
        *before, last = [line for line in terminal.screen if line and line not in said]
        assert before == ([] if face == "gather" else came)
        assert last.startswith("4/4  100%  4 ok, 0 failed  ")
        assert "in flight" not in last
        # Nothing but printable text and the way back to the left.
        assert terminal.written.replace("\r", "").replace("\n", "").isprintable()


@FACES
def test_an_interrupt_finishes_the_line(face: str, urls: list[str]) -> None:
    with Terminal("shown", face, *urls) as terminal:
        terminal.wait_for("\r3/4   75%")
        terminal.press("\x03")
        assert terminal.finish() == 0
        *_, ended, said, empty = terminal.screen
        assert ended.startswith("interrupted at 3/4   75%  3 ok, 0 failed  ")
        assert (said, empty) == ("interrupted by a person", "")


def test_of_two_at_once_one_is_shown(urls: list[str], route_server: RouteServer) -> None:
    with Terminal("shown", "both", *urls[1:]) as terminal:
        terminal.wait_for("\r2/3")
        terminal.wait_for("counts: {200: 2}")
        route_server.open_gate("shut")
        assert terminal.finish() == 0
        assert terminal.screen[-3].startswith("3/3  100%")
        assert "2/2" not in terminal.written


@pytest.mark.parametrize(
    ("columns", "longest", "begun"),
    [(0, 79, "3/3  100%  3 ok, 0 failed  "), (31, 30, "3/3  100%  "), (1, 0, "")],
)
def test_the_line_keeps_to_the_width(columns: int, longest: int, begun: str, urls: list[str]) -> None:
    with Terminal(
        "shown", "gather", *urls[:3], environment={"PROGRESS": "True"}, columns=columns
    ) as terminal:
        assert terminal.finish() == 0
        assert terminal.screen[0].startswith(begun)
        assert len(terminal.screen[0]) <= longest


@pytest.mark.parametrize("progress", ["False", "None"])
def test_nothing_is_shown_of_a_short_batch(progress: str, urls: list[str]) -> None:
    with Terminal("shown", "gather", *urls[:3], environment={"PROGRESS": progress}) as terminal:
        assert terminal.finish() == 0
        assert terminal.screen == ["counts: {200: 3}", ""]


def test_who_asks_is_shown_even_a_short_batch(urls: list[str]) -> None:
    with Terminal("shown", "gather", *urls[:3], environment={"PROGRESS": "True"}) as terminal:
        assert terminal.finish() == 0
        line, said, empty = terminal.screen
        assert line.startswith("3/3  100%  3 ok, 0 failed  ")
        assert (said, empty) == ("counts: {200: 3}", "")


def test_a_dumb_terminal_gets_whole_lines(urls: list[str], route_server: RouteServer) -> None:
    with Terminal("shown", "gather", *urls, environment={"TERM": "dumb"}) as terminal:
        terminal.wait_for("3/4")
        route_server.open_gate("shut")
        assert terminal.finish() == 0
        assert "\r" not in terminal.written.replace("\r\n", "\n")
        assert [line[:4].strip() for line in terminal.screen] == ["3/4", "4/4", "coun", ""]


@FACES
def test_a_pipe_is_silent(face: str, urls: list[str], route_server: RouteServer) -> None:
    route_server.open_gate("shut")
    assert "4/4" not in running.say("shown", face, *urls)


@FACES
def test_who_asks_is_shown_in_a_file_too(face: str, urls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRESS", "True")
    done = running.finish(running.start("shown", face, *urls[:3]))
    assert done.stderr.startswith("3/3  100%  3 ok, 0 failed  ")
    assert done.stderr.count("\n") == 1
    assert done.stderr.replace("\n", "").isprintable()


def test_a_closed_stderr_disturbs_nobody(urls: list[str]) -> None:
    code = (
        "import asyncio, sys, fastfetch as ff\n"
        "sys.stderr.close()\n"
        "for progress in (None, True):\n"
        "    print(asyncio.run(ff.gather(sys.argv[1:], progress=progress)).counts)\n"
        "sys.stderr = None\n"
        "print(asyncio.run(ff.gather(sys.argv[1:], progress=True)).counts)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *urls[:3]], capture_output=True, text=True, check=True)
    assert done.stdout == "{200: 3}\n" * 3
