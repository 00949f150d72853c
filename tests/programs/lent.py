"""Exits while bodies are on their way, and says how many of them are held after fastfetch's exit handler.

Argument: the URL of a server.
"""

import asyncio
import atexit
import gc
import sys

BODIES = [bytes([number]) * 2**20 for number in range(32)]


def references() -> list[int]:
    return [sys.getrefcount(body) for body in BODIES]


def held() -> None:
    gc.collect()
    print(sum(now > free for now, free in zip(references(), FREE, strict=True)), "held")


FREE = references()


# Before the import, so that it is called after what fastfetch does at exit.
atexit.register(held)

import fastfetch as ff  # noqa: E402


async def main(url: str) -> None:
    tasks = [asyncio.create_task(ff.post(url, content=body)) for body in BODIES]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
