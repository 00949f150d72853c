"""Was that right? From what has to come of a fault, and what a client did, to a verdict in a few words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from tests.amounts import SLACK
from tests.reliability.peers.answer import Answer, Outcome, digest

MEMORY = 64 * 10**6
"""Bytes that a client may use beside the bodies themselves."""

BROKEN = frozenset(
    {"AssertionError", "AttributeError", "LookupError", "NameError", "RecursionError", "TypeError"}
)
"""Errors that say that the client's own code has failed, and nothing of the fault."""

Grade = Literal["right", "wrong", "not applicable"]


class Cell(TypedDict):
    """How one client did on one row."""

    grade: Grade
    words: str
    said: NotRequired[str]
    """The error, where there was one."""


@dataclass(frozen=True)
class Due:
    """What has to come of a fault: an error, of this class where it is named, or an answer."""

    within: float
    error: str | None = None
    status: int = 200
    body: bytes | None = None
    """None where an error is due."""
    sent: int = 0
    """How many bytes the request has."""
    then: bytes | None = None


def judge(due: Due, answer: Answer, objections: Sequence[str] = ()) -> Cell:
    """Objections are what the servers say against the client."""
    if "unable" in answer:
        return {"grade": "not applicable", "words": answer["unable"]}
    outcome = answer["outcome"]
    # Whatever is not right is no better for being in time.
    wrong = amiss(due, outcome) or lateness(due, answer["seconds"])
    wrong += greed(due, answer["rise"]) + left_over(due, answer["then"])
    wrong += dict.fromkeys(objections)
    cell: Cell = {"grade": "wrong" if wrong else "right", "words": "; ".join(wrong) or "right"}
    if "error" in outcome:
        cell["said"] = f"{outcome['error']}: {outcome['message']}"
    return cell


def wrong(words: str) -> Cell:
    """The verdict on a process that did not live to answer, or never did."""
    return {"grade": "wrong", "words": words}


def amiss(due: Due, outcome: Outcome) -> list[str]:
    """What is wrong with the outcome itself."""
    if "error" in outcome:
        return wrong_error(due, outcome)
    if due.body is None:
        return [f"took {described(outcome)} for the answer"]
    if outcome["status"] != due.status:
        return [f"status {outcome['status']}"]
    if outcome["digest"] == digest(due.body):
        return []
    if outcome["length"] < len(due.body) and outcome["digest"] == digest(due.body[: outcome["length"]]):
        return [f"took {outcome['length']:,} of {len(due.body):,} bytes for all"]
    return [f"gave {described(outcome)}"]


def wrong_error(due: Due, outcome: Outcome) -> list[str]:
    if due.body is not None:
        return [f"failed: {outcome['error']}"]
    if due.error is not None:
        return [] if outcome["error"] == due.error else [f"another error: {outcome['error']}"]
    broken = "Exception" not in outcome["bases"] or BROKEN.intersection(outcome["bases"])
    return [f"broke: {outcome['error']}"] if broken else []


def described(outcome: Outcome) -> str:
    """An answer in a few words: its body where that is short."""
    status = "" if outcome["status"] == 200 else f"{outcome['status']} with "
    length, start = outcome["length"], outcome["start"]
    if length == 0:
        return f"{status}an empty body"
    if length <= len(start) and start.isascii() and start.isprintable() and "`" not in start:
        return f"{status}`{start}`"
    return f"{status}{length:,} {'byte' if length == 1 else 'bytes'}"


def lateness(due: Due, seconds: float) -> list[str]:
    return [f"late: {seconds:.1f} s"] if seconds > due.within + SLACK else []


def greed(due: Due, rise: int) -> list[str]:
    """A client may hold what it sends and what it is to give, and a copy of either."""
    bodies = 2 * (due.sent + len(due.body or b""))
    return [f"used {rise / 10**6:,.0f} MB"] if rise > MEMORY + bodies else []


def left_over(due: Due, then: Outcome | None) -> list[str]:
    """Whether the request after it was answered as if nothing had been."""
    if due.then is None or then is None:
        return []
    if "error" in then:
        return [f"the next request failed: {then['error']}"]
    if then["digest"] != digest(due.then):
        return [f"gave {described(then)} to the next request"]
    return []
