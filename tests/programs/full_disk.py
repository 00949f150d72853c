"""Writes files where none may have more than so many bytes, as on a full disk; says as JSON what came of it.

Arguments: an empty folder, the URL of a route server. Python ignores the signal that comes with such a write.
"""

import asyncio
import json
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fastfetch import Batch, CheckpointError, Client, Cookies, Results

from tests.programs.running import allow_slow_callbacks

ROOM = 100_000
COUNT = 20
SIZE = 20_000


@contextmanager
def full() -> Iterator[None]:
    """Until the end of the block no file may grow beyond its room."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def written(path: Path, save: Callable[[Path], None]) -> dict[str, object]:
    """What becomes of a file that is there, of its folder, and of a second attempt when there is room."""
    path.write_bytes(b"the old one")
    with full():
        try:
            save(path)
        except OSError as error:
            said = [error.errno, error.filename and Path(error.filename).name]
        else:
            said = []
    old, folder = path.read_bytes(), sorted(other.name for other in path.parent.iterdir())
    save(path)
    return {"error": said, "old": old.decode()[:20], "folder": folder, "then": path.stat().st_size > ROOM}


async def checkpointed(path: Path, urls: list[str]) -> dict[str, object]:
    """A batch whose checkpoint finds no room: what is done stays in it, and it can be awaited again."""
    batch = Batch(urls, checkpoint=path, concurrency=2)
    with full():
        try:
            await batch
        except CheckpointError as error:
            said = str(error)
        else:
            said = ""
    done = sum(response.ok for response in batch.results)
    return {"error": said, "done": done, "then": len((await Batch(urls, checkpoint=path)).ok)}


async def main(folder: Path, url: str) -> None:
    urls = [f"{url}/large/{number}" for number in range(COUNT)]
    async with Client() as client:
        results: Results = await client.gather(urls)
    cookies = Cookies({f"name-{number}": "x" * 1_000 for number in range(150)})
    said = {}
    for name, save in {
        "results.arrow": results.save,
        "results.parquet": results.save,
        "cookies.json": cookies.save,
    }.items():
        place = folder / name.partition(".")[2]
        place.mkdir()
        said[name] = written(place / name, save)
    said["job.db"] = await checkpointed(folder / "job.db", urls)
    assert all(len(response.content) == SIZE for response in results)
    print(json.dumps(said))


if __name__ == "__main__":
    allow_slow_callbacks()
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
