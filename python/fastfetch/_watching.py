"""Who watches a batch, and when they are shown how far it is."""

from __future__ import annotations

import os
import sys
import weakref
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from fastfetch._callbacks import within
from fastfetch._config import PROGRESS_DELAY
from fastfetch._config.parts import kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastfetch._options import ProgressOption
    from fastfetch._progress import Progress

    Ticks = tuple[Callable[[], None], float, float]

__all__ = ["Watch", "checked", "watching"]


class Display(Protocol):
    """Something that shows how far a batch is, during one wait for it."""

    @property
    def interval(self) -> float:
        """Seconds between two looks."""

    @property
    def patience(self) -> float:
        """How much longer it stays away where code of the caller's runs, which may print."""

    def show(self, progress: Progress, /) -> None:
        """Shows it."""

    def wait(self) -> None:
        """Code of the caller's has run."""

    def rest(self, stays: bool, /) -> None:
        """Code of the caller's is about to run; what has just been shown may stay."""

    def close(self, progress: Progress | None, ending: str, /) -> None:
        """Shows it for the last time, if there is any to show, and what cut it short, if anything did."""


class Watched(Protocol):
    """A batch."""

    @property
    def progress(self) -> Progress:
        """How far it is."""


class Watch:
    """Keeps a display up to date from the beginning of a wait to its end. It does not keep the batch."""

    __slots__ = ("_batch", "_display", "_due", "_stays", "late", "on", "over", "raised")

    def __init__(self, batch: Watched, display: Display, delay: float) -> None:
        self._batch = weakref.ref(batch)
        self._display = display
        self._stays = False
        self.on = False  # there may be something to be seen that is in the way of code of the caller's
        self.over = False
        self.raised = False  # by the display, and that ends the wait
        self._next(delay)

    def __enter__(self) -> Ticks:
        return self.wait()

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.close(error)

    def wait(self) -> Ticks:
        """What is to be called during a wait that begins, in how many seconds, and how often."""
        self._display.wait()
        self.on = True
        return self.tick, max(0.0, self._due - monotonic()), self._display.interval

    def tick(self) -> None:
        """Shows how far it is. A tick that was under way when the wait ended comes too late."""
        batch = self._batch()
        if self.over or batch is None:
            return
        self._next(self._display.interval)
        self._stays = False
        self.raised = True
        self._display.show(batch.progress)
        self.raised = False

    def _next(self, delay: float) -> None:
        self._due = monotonic() + delay
        self.late = self._due + self._display.patience  # when it is time for a look between two waits

    def look(self) -> None:
        """The same between two waits."""
        try:
            self.tick()
        except BaseException as error:
            self.close(error)
            raise
        self.on = self._stays = True

    def rest(self) -> None:
        """Code of the caller's is about to run."""
        self.on = False
        self._display.rest(self._stays)

    def leave(self) -> None:
        """Ends it where the batch is no more."""
        if not self.over:
            self.over = True
            self._display.close(None, "")

    def close(self, error: BaseException | str | None = None) -> None:
        """Shows the end, and what has cut it short."""
        if self.over:
            return
        self.over = True
        batch = self._batch()
        # What has raised an error is not asked again; an interrupt is no fault of the display's.
        failed = self.raised and (error is None or isinstance(error, Exception))
        progress = None if batch is None or failed else batch.progress
        if error is None:
            self._display.close(progress, "")
            return
        finished = progress is not None and progress.done == progress.total
        try:
            self._display.close(progress, "" if finished else _ending(error))
        except Exception:
            # The caller is to hear of what has cut it short, and not of this.
            return


def _ending(error: BaseException | str) -> str:
    if isinstance(error, str):
        return error
    return type(error).__name__ if isinstance(error, Exception) else "interrupted"


def checked(option: ProgressOption) -> ProgressOption:
    """The option `progress`, where it is one."""
    if option is None or isinstance(option, bool) or _is_bar(option):
        return option
    given: object = option  # whatever its type was to be
    if isinstance(given, type):
        word = f"the class {given.__name__}"
    elif not callable(given):
        word = kind(given)
    else:
        import inspect

        if not inspect.iscoroutinefunction(given):
            return option
        word = "an async function"
    raise TypeError(
        "progress: expected True, False, None, a class with the interface of tqdm (total=, update, close) "
        f"or a callable that takes a Progress, got {word}"
    )


def _is_bar(option: object) -> bool:
    made = option.func if isinstance(option, partial) else option
    return isinstance(made, type) and all(callable(getattr(made, name, None)) for name in ("update", "close"))


def watching(batch: Watched, option: ProgressOption) -> Watch | None:
    """The watch over a batch whose wait begins; None where nobody looks."""
    display: Display | None
    # A batch within a callback is a part of the one whose callback it is.
    if option is False or (option is None and within()):
        return None
    if option is None or option is True:
        display = _own(asked=option is True)
    else:
        from fastfetch._adapters import Bar, Listener

        display = Bar(option, batch.progress) if _is_bar(option) else Listener(option)
    if display is None:
        return None
    return Watch(batch, display, PROGRESS_DELAY if option is None else display.interval)


def _own(asked: bool) -> Display | None:
    """A display of ours, where a person looks, or somebody has asked for one."""
    if _is_notebook():
        from fastfetch._notebook import Notebook

        return Notebook(asked)
    stream = sys.stderr
    terminal = _is_terminal(stream)
    if stream is None or not (asked or terminal):
        return None
    from fastfetch._terminal import Lines, Terminal

    # A dumb terminal may not know the way back to the beginning of a line.
    live = terminal and os.environ.get("TERM") != "dumb"
    return Terminal(stream, asked) if live else Lines(stream, asked)


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        # None under pythonw, closed, or something that only writes.
        return False


def _is_notebook() -> bool:
    """Is this an IPython kernel? Where IPython is, it has been imported long ago."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return getattr(get_ipython and get_ipython(), "kernel", None) is not None
