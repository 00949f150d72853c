"""Says how many bytes each URL gave in turn, and how many seconds of processor time that took here."""

import asyncio
import sys
import time

from fastfetch import Client

from tests.programs.running import allow_slow_callbacks


async def main(*urls: str) -> None:
    async with Client() as client:
        for url in urls:
            begun = time.process_time()
            response = await client.get(url)
            print(len(response.content), time.process_time() - begun)


if __name__ == "__main__":
    allow_slow_callbacks()
    asyncio.run(main(*sys.argv[1:]))
