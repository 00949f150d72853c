"""What the tests of cookies share: names for loopback servers, and a look at what was sent."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from fastfetch import Client, Cookies, Response

from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

T = TypeVar("T")

NAMES = ("a.com", "x.a.com", "b.com", "a.co.uk", "b.co.uk", "me.github.io", "you.github.io")
RESOLVE = dict.fromkeys(NAMES, "127.0.0.1")


def at(server: RouteServer, host: str, path: str = "/echo") -> str:
    """The URL of a path on a server, by this name."""
    return f"{urlsplit(server.url).scheme}://{host}:{server.port}{path}"


def setting(*lines: str) -> Answer:
    return Answer(headers=tuple(("Set-Cookie", line) for line in lines))


def sent(response: Response) -> str:
    """The Cookie header that `/echo` was sent, or nothing."""
    fields = [value for name, value in response.json()["headers"] if name.lower() == "cookie"]
    assert len(fields) < 2
    return fields[0] if fields else ""


def by(client: Client, use: Callable[[Client], Awaitable[T]]) -> T:
    """What this use of a client gives."""

    async def main() -> T:
        async with client:
            return await use(client)

    return asyncio.run(main())


def jar_of(client: Client) -> Cookies:
    assert client.cookies is not None
    return client.cookies
