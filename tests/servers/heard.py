"""What HTTP/2 clients said, frame by frame, and the means to wait until they have said it."""

import threading
from typing import TypeVar

from h2.events import Event

from tests.servers.ledger import PATIENCE

E = TypeVar("E", bound=Event)


class Heard:
    """The h2 package's events in the order they came, of all connections together.

    The server's thread writes; a test reads and waits from its own, as with a `Ledger`.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._changed = threading.Condition()

    def note(self, event: Event) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def of(self, kind: type[E]) -> list[E]:
        """The events of this kind so far."""
        with self._changed:
            return [event for event in self._events if isinstance(event, kind)]

    def wait(self, kind: type[E], count: int = 1, timeout: float = PATIENCE) -> list[E]:
        """The events of this kind, once there are at least `count`."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.of(kind)) >= count, timeout):
                raise AssertionError(f"{len(self.of(kind))} of {count} {kind.__name__} after {timeout} s")
            return self.of(kind)
