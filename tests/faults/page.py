"""docs/faults.md, rendered from the table."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.table import FAULTS

PAGE = Path(__file__).parents[2] / "docs/faults.md"

INTRODUCTION = """\
# What may go wrong, and what comes of it

Servers, proxies and networks fail in many ways, and some are hostile. Each line below is one such way, and
what fastfetch makes of it. Each is also a test, through the public face and against a server that does just
that (`tests/faults`): this page is rendered from the same table.

What you can rely on:

* **A body that you get is whole and right**, as far as anybody can tell. One that ends early, is damaged or
  does not decode is an error, and never a success. Where nothing says how long a body is, and the
  connection is not encrypted, nobody can tell: then `response.complete` is False.
* **Nothing is left over.** What a server sends beyond its answer reaches nobody, and never the next
  request.
* **Each kind of failure is one class.** All are `FetchError`, and each has `url`, `method`, `phase`,
  `attempts` and `elapsed`. It is the same class in `gather`, `get` and `stream`. No error tells a password,
  a token or a cookie.
* **Nothing is without bound**: heads, bodies, bombs, redirects, challenges, interim answers, waits.
* **What may have been done is not sent twice.** A request is sent again unasked only if its connection
  ended before the head of an answer came and its method is idempotent (GET, HEAD, PUT, DELETE, OPTIONS,
  TRACE), or if the server promises that it has not begun with it. More is tried where `retry=` asks for it.
* **In a batch, one failure is one item's.** `gather` gives it in its place, as `response.error`.

*Sent* is how many requests go out by default, those that redirects and challenges ask for included.
*Within* is the time in which the outcome is there, on a machine with nothing else to do. Words in quotes
are in the error's message.
"""

AREAS = {
    "F": (
        "Framing and parsing",
        "Where a body ends, where the next answer begins, and what a head may be (HTTP/1.1). Where two "
        "readings are possible, the answer is refused or the connection is not used again.",
    ),
    "D": (
        "Content codings",
        "gzip, br, zstd and deflate are undone as the body comes. What is cut or damaged fails; what nobody "
        "knows is left as it is.",
    ),
    "R": (
        "Redirects, cookies and credentials",
        "Redirects follow the Fetch standard, cookies RFC 6265bis. What is for one host goes to no other.",
    ),
    "C": (
        "Connections, names and proxies",
        "Connections that do not come about, end, or stand still. A proxy that fails is never passed by.",
    ),
    "T": ("TLS", "A certificate that is not right is refused before any byte of the request is sent."),
    "H": (
        "HTTP/2",
        "What the server promises not to have begun with is sent again. A stream that fails takes no other "
        "with it.",
    ),
    "S": ("Disk and process", "What happens on this side, while the network does as it should."),
}
"""By the first letter of a fault's name: a heading, and a sentence."""

LONG = 70
COLUMNS = "| | The other side | What comes of it | Phase | Sent | Within |\n|---|---|---|---|---|---|\n"


def rendered() -> str:
    areas = itertools.groupby(FAULTS, key=lambda fault: fault.id[0])
    return "\n".join([INTRODUCTION, *(area(letter, faults) for letter, faults in areas)])


def area(letter: str, faults: Iterator[Fault]) -> str:
    title, sentence = AREAS[letter]
    return f"## {title}\n\n{sentence}\n\n{COLUMNS}{''.join(map(line, faults))}"


def line(fault: Fault) -> str:
    expected = fault.expected
    phase = expected.phase if isinstance(expected, Fails) else ""
    cells = [fault.id, fault.what, outcome(expected), phase, times(fault.attempts), f"{fault.within:g} s"]
    return "| " + " | ".join(cell.replace("|", r"\|").replace("<", "&lt;") for cell in cells) + " |\n"


def outcome(expected: Delivered | Fails) -> str:
    if isinstance(expected, Fails):
        words = readable(expected.words)
        return f"`{expected.kind.__name__}`" + (f": “{words}”" if words else "")
    return expected.words or f"the answer{f', status {expected.status}' if expected.status != 200 else ''}"


def readable(words: str) -> str:
    """A pattern as people read it, and no more of it than they care for."""
    words = re.sub(r"\\d\+?", "N", words)
    words = re.sub(r"\.[*+]\??", " … ", words)
    words = re.sub(r"\\(.)", r"\1", words).strip()
    return words if len(words) <= LONG else f"{words[:LONG]}…"


def times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
