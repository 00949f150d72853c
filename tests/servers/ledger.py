"""What a server saw, and the means to wait until it has seen enough."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

R = TypeVar("R")

PATIENCE = 5.0
"""How many seconds a wait lasts before it is a failure of the test."""


@dataclass
class Connection:
    """One accepted connection. Times are of `time.monotonic`."""

    opened: float = field(default_factory=time.monotonic)
    closed: float | None = None
    """When the server learnt that the connection had ended, by whichever side."""


class Ledger(Generic[R]):
    """Connections and requests in the order they came.

    The server's thread writes; a test reads and waits from its own. No wait sleeps: each ends as soon as
    the server has seen enough, or fails after `PATIENCE` seconds and says how far it got.
    """

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.requests: list[R] = []
        self._changed = threading.Condition()

    @property
    def accepted(self) -> int:
        """Connections accepted so far."""
        return len(self.connections)

    @property
    def closed(self) -> list[Connection]:
        """The connections that have ended."""
        with self._changed:
            return [connection for connection in self.connections if connection.closed is not None]

    @property
    def open(self) -> int:
        """Connections accepted and not yet ended."""
        return self.accepted - len(self.closed)

    def note_opened(self) -> Connection:
        connection = Connection()
        with self._changed:
            self.connections.append(connection)
            self._changed.notify_all()
        return connection

    def note_closed(self, connection: Connection) -> None:
        with self._changed:
            if connection.closed is None:
                connection.closed = time.monotonic()
                self._changed.notify_all()

    def note_request(self, request: R) -> None:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()

    def wait_accepted(self, count: int, timeout: float = PATIENCE) -> list[Connection]:
        """The connections, once at least `count` were accepted."""
        self._wait("connections accepted", count, lambda: self.accepted, timeout)
        return self.connections[:]

    def wait_closed(self, count: int, timeout: float = PATIENCE) -> list[Connection]:
        """The ended connections, once at least `count` have ended."""
        self._wait("connections closed", count, lambda: len(self.closed), timeout)
        return self.closed

    def wait_none_open(self, timeout: float = PATIENCE) -> list[Connection]:
        """The ended connections, once every accepted one has ended."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.open == 0, timeout):
                raise AssertionError(f"{self.open} connections still open after {timeout} s")
        return self.closed

    def wait_requests(self, count: int, timeout: float = PATIENCE) -> list[R]:
        """The requests, once at least `count` have come."""
        self._wait("requests seen", count, lambda: len(self.requests), timeout)
        return self.requests[:]

    def _wait(self, what: str, count: int, seen: Callable[[], int], timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: seen() >= count, timeout):
                raise AssertionError(f"{seen()} of {count} {what} after {timeout} s")
