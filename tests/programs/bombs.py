"""Says what became of each URL in turn, and by how many bytes the memory in use has grown at the most.

Arguments: the largest body to keep, how many seconds to wait for one, URLs.
"""

import asyncio
import re
import sys
from pathlib import Path

from fastfetch import Client

from tests.programs.running import allow_slow_callbacks

PROCESS = Path("/proc/self")


def memory(what: str) -> int:
    """`VmRSS`, which is in use now, or `VmHWM`, the most since `forget`."""
    found = re.search(rf"{what}:\s*(\d+) kB", (PROCESS / "status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def forget() -> None:
    """Let the most be what is in use now (proc_pid_clear_refs(5))."""
    (PROCESS / "clear_refs").write_text("5")


async def main(max_body: int, seconds: float, *urls: str) -> None:
    async with Client(max_body=max_body, timeout=seconds) as client:
        for url in [urls[0], *urls]:  # The first one, twice, lets everything be set up that stays.
            forget()
            before = memory("VmRSS")
            [response] = await client.gather([url])
            print(type(response.error).__name__, memory("VmHWM") - before)


if __name__ == "__main__":
    allow_slow_callbacks()
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:]))
