"""Fetches a list of URLs on a terminal, and says what came of it.

Arguments: `gather`, `as_completed` (which prints each URL's last word) or `both` (two at once); and the URLs.
The variable PROGRESS is the option, as Python.
"""

import asyncio
import os
import signal
import sys

import fastfetch as ff

PROGRESS = eval(os.environ.get("PROGRESS", "None"))


async def gather(urls: list[str]) -> None:
    results = await ff.gather(urls, progress=PROGRESS)
    print("counts:", results.counts)


async def as_completed(urls: list[str]) -> None:
    async for response in ff.as_completed(urls, ordered=True, progress=PROGRESS):
        print("came:", response.url.rsplit("/", 1)[1])


async def both(urls: list[str]) -> None:
    await asyncio.gather(gather(urls), gather(urls[:2]))


if __name__ == "__main__":
    # Who has started the tests may have had interrupts ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    how, *urls = sys.argv[1:]
    try:
        asyncio.run({"gather": gather, "as_completed": as_completed, "both": both}[how](urls))
    except KeyboardInterrupt:
        print("interrupted by a person")
