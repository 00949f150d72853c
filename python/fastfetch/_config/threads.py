"""How many threads there are for input and output."""

from __future__ import annotations

import os

__all__ = ["io_threads"]

VARIABLE = "FASTFETCH_IO_THREADS"
# The cheapest for each request; docs/design/2026-11-29-io-threads.md has what more of them bring.
IO_THREADS = 1
# More than any network keeps busy.
MOST_IO_THREADS = 64


def io_threads() -> int:
    """How many I/O threads a client spreads its hosts over: what the environment says, or the default."""
    text = os.environ.get(VARIABLE) or str(IO_THREADS)
    number = int(text) if text.isdecimal() and len(text) < 4 else 0
    if not 1 <= number <= MOST_IO_THREADS:
        raise ValueError(f"{VARIABLE}: expected a whole number from 1 to {MOST_IO_THREADS}, got {text!r}")
    return number
