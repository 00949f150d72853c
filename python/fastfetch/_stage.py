"""What our own displays have in common: no batch fails because of one, and one at a time is enough."""

from __future__ import annotations

import weakref
from time import monotonic
from typing import TYPE_CHECKING, Any

from fastfetch._config import PROGRESS_INTERVAL, PROGRESS_REDRAW

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastfetch._progress import Progress

__all__ = ["Own"]


class _Stage:
    """There is room for one; whoever comes first has it until it leaves, or is no more.

    Without a lock: of two threads that enter in the same moment, one finds out at its next look.
    """

    def __init__(self) -> None:
        self._actor: Callable[[], Own | None] = lambda: None

    def enter(self, actor: Own) -> bool:
        if self._actor() is None:
            self._actor = weakref.ref(actor)
        return self._actor() is actor

    def leave(self, actor: Own) -> None:
        if self._actor() is actor:
            self._actor = lambda: None


_stage = _Stage()


class Own:
    """A display of ours.

    One that nobody has asked for is not there before its first look, and shares the stage with all others.
    """

    interval = PROGRESS_INTERVAL
    patience = 0.0

    def __init__(self, *, asked: bool, shares: bool) -> None:
        self._asked = asked
        self._shares = shares
        self._seen = False
        self._on = False
        self._drawn = 0.0
        self._broken = False

    def show(self, progress: Progress) -> None:
        if not self._shares or _stage.enter(self):
            self._seen = self._on = True
            self._drawn = monotonic()
            self._try(self.draw, progress)

    def wait(self) -> None:
        if self._on or not (self._seen and self._shares):
            return
        # So soon that nobody sees that it was away; but not for each response, where many come.
        if monotonic() - self._drawn > PROGRESS_REDRAW and _stage.enter(self):
            self._on = True
            self._drawn = monotonic()
            self._try(self.redraw)

    def rest(self, stays: bool) -> None:
        if self._on:
            self._on = False
            if not stays:
                self._try(self.wipe)
            _stage.leave(self)

    def close(self, progress: Progress | None, ending: str) -> None:
        if self._seen or self._asked:
            self._try(self.finish, progress, ending)
        _stage.leave(self)

    def draw(self, progress: Progress) -> None:
        """Shows it, in place of what was there before."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Shows once more what has been wiped."""

    def wipe(self) -> None:
        """Makes room for what others have to say, where there is room for one."""

    def finish(self, progress: Progress | None, ending: str) -> None:
        """Shows it to stay, where there is any to show."""
        raise NotImplementedError

    def _try(self, act: Callable[..., None], *arguments: Any) -> None:
        if self._broken:
            return
        try:
            act(*arguments)
        except Exception:
            # A terminal that has gone, a front end that has left: nobody looks any more.
            self._broken = True
