"""The comparison with other clients: its judge, its programs and its page."""

import json
import sys

import pytest
from fastfetch import TLS

from tests.amounts import SLACK
from tests.faults.table import FAULTS
from tests.reliability import faulted, lives, running
from tests.reliability.controls import CONTROLS
from tests.reliability.judge import MEMORY, Cell, Due, judge
from tests.reliability.peers.answer import Answer, Outcome, digest
from tests.reliability.render import figures, render
from tests.reliability.report import CLIENTS, COMPARISON, OURS, PAGE, Report, Row, load
from tests.reliability.wish import wish
from tests.servers.tls import Authority

FAILS = Due(1.0)
HELLO = Due(1.0, body=b"hello", then=b"clean")


def answered(body: bytes, status: int = 200) -> Outcome:
    return {
        "status": status,
        "length": len(body),
        "digest": digest(body),
        "start": body[:30].decode("latin-1"),
    }


def failed(error: str, *bases: str) -> Outcome:
    return {"error": error, "bases": [error, *bases, "BaseException"], "message": "so it is"}


OWN = failed("ClientError", "Exception")
CLEAN = answered(b"clean")


def verdict(
    due: Due, outcome: Outcome, then: Outcome | None = None, *, seconds: float = 0.1, rise: int = 0
) -> str:
    """What the judge says; the grade goes with it."""
    answer: Answer = {"outcome": outcome, "seconds": seconds, "rise": rise, "then": then}
    cell = judge(due, answer)
    assert cell["grade"] == ("right" if cell["words"] == "right" else "wrong")
    return cell["words"]


@pytest.mark.parametrize(
    ("due", "outcome", "words"),
    [
        (HELLO, answered(b"hello"), "right"),
        (HELLO, answered(b"hel"), "took 3 of 5 bytes for all"),
        (HELLO, answered(b"hello", 201), "status 201"),
        (HELLO, answered(b"jello"), "gave `jello`"),
        (HELLO, answered(bytes(5000)), "gave 5,000 bytes"),
        (HELLO, OWN, "failed: ClientError"),
        (FAILS, OWN, "right"),
        (FAILS, answered(b"hello"), "took `hello` for the answer"),
        (FAILS, answered(b""), "took an empty body for the answer"),
        (FAILS, answered(b"\x1f\x8b\x08"), "took 3 bytes for the answer"),
        (FAILS, answered(b"`", 302), "took 302 with 1 byte for the answer"),
        (FAILS, failed("RecursionError", "RuntimeError", "Exception"), "broke: RecursionError"),
        (FAILS, failed("PanicException"), "broke: PanicException"),
        (Due(1.0, error="ClientError"), OWN, "right"),
        (Due(1.0, error="ReadTimeout"), OWN, "another error: ClientError"),
    ],
)
def test_a_verdict_on_what_came(due: Due, outcome: Outcome, words: str) -> None:
    assert verdict(due, outcome, CLEAN) == words


def test_a_verdict_on_how_it_came() -> None:
    late = 1.1 + SLACK
    assert verdict(FAILS, OWN, seconds=late) == f"late: {late:.1f} s"
    # What is wrong is not wrong once more for being late.
    assert verdict(FAILS, CLEAN, seconds=late) == "took `clean` for the answer"
    assert verdict(FAILS, OWN, rise=MEMORY) == "right"
    assert verdict(FAILS, OWN, rise=MEMORY * 2) == "used 128 MB"
    assert verdict(Due(1.0, sent=MEMORY), OWN, rise=MEMORY * 2) == "right"


def test_a_verdict_on_what_comes_afterwards() -> None:
    hello = answered(b"hello")
    assert verdict(HELLO, hello, answered(b"POISON")) == "gave `POISON` to the next request"
    assert verdict(HELLO, hello, OWN) == "the next request failed: ClientError"
    assert verdict(HELLO, answered(b"hel"), OWN).count(";") == 1


def test_what_the_servers_object_to_is_not_right() -> None:
    answer: Answer = {"outcome": OWN, "seconds": 0.1, "rise": 0, "then": None}
    assert judge(FAILS, answer, ["they heard it"] * 2) == {
        "grade": "wrong",
        "words": "they heard it",
        "said": "ClientError: so it is",
    }


def test_who_cannot_be_told_is_not_judged() -> None:
    assert judge(FAILS, {"unable": "no pins"}) == {"grade": "not applicable", "words": "no pins"}


def test_every_fault_can_be_told() -> None:
    for fault in FAULTS:
        options = {"tls": TLS(), "timeout": 30, **fault.options}
        told = json.loads(json.dumps(wish(options)))
        assert set(told) == set(options), fault.id


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two clients that this very environment has."""
    clients = (OURS, "aiohttp")
    monkeypatch.setattr(running, "PYTHON", sys.executable)
    monkeypatch.setattr(faulted, "CLIENTS", clients)
    monkeypatch.setattr(lives, "CLIENTS", clients)


@pytest.mark.usefixtures("at_hand")
def test_where_nothing_is_wrong_nobody_fails(authority: Authority) -> None:
    controls = CONTROLS[::4]
    rows = list(faulted.rows(controls, authority))
    assert [row["id"] for row in rows] == [control.id for control in controls]
    ours, others = ([row["cells"][name]["words"] for row in rows] for name in (OURS, "aiohttp"))
    assert set(ours) == {"right"}
    assert set(others) <= {"right", "no HTTP/2", "no such proxy"}


@pytest.mark.usefixtures("at_hand")
def test_a_moment_in_the_life_of_a_process() -> None:
    (moment,) = lives.rows([moment for moment in lives.MOMENTS if moment.id == "L7"])
    assert moment["cells"] == {
        OURS: {"grade": "right", "words": "3 of 3 answered"},
        "aiohttp": {"grade": "wrong", "words": "1 of 3 answered, 2 RuntimeError"},
    }


def row(id: str, ours: Cell, theirs: Cell) -> Row:
    cells = {name: ours if name == OURS else theirs for name in CLIENTS}
    return {"id": id, "what": f"the {id} | fault", "due": "an_answer", "cells": cells}


RIGHT: Cell = {"grade": "right", "words": "right"}
WRONG: Cell = {"grade": "wrong", "words": "took `a|b` for the answer"}
ABSENT: Cell = {"grade": "not applicable", "words": "no pins"}
SAMPLE: Report = {
    "date": "2026-11-29 20:00 UTC",
    "machine": {"CPU": "two cores"},
    "versions": {OURS: "1.0"},
    "rows": [row("L1", RIGHT, ABSENT), row("F1", RIGHT, WRONG), row("F2", RIGHT, RIGHT)],
}


def test_the_page_shows_each_row_in_its_area() -> None:
    page = render(SAMPLE, {"5,000 cancels": "no slot lost"})
    assert page.index("### Framing") < page.index("### Processes")
    assert r"| F1 | the F1 \| fault | an\_answer | right | **took `a\|b` for the answer** |" in page
    assert r"| L1 | the L1 \| fault | an\_answer | right | – |" in page
    assert "| fastfetch | 3 | 3 | 0 |\n| aiohttp | 1 | 2 | 1 |" in page
    assert "| 5,000 cancels | no slot lost |" in page
    assert "## Where others do better\n\nNone.\n" in page


def test_the_page_begins_with_what_others_do_better() -> None:
    page = render({**SAMPLE, "rows": [row("F3", WRONG, RIGHT), row("F4", WRONG, WRONG)]}, {})
    better = page[page.index("## Where others") : page.index("## Promised")]
    assert (
        r"| F3 | the F3 \| fault | **took `a\|b` for the answer** | aiohttp, httpx2, niquests, pyreqwest |"
        in better
    )
    assert "F4" not in better


def test_the_page_is_what_was_compared() -> None:
    assert COMPARISON.exists() is PAGE.exists()
    if COMPARISON.exists():
        assert PAGE.read_text() == render(load(), figures())
        assert list(load()["rows"][0]["cells"]) == list(CLIENTS)
