"""A route server that is a thousand hosts: it listens on one port of every loopback address."""

import asyncio
from ssl import SSLContext

from tests.servers.routes import RouteServer


def url_of(number: int, port: int) -> str:
    """The URL of one of these hosts."""
    return f"http://127.0.{1 + number // 250}.{1 + number % 250}:{port}"


class EveryAddress(RouteServer):
    """Answers at `http://127.X.Y.Z:PORT` for all X, Y and Z. (Linux gives all of 127.0.0.0/8 to loopback.)"""

    async def _listen(self, tls: SSLContext | None) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(self.protocol, "0.0.0.0", 0, ssl=tls, backlog=4096)
