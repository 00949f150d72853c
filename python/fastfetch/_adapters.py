"""Progress shown by what the caller has given: a class with the interface of tqdm, or a callable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastfetch._config import PROGRESS_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastfetch._progress import Progress

__all__ = ["Bar", "Listener"]


class Bar:
    """A bar of somebody else's, which is told of what is new."""

    interval = PROGRESS_INTERVAL
    patience = 0.0

    def __init__(self, make: Callable[..., Any], begun: Progress) -> None:
        self._bar = make(total=begun.total)
        self._done = 0
        if begun.done:
            self.show(begun)

    def show(self, progress: Progress) -> None:
        if new := progress.done - self._done:
            self._done = progress.done
            self._bar.update(new)

    def wait(self) -> None:
        pass

    def rest(self, stays: bool) -> None:
        pass

    def close(self, progress: Progress | None, ending: str) -> None:
        try:
            if progress is not None:
                self.show(progress)
        finally:
            self._bar.close()


class Listener:
    """A callable that gets each snapshot."""

    interval = PROGRESS_INTERVAL
    patience = 0.0

    def __init__(self, function: Callable[[Progress], object]) -> None:
        self._function = function

    def show(self, progress: Progress) -> None:
        self._function(progress)

    def wait(self) -> None:
        pass

    def rest(self, stays: bool) -> None:
        pass

    def close(self, progress: Progress | None, ending: str) -> None:
        if progress is not None:
            self._function(progress)
