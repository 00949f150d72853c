"""The line and the bar that show a `Progress`: as wide as there is room, and nothing but text and boxes."""

import doctest
from html.parser import HTMLParser
from types import ModuleType

import pytest
from fastfetch import Progress, _notebook, _terminal
from fastfetch._notebook import html
from fastfetch._terminal import cut, line, width
from hypothesis import given
from hypothesis import strategies as st

COUNTS = st.integers(0, 10**12)
NAMES = st.text(max_size=80)


@st.composite
def progresses(draw: st.DrawFn) -> Progress:
    ok, refused, failed, left = (draw(COUNTS) for _ in range(4))
    done = ok + refused + failed
    return Progress(
        total=draw(st.one_of(st.none(), st.just(done + left))),
        done=done,
        ok=ok,
        failed=failed,
        in_flight=draw(COUNTS),
        waiting=draw(COUNTS),
        bytes=draw(COUNTS),
        elapsed=draw(st.floats(0, 10**6)),
        paused=draw(st.dictionaries(NAMES, st.floats(0, 10**6), max_size=8)),
        errors=draw(st.dictionaries(NAMES, COUNTS, max_size=5)),
        statuses=draw(st.dictionaries(st.integers(400, 999), COUNTS, max_size=5)),
        current_rate=draw(st.one_of(st.none(), st.floats(0, 10**6))),
    )


ENDINGS = st.sampled_from(["", "interrupted", "CheckpointError"])


class Reader(HTMLParser):
    """Text and tags of a piece of HTML."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(written)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        assert tag in ("div", "b")
        assert {name.partition("-")[0] for name, _ in attributes} <= {"style", "role", "aria"}
        assert not any("url" in (value or "") or "expression" in (value or "") for _, value in attributes)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


SOME = Progress(
    total=1_000,
    done=900,
    ok=800,
    failed=30,
    in_flight=100,
    bytes=5 * 10**6,
    elapsed=9.0,
    errors={"ReadTimeout": 20, "DNSError": 10},
    statuses={404: 70},
    paused={"<img src=x onerror=alert(1)>": 3.0, "b.test": 60.0},
    current_rate=50.0,
)


def test_what_is_least_important_goes_first() -> None:
    whole = line(SOME, None)
    assert whole == (
        "  900/1,000   90%  800 ok, 70 error status, 30 failed: 70 x 404, 20 ReadTimeout, 10 DNSError"
        "  100 in flight  5 MB  50/s  2 s left  paused: b.test for 1 min 0 s and 1 more"
    )
    outcomes = "  900/1,000   90%  800 ok, 70 error status, 30 failed"
    paused = "  50/s  2 s left  paused: b.test for 1 min 0 s and 1 more"
    assert line(SOME, len(whole)) == whole
    assert line(SOME, len(whole) - 1) == whole.replace("  100 in flight", "")
    assert line(SOME, len(whole) - 22) == f"{outcomes}: 70 x 404, 20 ReadTimeout and 1 more{paused}"
    assert line(SOME, 110) == f"{outcomes}{paused}"
    assert line(SOME, 79) == f"{outcomes}  50/s  2 s left"
    assert line(SOME, 40) == "  900/1,000   90%  50/s  2 s left"
    assert line(SOME, 10) == "  900/1,00"
    assert line(SOME, 45, "interrupted") == "interrupted at 900/1,000   90%  100/s  in 9 s"


@given(progresses(), st.integers(0, 200), ENDINGS)
def test_a_line_fits_whatever_it_says(progress: Progress, columns: int, ending: str) -> None:
    text = line(progress, columns, ending)
    assert width(text) <= columns
    assert text.isprintable()


@given(st.text(), st.integers(0, 50))
def test_a_cut_takes_all_that_fits(text: str, columns: int) -> None:
    kept = cut(text, columns)
    assert text.startswith(kept)
    assert width(kept) <= columns
    assert kept == text or width(text[: len(kept) + 1]) > columns


@given(progresses(), ENDINGS)
def test_a_bar_is_whole_and_of_nothing_but_text_and_boxes(progress: Progress, ending: str) -> None:
    read = Reader(html(progress, ending))
    assert f"{progress.done:,}" in read.text
    assert read.text.startswith(f"{ending} at " if ending else line(progress, None).split()[0])


def test_names_of_hosts_and_errors_are_escaped() -> None:
    written = html(SOME)
    assert "<img" not in written
    text = Reader(written).text
    assert "paused: <img src=x onerror=alert(1)> for 3 s" in text
    assert text.index("paused: b.test") < text.index("paused: <img")


def test_the_shares_of_the_bar() -> None:
    written = html(SOME)
    assert [f"width:{share}%" in written for share in ("80.00", "7.00", "3.00")] == [True] * 3
    unknown = Progress(total=None, done=1, ok=1, failed=0, in_flight=0, bytes=0, elapsed=1.0)
    assert "progressbar" not in html(unknown)


def test_at_most_five_paused_hosts_are_named() -> None:
    hosts = {f"{n}.test": float(n) for n in range(1, 9)}
    some = Progress(total=1, done=0, ok=0, failed=0, in_flight=0, bytes=0, elapsed=1.0, paused=hosts)
    text = Reader(html(some)).text
    assert "paused: 8.test for 8 spaused: 7.test for 7 s" in text
    assert text.endswith("paused: 4.test for 4 spaused: 3 more")


@pytest.mark.parametrize("module", [_terminal, _notebook])
def test_the_examples_in_the_docstrings(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert bool(outcome.attempted) == (module is _terminal)
    assert not outcome.failed
