"""Hooks that raise, that are cancelled, and that a loop leaves behind: nothing of it is said on stderr."""

import asyncio
import contextlib
import gc

import fastfetch as ff

from tests.programs.running import allow_slow_callbacks
from tests.servers.routes import RouteServer


async def raising(_: object) -> None:
    await asyncio.sleep(0)
    raise KeyboardInterrupt


async def failing(_: object) -> None:
    raise ValueError("no")


async def never(_: object) -> None:
    await asyncio.Event().wait()


async def stubborn(_: object) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        raise ValueError("from the end")


async def main(url: str) -> None:
    allow_slow_callbacks()
    for hook in (raising, failing):
        client = ff.Client(event_hooks={"request": hook})
        results = await client.gather([url] * 5)
        assert len(results.failed) == 5
        with contextlib.suppress(KeyboardInterrupt, ValueError):
            await client.get(url)
        # Given up before it is known.
        task = asyncio.create_task(client.get(url))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    for hook in (never, stubborn):
        client = ff.Client(event_hooks={"request": hook})
        tasks = [asyncio.create_task(client.get(url)) for _ in range(5)]
        await asyncio.sleep(0.05)
        for task in tasks[:3]:
            task.cancel()
        await asyncio.gather(*tasks[:3], return_exceptions=True)
        # The others are left to the end of the loop.


with RouteServer() as server:
    address = f"{server.url}/json/a"
    for _ in range(2):
        asyncio.run(main(address))
    gc.collect()
print("done")
