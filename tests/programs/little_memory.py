"""Fetches bodies of any size where only so many bytes of memory can be had, and says what came of each.

Arguments: how many bytes, a URL that answers "ok", and any number of a way and a URL. The ways are below.
"""

import asyncio
import gc
import pickle
import resource
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastfetch import Client, FetchError, Results

from tests.programs.bombs import memory
from tests.programs.running import allow_slow_callbacks

Way = Callable[[Client, str], Awaitable[object]]


async def get(client: Client, url: str) -> object:
    return memoryview(await client.get(url)).nbytes


async def fetched(client: Client, url: str, count: int, **options: Any) -> Results:
    """So many results; the first error among them is raised."""
    results = await client.gather([url] * count, **options)
    for response in results.failed:
        response.raise_for_status()
    return results


async def gather(client: Client, url: str) -> object:
    return len(await fetched(client, url, 3))


async def stream(client: Client, url: str) -> object:
    async with client.stream("GET", url) as response:
        return sum([len(piece) async for piece in response.aiter_bytes()])


async def stream_text(client: Client, url: str) -> object:
    async with client.stream("GET", url) as response:
        return sum([len(piece) async for piece in response.aiter_text()])


async def aread(client: Client, url: str) -> object:
    async with client.stream("GET", url) as response:
        return len(await response.aread())


async def content(client: Client, url: str) -> object:
    return len((await client.get(url)).content)


async def text(client: Client, url: str) -> object:
    return len((await client.get(url)).text)


async def json(client: Client, url: str) -> object:
    return len((await client.get(url)).json())


async def pickled(client: Client, url: str) -> object:
    return len(pickle.loads(pickle.dumps(await client.get(url))).content)


async def table(client: Client, url: str) -> object:
    results = await fetched(client, url, 2)
    return len(results.table(["body"]))


async def json_table(client: Client, url: str) -> object:
    results = await fetched(client, url, 2)
    return len(results.json_table())


async def save(client: Client, url: str) -> object:
    results = await fetched(client, url, 2)
    with tempfile.TemporaryDirectory() as folder:
        results.save(f"{folder}/results.arrow")
        return len(results.load(f"{folder}/results.arrow"))


async def checkpoint(client: Client, url: str) -> object:
    with tempfile.TemporaryDirectory() as folder:
        return len(await fetched(client, url, 1, checkpoint=Path(folder, "job.db")))


WAYS: dict[str, Way] = {
    function.__name__: function
    for function in (
        get,
        gather,
        stream,
        stream_text,
        aread,
        content,
        text,
        json,
        pickled,
        table,
        json_table,
        save,
        checkpoint,
    )
}


async def main(spare: int, ok: str, *asked: str) -> None:
    async with Client(max_body=2**33, trust_env=False) as client:
        await client.gather([ok] * 10)
        most = memory("VmSize") + spare
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        for way, url in zip(asked[::2], asked[1::2], strict=True):
            try:
                await WAYS[way](client, url)
            except (FetchError, MemoryError) as error:
                came_of_it = type(error).__name__
            else:
                came_of_it = "done"
            gc.collect()
            # Whatever it was, it was of this request alone.
            assert (await client.get(ok)).text == "ok"
            print(way, url.partition("/")[2].partition("/")[2].partition("/")[2], came_of_it, flush=True)


if __name__ == "__main__":
    allow_slow_callbacks()
    asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
