"""`progress=` by default: who is shown how far a batch is, and that nobody is disturbed by it."""

import asyncio
import io
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import fastfetch as ff
import pytest
import tqdm
from fastfetch import _core, _watching

from tests.scripted import until
from tests.servers.routes import RouteServer
from tests.terminals import seen
from tests.watched import FACES, Face, as_completed, gather

pytestmark = pytest.mark.compat

EXPECTED = (
    r"^progress: expected True, False, None, a class with the interface of tqdm \(total=, update, close\)"
)


def hold_the_loop(seconds: float) -> None:
    """What a loop's body may do, too."""
    time.sleep(seconds)


class Screen(io.StringIO):
    """A terminal, by its own account."""

    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        return seen(self.getvalue())


def look_at(stderr: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has fastfetch alone take this for the standard error: pytest has plans for that of all."""
    monkeypatch.setattr(_watching, "sys", SimpleNamespace(stderr=stderr, modules=sys.modules))


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """A person at a terminal, and one in a hurry."""
    screen = Screen()
    look_at(screen, monkeypatch)
    monkeypatch.setattr(_watching, "PROGRESS_DELAY", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    yield screen
    assert screen.getvalue().replace("\r", "").replace("\n", "").isprintable()


@pytest.fixture
def urls(route_server: RouteServer) -> list[str]:
    """Three that are answered at once, and one at a gate."""
    return [*(f"{route_server.url}/json/{name}" for name in "abc"), f"{route_server.url}/gate/shut"]


class TestWrongOption:
    @pytest.mark.parametrize(
        ("option", "given"),
        [
            (3, "int"),
            ("tqdm", "str"),
            (tqdm.tqdm([], disable=True), "tqdm"),
            (dict, "the class dict"),
            (gather, "an async function"),
            (1.0, "float"),
        ],
    )
    @pytest.mark.parametrize("face", [ff.gather, ff.as_completed, ff.Batch])
    def test_it_is_named(self, face: Any, option: Any, given: str) -> None:
        async def main() -> None:
            made = face([], progress=option)
            if face is not ff.as_completed:
                await made

        with pytest.raises(TypeError, match=rf"{EXPECTED}.* got {given}$"):
            asyncio.run(main())

    def test_a_word_that_is_nearly_it(self) -> None:
        with pytest.raises(TypeError, match=r"did you mean 'progress'\?"):
            ff.Batch([], progres=True)  # type: ignore[call-arg]


class TestOff:
    @pytest.mark.parametrize("progress", [False, None])
    def test_nothing_more_crosses_the_bridge(self, progress: bool | None, urls: list[str]) -> None:
        async def main() -> None:
            before = dict(_core.bridge_counters())
            await ff.gather(urls[:3], progress=progress)
            after = _core.bridge_counters()
            assert (after["completions"] - before["completions"], after["wakes"] - before["wakes"]) == (1, 1)

        asyncio.run(main())

    @FACES
    @pytest.mark.parametrize("progress", [False, None])
    def test_nobody_keeps_a_watch(
        self, face: Face, progress: bool | None, urls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(_watching, "Watch")
        assert asyncio.run(face(urls[:3], progress=progress)) == 3


class TestOnATerminal:
    """That terminals are as they are here is in `test_progress_terminal.py`."""

    @FACES
    def test_after_an_interrupt_it_goes_on(
        self, face: Face, urls: list[str], route_server: RouteServer, screen: Screen
    ) -> None:
        async def main() -> None:
            some = ff.as_completed(urls)
            batch: Any = ff.Batch(urls)
            if face is as_completed:
                got = [await anext(some) for _ in range(3)]
            task = asyncio.ensure_future(batch if face is gather else anext(some))
            await until(lambda: "3/4" in screen.getvalue())
            task.cancel()
            await asyncio.wait([task])
            ended, empty = screen.lines
            assert ended.startswith("interrupted at 3/4   75%  3 ok, 0 failed  ")
            assert empty == ""
            told = screen.getvalue()
            await ff.sleep(0.25)
            assert screen.getvalue() == told
            task = asyncio.ensure_future(batch if face is gather else anext(some))
            await until(lambda: screen.lines[1].startswith("3/4"))
            route_server.open_gate("shut")
            await task
            if face is as_completed:
                got += [task.result(), *[response async for response in some]]
                assert len(got) == 4
            assert screen.lines[0] == ended
            assert screen.lines[1].startswith("4/4  100%  4 ok, 0 failed  ")
            assert screen.lines[2:] == [""]

        asyncio.run(main())

    def test_what_was_printed_by_the_loop_stays(
        self, urls: list[str], route_server: RouteServer, screen: Screen
    ) -> None:
        gates = [f"{route_server.url}/gate/{name}" for name in "abc"]

        async def main() -> None:
            for name in "abc":
                route_server.open_gate(name)
            async for response in ff.as_completed([*gates, urls[3]], ordered=True):
                print("came", response.url.rsplit("/")[-1], file=screen)
                if response.url == gates[2]:
                    # The line is drawn in the next wait, and away before the loop runs again.
                    task = asyncio.create_task(until(lambda: "\r3/4" in screen.getvalue()))
                    task.add_done_callback(lambda _: route_server.open_gate("shut"))

        asyncio.run(main())
        *came, last, empty = screen.lines
        assert came == [f"came {name}" for name in ("a", "b", "c", "shut")]
        assert (last[:9], empty) == ("4/4  100%", "")

    def test_a_loop_that_never_waits_is_shown_in_time(
        self, urls: list[str], screen: Screen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("fastfetch._terminal.PROGRESS_PATIENCE", 0.05)

        async def main() -> None:
            some = ff.as_completed(urls[:3])
            await anext(some)
            await until(lambda: some.progress.done == 3)
            hold_the_loop(0.11)
            await anext(some)
            assert screen.lines[-1].startswith("3/3")
            assert [response async for response in some]

        asyncio.run(main())
        assert (len(screen.lines), screen.lines[-1]) == (2, "")

    def test_a_batch_in_a_callback_is_silent(
        self, urls: list[str], route_server: RouteServer, screen: Screen
    ) -> None:
        async def inner(response: ff.Response) -> int:
            async def more() -> int:
                return len(await ff.gather([urls[3], urls[3]]))

            return await more()

        async def main() -> None:
            task = asyncio.ensure_future(ff.gather(urls[:1], on_response=inner))
            await until(lambda: "0/1" in screen.getvalue())
            await until(lambda: len(route_server.ledger.requests) == 3)
            await ff.sleep(0.3)
            route_server.open_gate("shut")
            assert (await task)[0].value == 2

        asyncio.run(main())
        assert "/2" not in screen.getvalue()
        assert screen.lines[0].startswith("1/1  100%")

    def test_the_next_is_shown_when_the_first_has_ended(
        self, urls: list[str], route_server: RouteServer, screen: Screen
    ) -> None:
        async def main() -> None:
            first = asyncio.ensure_future(ff.gather([urls[0], f"{route_server.url}/gate/first"]))
            await until(lambda: "1/2" in screen.getvalue())
            other = asyncio.ensure_future(ff.gather(urls))
            await until(lambda: len(route_server.ledger.requests) == 6)
            await ff.sleep(0.25)
            assert "3/4" not in screen.getvalue()
            route_server.open_gate("first")
            await first
            await until(lambda: "3/4" in screen.getvalue())
            route_server.open_gate("shut")
            await other

        asyncio.run(main())
        assert [line[:9] for line in screen.lines] == ["2/2  100%", "4/4  100%", ""]

    def test_one_that_was_asked_for_ends_above_another(
        self, urls: list[str], route_server: RouteServer, screen: Screen
    ) -> None:
        async def main() -> None:
            first = asyncio.ensure_future(ff.gather(urls))
            await until(lambda: "3/4" in screen.getvalue())
            await ff.gather(urls[:2], progress=True)
            told = len(screen.getvalue())
            await until(lambda: "3/4" in screen.getvalue()[told:])
            route_server.open_gate("shut")
            await first

        asyncio.run(main())
        assert [line[:9] for line in screen.lines] == ["2/2  100%", "4/4  100%", ""]

    @pytest.mark.parametrize(
        "error", [BrokenPipeError, ValueError("closed"), UnicodeEncodeError("a", "", 0, 1, "")]
    )
    @pytest.mark.parametrize("progress", [None, True])
    def test_a_terminal_that_has_gone_disturbs_nobody(
        self,
        error: Exception,
        progress: bool | None,
        urls: list[str],
        route_server: RouteServer,
        screen: Screen,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        tried: list[str] = []

        def write(text: str) -> int:
            tried.append(text)
            route_server.open_gate("shut")
            raise error

        monkeypatch.setattr(screen, "write", write)
        assert asyncio.run(gather(urls, progress=progress)) == 4
        assert len(tried) == 1

    def test_an_interrupt_while_it_is_drawn_finishes_the_line(
        self, urls: list[str], screen: Screen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[str] = []

        def write(text: str) -> int:
            written.append(text)
            if len(written) == 2:
                raise KeyboardInterrupt
            return len(text)

        monkeypatch.setattr(screen, "write", write)
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(gather(urls))
        assert written[2].startswith("\rinterrupted at 3/4   75%")
        assert (written[2][-1], len(written)) == ("\n", 3)

    def test_a_stderr_that_only_writes(self, urls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        class Only:
            def write(self, text: str) -> int:
                return len(text)

        look_at(Only(), monkeypatch)
        for progress in (None, True):
            assert asyncio.run(gather(urls[:3], progress=progress)) == 3

    def test_in_debug_mode(self, urls: list[str], route_server: RouteServer, screen: Screen) -> None:
        async def main() -> None:
            task = asyncio.ensure_future(ff.gather(urls))
            await until(lambda: "3/4" in screen.getvalue())
            route_server.open_gate("shut")
            await task

        asyncio.run(main(), debug=True)
        assert screen.lines[0].startswith("4/4  100%")
