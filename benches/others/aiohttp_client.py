"""aiohttp's client benchmarks, by aiohttp or by fastfetch. Run by its path, in the sdist's folder.

`python PATH LIB` prints, as its last line, the median milliseconds of each benchmark as JSON. The benchmarks
and their servers, which share the loop with the client, are theirs, and so is what is sent. Those that read
an answer piece by piece, or make no client, are left out: they are written for objects of aiohttp's alone.
"""

import asyncio
import importlib.util
import inspect
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import fastfetch
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

FILE = Path("tests/test_benchmarks_client.py")
FIXTURES = ["loop", "aiohttp_client", "benchmark"]
LEFT_OUT = ("iter_", "no_session", "compressed", "multiple_methods")
WARM_UP, ROUNDS = 3, 15


class Answer:
    def __init__(self, response: fastfetch.Response) -> None:
        self._response = response

    async def read(self) -> bytes:
        return self._response.content


class ByFastfetch:
    """What the benchmarks ask of a client."""

    def __init__(self, server: TestServer) -> None:
        self._server = server
        self._client = fastfetch.Client()
        self._url = str(server.make_url("/"))

    async def get(self, path: str) -> Answer:
        return Answer(await self._client.get(self._url))

    async def post(self, path: str, data: bytes | None = None, json: object = None) -> Answer:
        if data is not None:
            return Answer(await self._client.post(self._url, content=data))
        return Answer(await self._client.post(self._url, json=json))

    async def close(self) -> None:
        await self._client.aclose()
        await self._server.close()


async def with_fastfetch(app: Application) -> ByFastfetch:
    server = TestServer(app)
    await server.start_server()
    return ByFastfetch(server)


async def with_aiohttp(app: Application) -> TestClient[Any, Any]:
    client = TestClient(TestServer(app))
    await client.start_server()
    return client


MAKERS: dict[str, Callable[[Application], Awaitable[object]]] = {
    "fastfetch": with_fastfetch,
    "aiohttp": with_aiohttp,
}


def benchmarks() -> dict[str, Callable[..., None]]:
    """The functions of their file; what counts instructions for them is replaced by a clock."""
    codspeed = ModuleType("pytest_codspeed")
    codspeed.BenchmarkFixture = object  # type: ignore[attr-defined]
    sys.modules["pytest_codspeed"] = codspeed
    specification = importlib.util.spec_from_file_location("theirs", FILE)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return {
        name.removeprefix("test_").replace("_", " "): function
        for name, function in vars(module).items()
        if name.startswith("test_")
        and list(inspect.signature(function).parameters) == FIXTURES
        and not any(word in name for word in LEFT_OUT)
    }


def milliseconds(run: Callable[[], None]) -> float:
    times = []
    for _ in range(WARM_UP + ROUNDS):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1e3)
    return median(times[WARM_UP:])


def main(lib: str) -> dict[str, float]:
    found: dict[str, float] = {}
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        asyncio.set_event_loop(loop)
        for name, function in benchmarks().items():
            timed: list[float] = []
            function(loop, MAKERS[lib], lambda run, timed=timed: timed.append(milliseconds(run)))
            found[name] = timed[0]
    return found


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])), flush=True)
    os._exit(0)  # as benches.workloads.harness ends
