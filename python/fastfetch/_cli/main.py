"""From the words of a command line to an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from fastfetch._cli import terminal
from fastfetch._cli.arguments import word
from fastfetch._exceptions import FetchError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

FAILED, INTERRUPTED = 1, 130


def main(words: Sequence[str]) -> int:
    """Does what the words say; returns the exit code. What is wrong with them ends the program with 2."""
    try:
        code = _run(words)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has read enough. Python would complain of it once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FAILED
    return code


def _run(words: Sequence[str]) -> int:
    # Each imports what it needs: asking for help is to be fast.
    match word(words):
        case "demo", arguments:
            from fastfetch._cli import demo

            return demo.run(arguments)
        case "doctor", arguments:
            from fastfetch._cli import doctor

            return doctor.run(arguments)
        case _, arguments:
            from fastfetch._cli import fetch

            try:
                return fetch.run(arguments)
            except OSError as error:
                if isinstance(error, (BrokenPipeError, FetchError)):
                    raise
                terminal.complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
                return FAILED
