"""aiohttp."""

import socket
from typing import Any, Self

import aiohttp
from aiohttp.abc import ResolveResult

from tests.reliability.peers import contexts
from tests.reliability.peers.peer import Ask, Peer


class Client(Peer):
    expresses = contexts.EXPRESSED | {"auth", "headers", "local_address", "proxy", "resolve"}
    speaks_http2 = False

    async def __aenter__(self) -> Self:
        options: dict[str, Any] = {}
        auth: dict[str, Any] = {}
        if who := self.wish.get("auth"):
            if who["scheme"] == "digest":
                auth["middlewares"] = [aiohttp.DigestAuthMiddleware(*who["user"])]
            else:
                auth["auth"] = aiohttp.BasicAuth(*who["user"])
        if hosts := self.wish.get("resolve"):
            options["resolver"] = Hosts(hosts)
        if address := self.wish.get("local_address"):
            options["local_addr"] = (address, 0)
        self.client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=contexts.context(self.tls), **options),
            headers=self.wish.get("headers"),
            **auth,
            timeout=aiohttp.ClientTimeout(
                total=self.seconds("total"), connect=self.seconds("connect"), sock_read=self.seconds("read")
            ),
        )
        return self

    async def fetch(self, ask: Ask) -> tuple[int, bytes]:
        options: dict[str, Any] = {"allow_redirects": self.follows(), "proxy": self.proxy()}
        options["max_redirects"] = self.most_redirects()
        asked = self.client.request(ask.method, ask.url, data=ask.body(), headers=ask.headers, **options)
        async with asked as response:
            return response.status, await response.read()


class Hosts(aiohttp.ThreadedResolver):
    """Addresses by a table, and the system's for all other names."""

    def __init__(self, hosts: dict[str, str]) -> None:
        super().__init__()
        self.hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(self.hosts.get(host, host), port, family)
        return [{**each, "hostname": host} for each in found]
