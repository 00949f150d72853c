"""Fetches, and prints the ranges of its memory for which huge pages were asked (`MADV_HUGEPAGE`)."""

import asyncio
import re
import sys
from pathlib import Path

import fastfetch

MAPPING = re.compile(r"^([0-9a-f]+-[0-9a-f]+) .*?^VmFlags:(.*?)$", re.MULTILINE | re.DOTALL)


async def main(url: str) -> None:
    await fastfetch.gather([f"{url}/{number}" for number in range(100)])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    for span, flags in MAPPING.findall(Path("/proc/self/smaps").read_text()):
        if "hg" in flags.split():
            print(span)
