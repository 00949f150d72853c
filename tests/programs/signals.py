"""Says which signal handlers it has, for Python and for the kernel, before and after fetching a URL."""

import asyncio
import signal
import sys
from pathlib import Path


def handlers() -> list[object]:
    """For each signal: Python's handler, and what the kernel knows of it."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    masks = [int(status[name], 16) for name in ("SigCgt", "SigIgn", "SigBlk")]
    return [
        (number, signal.getsignal(number), [mask >> (number - 1) & 1 for mask in masks])
        for number in sorted(signal.valid_signals())
    ]


def main(url: str) -> None:
    before = handlers()

    import fastfetch

    assert asyncio.run(fastfetch.get(url)).ok
    print(handlers() == before)


if __name__ == "__main__":
    main(*sys.argv[1:])
