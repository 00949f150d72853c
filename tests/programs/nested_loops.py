"""Runs event loops within a running one, as `nest_asyncio` allows, and fetches in each.

Arguments: the URL of a route server.
"""

import asyncio
import sys

import fastfetch as ff
import nest_asyncio2
from fastfetch import sync

from tests.programs.running import allow_slow_callbacks


async def fetch(url: str) -> None:
    assert (await ff.get(f"{url}/json/a")).ok
    assert (await ff.gather([f"{url}/json/a"] * 20)).counts == {200: 20}
    assert len([each async for each in ff.as_completed([f"{url}/json/b"] * 20)]) == 20
    assert sync.get(f"{url}/json/c").ok


async def main(url: str) -> None:
    later = asyncio.create_task(ff.get(f"{url}/delay/0.05"))

    async def within() -> None:
        await fetch(url)
        asyncio.run(fetch(url))
        assert asyncio.get_event_loop().run_until_complete(ff.sleep(0.001, "awake")) == "awake"

    asyncio.run(within())
    await fetch(url)

    assert (await later).ok


if __name__ == "__main__":
    allow_slow_callbacks()
    nest_asyncio2.apply()
    asyncio.run(main(sys.argv[1]))
    print("three deep")
