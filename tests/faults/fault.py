"""One fault: what the other side does, and what has to come of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastfetch import FetchError

from tests.faults.stage import Stage


@dataclass(frozen=True)
class Delivered:
    """An answer is to come of it, with this status and body."""

    body: bytes = b""
    status: int = 200


@dataclass(frozen=True)
class Fails:
    """An error is to come of it: this class and no other, in this phase, its message with these words."""

    kind: type[FetchError]
    phase: str
    words: str
    """A regular expression, to be found in the message."""


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
    content: bytes | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the client, beside the authority that it trusts."""
    attempts: int = 1
    """How many times the request is sent, with the retries that are on by default."""
    within: float = 1.0
    """Seconds until the answer or the error is there, on a machine with nothing else to do."""
    then: bytes | None = None
    """What the same client is to get from the same server's `/then` afterwards: nothing is left over."""
