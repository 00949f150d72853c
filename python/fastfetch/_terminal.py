"""Progress on a terminal: one line that is drawn again and again; or lines, now and then, in a file.

No colours and no escape sequences: `NO_COLOR` has nothing to forbid.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, TextIO

from fastfetch._config import PROGRESS_LINE_INTERVAL, PROGRESS_PATIENCE
from fastfetch._progress import parts
from fastfetch._stage import Own

if TYPE_CHECKING:
    from fastfetch._progress import Progress

__all__ = ["Lines", "Terminal", "cut", "line", "width"]

# What is left out of a line that is too long, one after the other; a number is how many kinds stay named.
LEFT_OUT = ("in flight", "bytes", 2, 1, 0, "paused", "outcomes")


class Terminal(Own):
    """One line. There is one terminal, so all displays of this kind share it."""

    _taken: ClassVar[int] = 0  # columns of the line that is on the terminal, whoever has drawn it

    def __init__(self, stream: TextIO, asked: bool) -> None:
        super().__init__(asked=asked, shares=True)
        self._stream = stream
        self._text = ""
        if not asked:
            self.patience = PROGRESS_PATIENCE

    def draw(self, progress: Progress) -> None:
        self._text = line(progress, self._columns())
        self.redraw()

    def redraw(self) -> None:
        self._write(self._text)

    def wipe(self) -> None:
        # Who has asked for the line has it all the time.
        if not self._asked and Terminal._taken:
            self._write("", "\r")

    def finish(self, progress: Progress | None, ending: str) -> None:
        if progress is not None:
            self._write(line(progress, self._columns(), ending), "\n")
        elif Terminal._taken:
            self._stream.write("\n")
            self._stream.flush()
            Terminal._taken = 0

    def _write(self, text: str, end: str = "") -> None:
        taken = width(text)
        rest = " " * (min(Terminal._taken, self._columns()) - taken)
        self._stream.write(f"\r{text}{rest}{end}")
        self._stream.flush()
        Terminal._taken = 0 if end else taken

    def _columns(self) -> int:
        """How long a line may be: after the last column, some terminals begin the next one."""
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except OSError:
            columns = 0
        # Some do not know how wide they are.
        return (columns or 80) - 1


class Lines(Own):
    """Whole lines, for those who read them later."""

    interval = PROGRESS_LINE_INTERVAL

    def __init__(self, stream: TextIO, asked: bool) -> None:
        super().__init__(asked=asked, shares=False)
        self._stream = stream

    def draw(self, progress: Progress) -> None:
        self.finish(progress, "")

    def finish(self, progress: Progress | None, ending: str) -> None:
        if progress is not None:
            # In one piece, so that several processes may write to one file.
            self._stream.write(f"{line(progress, None, ending)}\n")
            self._stream.flush()


def line(progress: Progress, columns: int | None, ending: str = "") -> str:
    """The line for it, no longer than so many columns: the least important parts are left out.

    >>> from fastfetch import Progress
    >>> some = Progress(
    ...     total=9, done=3, ok=2, failed=1, errors={"DNSError": 1}, in_flight=6, bytes=99, elapsed=1.0
    ... )
    >>> for columns in (None, 40, 30):
    ...     print(line(some, columns))
    3/9   33%  2 ok, 1 failed: 1 DNSError  6 in flight  99 B  3/s  2 s left
    3/9   33%  2 ok, 1 failed  3/s  2 s left
    3/9   33%  3/s  2 s left
    >>> line(some, 20, "interrupted")
    'interrupted at 3/9  '
    """
    shown = parts(progress, ending)
    text = "  ".join(shown.values())
    for part in LEFT_OUT:
        if columns is None or width(text) <= columns:
            return text
        if isinstance(part, int):
            shown["outcomes"] = parts(progress, kinds=part)["outcomes"]
        else:
            shown.pop(part, None)
        text = "  ".join(shown.values())
    return text if columns is None else cut(text, columns)


def width(text: str) -> int:
    """How many columns a text takes: none for what is combined with another, two for what is wide.

    >>> width("abc"), width("日本"), width("e\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """As much of a text as fits.

    >>> cut("abc", 2), cut("日本", 3)
    ('ab', '日')
    """
    if text.isascii():
        return text[:columns]
    taken = 0
    for place, character in enumerate(text):
        taken += _width(character)
        if taken > columns:
            return text[:place]
    return text
