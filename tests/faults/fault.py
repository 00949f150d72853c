"""One fault: what the other side does, and what has to come of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastfetch import FetchError

from tests.faults.stage import Stage


@dataclass(frozen=True)
class Delivered:
    """An answer is to come of it, with this status and body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """Fields that it has, among others."""
    decoded: bool = True
    """Whether its body is what the media type says; else it is coded still, and the response says so."""
    complete: bool = True
    """Whether it is known to be whole; else the response says that nobody can tell."""
    words: str = ""
    """What that means, for the docs."""


@dataclass(frozen=True)
class Fails:
    """An error is to come of it: this class and no other, in this phase, its message with these words."""

    kind: type[FetchError]
    phase: str
    words: str
    """A regular expression, to be found in the message. Plain words are best: the docs show it."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """Attributes that the error has, among others."""


@dataclass(frozen=True)
class Fault:
    """One row of the table: a test is made of it, a line of the docs, and a line of the comparison."""

    id: str
    """Its name in the docs: a letter for the area, and a number; a second letter where there are variants."""
    what: str
    """What the other side does, in a few words."""
    perform: Callable[[Stage], str]
    """Starts the servers, and gives the URL to fetch."""
    expected: Delivered | Fails
    method: str = "GET"
    content: bytes | None = field(default=None, repr=False)
    stream: Callable[[], Iterator[bytes]] | None = None
    """Makes a body that can be read only once, in place of `content`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header fields of the request. "hunter2" in them, or anywhere, is a secret: no error may have it."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the client, beside the authority that it trusts."""
    attempts: int = 1
    """How many requests are sent, with the retries and redirects that are on by default."""
    unprocessed: bool = False
    """The server promises that it has not begun with the request: then a POST, too, is sent again."""
    within: float = 1.0
    """Seconds until the answer or the error is there, on a machine with nothing else to do."""
    fills: bool = False
    """It would fill the memory of whoever lets it: no more may be taken than `max_body`, and 32 MB."""
    apart: bool = False
    """Whatever comes of it, the connection is not trusted any more: `/then` comes over another."""
    then: bytes | None = None
    """What the same client is to get from the same server's `/then` afterwards: nothing is left over."""
