"""What is said to a person, and how it is shown."""

from __future__ import annotations

import os
import sys
from typing import IO, TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from typing import Literal

__all__ = ["complain", "harmless", "is_shown", "paint", "say", "standard_output"]

_CODES = {"red": 31, "green": 32, "yellow": 33}


def complain(message: str) -> None:
    """Says what went wrong, on standard error."""
    say(f"fastfetch: {message}")


def say(line: str) -> None:
    """Says a line on standard error."""
    if sys.stderr is not None:
        print(harmless(line), file=sys.stderr, flush=True)


def harmless(text: str) -> str:
    r"""Text of others for a terminal: control characters, but for line ends and tabs, are escaped.

    >>> harmless("red\x1b[31m\n")
    'red\\x1b[31m\n'
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape", "surrogatepass").decode()
        for c in text
    )


def is_shown(stream: IO[str] | None) -> bool:
    """Is somebody looking at it?"""
    return stream is not None and stream.isatty()


def paint(text: str, colour: Literal["red", "green", "yellow"]) -> str:
    """Text for standard output, coloured where a person looks at it and wants colours (no-color.org)."""
    if not is_shown(sys.stdout) or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


def standard_output() -> BinaryIO:
    """Standard output, for bytes.

    Raises
    ------
    OSError
        Where the program has none.
    """
    if sys.stdout is None:
        raise OSError("standard output is closed")
    return sys.stdout.buffer
