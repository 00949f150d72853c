"""What became of all URLs of a command line together."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from fastfetch._display import human_bytes, human_seconds

if TYPE_CHECKING:
    from fastfetch._cli.outcomes import Outcome

__all__ = ["Tally"]

MOST_KINDS = 8


class Tally:
    """Counts outcomes, and says what they come to."""

    def __init__(self) -> None:
        self.ok = 0
        self.failures: Counter[int | str] = Counter()
        self._bytes = 0
        self._since = time.monotonic()

    def count(self, outcome: Outcome) -> None:
        """Counts one."""
        self._bytes += len(outcome.content)
        if outcome.response.ok:
            self.ok += 1
        else:
            self.failures[outcome.kind] += 1

    @property
    def failed(self) -> int:
        """How many have no answer with a status below 400."""
        return self.failures.total()

    def __str__(self) -> str:
        total = self.ok + self.failed
        kinds = [f"{count:,} × {kind}" for kind, count in self.failures.most_common(MOST_KINDS)]
        if len(self.failures) > MOST_KINDS:
            kinds.append("...")
        why = f" ({', '.join(kinds)})" if kinds else ""
        took = human_seconds(time.monotonic() - self._since)
        urls = f"{total:,} URL{'' if total == 1 else 's'}"
        return f"{urls} in {took}: {self.ok:,} ok, {self.failed:,} failed{why}, {human_bytes(self._bytes)}"
