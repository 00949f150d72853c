"""Fetches while the clock on the wall jumps, and says as JSON what came of it.

Arguments: the URL of a server, the file that sets the clock, how far it is to jump.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable
from pathlib import Path

import fastfetch
from fastfetch import Client, Retry, Timeout, TotalTimeout

from tests.programs.running import allow_slow_callbacks

DAY = 86_400


class Wall:
    """The clock on the wall, as libfaketime shows it."""

    def __init__(self, file: str, distance: str) -> None:
        self._file = Path(file)
        self._distance = distance

    def put_right(self) -> None:
        self._file.write_text("+0")

    def jump(self) -> None:
        before = time.time()
        self._file.write_text(self._distance)
        jumped = time.time() - before
        assert abs(jumped) > DAY / 2, f"the clock has not jumped: {jumped} s"

    async def jump_during(self, work: Awaitable[object]) -> float:
        """Seconds that the work takes, with a jump while it is under way."""
        self.put_right()
        begun = time.monotonic()
        asyncio.get_running_loop().call_later(0.1, self.jump)
        await work
        return round(time.monotonic() - begun, 3)


async def late(client: Client, url: str) -> float:
    """Wait for an answer that does not come; what the error says of how long it was."""
    try:
        await client.get(url, timeout=Timeout(total=0.3))
    except TotalTimeout as error:
        return error.elapsed
    raise AssertionError("an answer came")


async def main(url: str, wall: Wall) -> dict[str, object]:
    said: dict[str, object] = {}
    async with Client(idle_timeout=60) as client:
        again = Retry(attempts=2, backoff=0.3, jitter=0)
        said["answer"] = await wall.jump_during(client.get(f"{url}/delay/0.3"))
        said["late"] = await wall.jump_during(late(client, f"{url}/never"))
        said["sleep"] = await wall.jump_during(fastfetch.sleep(0.3))
        said["retry"] = await wall.jump_during(client.get(f"{url}/status/503", retry=again))
        said["deadline"] = await wall.jump_during(client.gather([f"{url}/never"], deadline=0.3))
        said["rate"] = await wall.jump_during(
            client.gather([f"{url}/json/{n}" for n in range(4)], rate=10, burst=1)
        )
        wall.put_right()
        await client.get(f"{url}/set")
        sent = [(await client.get(f"{url}/echo")).json()["headers"]]
        wall.jump()
        sent.append((await client.get(f"{url}/echo")).json()["headers"])
        said["cookies"] = [any(name.lower() == "cookie" for name, _ in headers) for headers in sent]
        response = await client.get(f"{url}/delay/0.1")
        said["elapsed"] = response.elapsed.total_seconds()
    return said


if __name__ == "__main__":
    allow_slow_callbacks()
    print(json.dumps(asyncio.run(main(sys.argv[1], Wall(sys.argv[2], sys.argv[3])))))
