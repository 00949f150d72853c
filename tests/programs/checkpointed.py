"""Fetches with a checkpoint and says the name of each item that is done; at the end, a sum over all bodies.

Arguments: the checkpoint, the URL of a route server, a path there, how many items; how many bytes a file may
have, or 0 for no limit.
"""

import asyncio
import resource
import sys
import zlib

import fastfetch as ff

from tests.programs.running import allow_slow_callbacks


async def main(checkpoint: str, url: str, path: str, count: int) -> None:
    total = 0
    urls = [f"{url}/{path}/{number}" for number in range(count)]
    try:
        async for response in ff.as_completed(urls, concurrency=20, checkpoint=checkpoint):
            total += zlib.crc32(response.content)
            print(response.url.rpartition("/")[2], flush=True)
    except ff.CheckpointError as error:
        print("CheckpointError", error, flush=True)
    else:
        print("sum", total, flush=True)


if __name__ == "__main__":
    allow_slow_callbacks()
    if limit := int(sys.argv[5]):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
