"""Turns of the event loop."""

from __future__ import annotations

import math
import time

from fastfetch._config import TURN

__all__ = ["Turn"]


class Turn:
    """For how long a task has had the event loop to itself.

    A task that awaits only what is there already never lets go of it: nothing else runs, and no interrupt is
    seen.
    """

    def __init__(self) -> None:
        self._since = math.inf

    def begin(self) -> None:
        """The task has just been given it."""
        self._since = time.monotonic()

    @property
    def over(self) -> bool:
        """Is it time for others?"""
        return time.monotonic() - self._since > TURN
