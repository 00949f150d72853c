"""Works where memory or the disk is short, and says as JSON what became of it.

Arguments: what is short, a URL or a path.
"""

import asyncio
import json
import os
import re
import resource
import sys
from pathlib import Path

import fastfetch
from fastfetch import Client, Cookies, Response, Results

from tests.programs.running import allow_slow_callbacks

MB = 2**20
ROOM = 64 * MB
"""So much more memory may be used than is in use already."""


def in_use() -> int:
    """Bytes of address space."""
    found = re.search(r"VmSize:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def name(response: Response) -> str:
    return type(response.error).__name__ if response.error else str(response.status_code)


async def memory(url: str) -> list[str]:
    """Bodies that there is memory for, and others."""
    async with Client(max_body=2**40, timeout=30) as client:

        async def fetch(path: str, times: int = 1) -> str:
            results = await client.gather([f"{url}/{path}"] * times, concurrency=times)
            return " ".join([path, *sorted({name(response) for response in results})])

        said = [await fetch("small")]
        most = in_use() + ROOM
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        for path in ("announced", "chunked", "packed"):
            said += [await fetch(path), await fetch("small")]
        return [*said, await fetch("chunked", 3), await fetch("small")]


async def disk(url: str) -> list[str]:
    """Files that there is no room for, in the folder that it works in."""
    results = await fastfetch.gather([f"{url}/{number}" for number in range(10)])
    few, many = (Cookies({f"name{number}": "x" * 4000 for number in range(count)}) for count in (1, 100))
    said = [overwritten(name, results[:1], results) for name in ("results.arrow", "results.parquet")]
    return [*said, overwritten("cookies.json", few, many), *sorted(os.listdir())]


def overwritten(name: str, before: Results | Cookies, after: Results | Cookies) -> str:
    """What becomes of a file that is there, where there is no room for a new one."""
    path = Path(name)
    before.save(path)
    content = path.read_bytes()
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    try:
        after.save(path)
    except OSError as error:
        return f"{name}: {os.strerror(error.errno or 0)}, as before: {path.read_bytes() == content}"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return f"{name} was written"


if __name__ == "__main__":
    allow_slow_callbacks()
    short = {"memory": memory, "disk": disk}[sys.argv[1]]
    print(json.dumps(asyncio.run(short(sys.argv[2]))))
