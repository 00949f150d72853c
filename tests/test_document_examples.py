"""The tutorial's four examples, each with asyncio's own function and with ours in its place: the same output.

The delays are a tenth of the tutorial's, but for the one example whose output is the time it took for real.
"""

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from socket import AddressFamily

import aiohttp
import fastfetch
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from fastfetch import TLS, Client

from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

Sleep = Callable[[float], Awaitable[None]]

SLEEPS = pytest.mark.parametrize("sleep", [asyncio.sleep, fastfetch.sleep], ids=["asyncio", "fastfetch"])

GITHUB = ["https://api.github.com/users/python", "https://api.github.com/users/torvalds"]


@SLEEPS
def test_async_def_and_await(sleep: Sleep, capsys: pytest.CaptureFixture[str]) -> None:
    async def greet(name: str, delay: float) -> None:
        await sleep(delay)
        print(f"Hello, {name}!")

    async def main() -> None:
        await greet("Alice", 0.1)
        await greet("Bob", 0.2)

    start = time.perf_counter()
    asyncio.run(main())
    assert capsys.readouterr().out == "Hello, Alice!\nHello, Bob!\n"
    assert 0.3 <= time.perf_counter() - start < 0.6


@SLEEPS
def test_gather(sleep: Sleep, capsys: pytest.CaptureFixture[str]) -> None:
    async def fetch(url: str, delay: float) -> str:
        await sleep(delay)
        return f"Response from {url}"

    async def main() -> None:
        start = time.perf_counter()
        responses = await asyncio.gather(
            fetch("api.com/users", 0.2), fetch("api.com/posts", 0.1), fetch("api.com/data", 0.2)
        )
        for response in responses:
            print(response)
        print(f"Done in {time.perf_counter() - start:.1f}s")

    asyncio.run(main())
    assert capsys.readouterr().out == (
        "Response from api.com/users\nResponse from api.com/posts\nResponse from api.com/data\nDone in 0.2s\n"
    )


def test_gather_for_real(route_server: RouteServer, capsys: pytest.CaptureFixture[str]) -> None:
    async def answer(request: Request) -> Answer:
        await asyncio.sleep(1 if request.path == "/posts" else 2)
        return Answer.text(f"Response from {request.headers['host']}{request.path}")

    for path in ("/users", "/posts", "/data"):
        route_server.routes[path] = answer

    async def main() -> None:
        async with Client(resolve={"api.com": f"127.0.0.1:{route_server.port}"}) as client:
            start = time.perf_counter()
            for response in await client.gather(
                ["http://api.com/users", "http://api.com/posts", "http://api.com/data"]
            ):
                print(response.text)
            print(f"Done in {time.perf_counter() - start:.1f}s")

    asyncio.run(main())
    assert capsys.readouterr().out == (
        "Response from api.com/users\nResponse from api.com/posts\nResponse from api.com/data\nDone in 2.0s\n"
    )


@SLEEPS
def test_create_task(sleep: Sleep, capsys: pytest.CaptureFixture[str]) -> None:
    tasks: list[asyncio.Task[None]] = []

    async def worker() -> None:
        while True:
            print("Background: heartbeat")
            await sleep(5)

    async def main() -> None:
        tasks.append(asyncio.create_task(worker()))
        await sleep(0)
        print("Main: doing work")
        tasks[0].cancel()

    start = time.perf_counter()
    asyncio.run(main())
    assert time.perf_counter() - start < 1
    assert tasks[0].cancelled()
    assert capsys.readouterr() == ("Background: heartbeat\nMain: doing work\n", "")


class Local(AbstractResolver):
    """aiohttp's way to say what `Client(resolve=…)` says."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=AddressFamily.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
def github(authority: Authority) -> Iterator[RouteServer]:
    """A server that says it is api.github.com, slower about the first user than about the second."""

    async def user(request: Request) -> Answer:
        await asyncio.sleep(0.1 if request.rest == "python" else 0)
        return Answer.json({"login": request.rest, "url": f"https://{request.headers['host']}{request.path}"})

    with RouteServer(tls=authority.context("api.github.com")) as server:
        server.routes["/users/"] = user
        yield server


def test_real_async_http(
    github: RouteServer, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    async def theirs() -> list[bytes]:
        tls = ssl.create_default_context(cadata=authority.ca_pem.decode())
        connector = aiohttp.TCPConnector(resolver=Local(github.port), ssl=tls)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def fetch(url: str) -> bytes:
                async with session.get(url) as response:
                    return await response.read()

            bodies = await asyncio.gather(*(fetch(url) for url in GITHUB))
        for body in bodies:
            print(json.loads(body)["login"])
        return bodies

    async def ours() -> list[bytes]:
        override = {"api.github.com": f"127.0.0.1:{github.port}"}
        async with Client(resolve=override, tls=TLS(ca=authority.ca_pem)) as client:
            results = await client.gather(GITHUB)
        for response in results:
            print(response.json()["login"])
        return [response.content for response in results]

    expected = asyncio.run(theirs())
    assert capsys.readouterr() == ("python\ntorvalds\n", "")
    assert asyncio.run(ours()) == expected
    assert capsys.readouterr() == ("python\ntorvalds\n", "")
    assert [json.loads(body)["url"] for body in expected] == GITHUB
