"""What servers saw of requests that have numbers."""

import threading
import time

from tests.servers.ledger import PATIENCE


class Seen:
    """Which requests a server has begun with and not answered, and when the client took the others back."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.left: dict[int, float] = {}
        """When the client was seen to leave, on the clock of `time.monotonic`."""
        self.codes: dict[int, int | None] = {}
        """With which code of HTTP/2, where it did not end the connection."""
        self._changed = threading.Condition()

    def begin(self, number: int) -> None:
        with self._changed:
            self.open.add(number)
            self._changed.notify_all()

    def answer(self, number: int) -> None:
        """It is answered, to the last byte."""
        self._end(number)

    def leave(self, number: int, code: int | None = None) -> None:
        """The client has gone, if it had not been answered before."""
        with self._changed:
            if number in self.open:
                self.left[number] = time.monotonic()
                self.codes[number] = code
        self._end(number)

    def wait_open(self, number: int) -> None:
        """Wait until this one has been begun and not answered."""
        with self._changed:
            assert self._changed.wait_for(lambda: number in self.open, PATIENCE)

    def wait_none_open(self) -> None:
        """Wait until all that was begun has been answered or taken back."""
        with self._changed:
            ended = self._changed.wait_for(lambda: not self.open, PATIENCE)
            assert ended, f"the client still waits for {len(self.open)} answers: {sorted(self.open)[:10]}"

    def _end(self, number: int) -> None:
        with self._changed:
            self.open.discard(number)
            self._changed.notify_all()
