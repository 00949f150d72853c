"""Waits for an interrupt with ten thousand requests and as many sleeps pending, and says when it has ended.

Arguments: the URL of a route server.
"""

import asyncio
import signal
import sys
import time

import fastfetch as ff


async def main(url: str) -> None:
    tasks = [asyncio.create_task(ff.get(f"{url}/never")) for _ in range(10_000)]
    tasks += [asyncio.create_task(ff.sleep(3600)) for _ in range(10_000)]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    print("pending", flush=True)
    await asyncio.wait(tasks)


if __name__ == "__main__":
    # A shell has what it starts in the background ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        # In debug mode asyncio itself would take seconds to make so many tasks.
        asyncio.run(main(*sys.argv[1:]), debug=False)
    except KeyboardInterrupt:
        print(time.monotonic())
