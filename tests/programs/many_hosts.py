"""Reads many answers of many hosts as they complete, and says how much memory is in use on the way.

Arguments: the port of a server at every loopback address, how many of these are hosts, how many URLs, and the
most files that may be open, or 0 for no other limit. There is a line after each twentieth, and one of counts.
"""

import asyncio
import os
import resource
import sys
from collections import Counter
from collections.abc import Iterator

import fastfetch as ff

from tests.programs.running import allow_slow_callbacks
from tests.servers.everywhere import url_of

# Opened while there are files to open.
PAGES = open("/proc/self/statm", "rb", buffering=0)  # noqa: SIM115


def in_use() -> int:
    """Bytes of memory in use now."""
    return int(os.pread(PAGES.fileno(), 100, 0).split()[1]) * resource.getpagesize()


def urls(port: int, hosts: int, count: int) -> Iterator[str]:
    for number in range(count):
        yield f"{url_of(number % hosts, port)}/json/{number}"


async def main(port: int, hosts: int, count: int) -> None:
    counts = Counter[object]()
    async for response in ff.as_completed(urls(port, hosts, count)):
        counts[response.status_code if response.error is None else type(response.error).__name__] += 1
        if counts.total() % (count // 20) == 0:
            print(in_use(), flush=True)
    print(dict(counts), flush=True)


if __name__ == "__main__":
    allow_slow_callbacks()
    port, hosts, count, files = map(int, sys.argv[1:])
    if files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    asyncio.run(main(port, hosts, count))
