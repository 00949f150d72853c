"""niquests."""

import inspect
from typing import Any, Self

import niquests
from niquests.auth import AsyncHTTPDigestAuth, HTTPBasicAuth

from tests.reliability.peers.contexts import VERSIONS
from tests.reliability.peers.peer import Ask, Peer, in_a_file


class Client(Peer):
    expresses = frozenset(
        {
            *("auth", "dns", "headers", "local_address", "proxy", "resolve"),
            *("cert", "max_version", "min_version", "verify"),
        }
    )
    proxies = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")

    async def __aenter__(self) -> Self:
        options: dict[str, Any] = {}
        if who := self.wish.get("auth"):
            kinds = {"basic": HTTPBasicAuth, "digest": AsyncHTTPDigestAuth}
            options["auth"] = kinds[who["scheme"]](*who["user"])
        if hosts := self.wish.get("resolve"):
            listed = ",".join(f"{name}:{address}" for name, address in hosts.items())
            options["resolver"] = [f"in-memory://default?hosts={listed}", "system://default"]
        if server := self.wish.get("dns"):
            options["resolver"] = f"dou://{server}"
        if address := self.wish.get("local_address"):
            options["source_address"] = (address, 0)
        self.client = niquests.AsyncSession(
            headers=self.wish.get("headers"),
            timeout=niquests.TimeoutConfiguration(
                total=self.seconds("total"), connect=self.seconds("connect"), read=self.seconds("read")
            ),
            disable_http2=not self.wish.get("http2", True),
            verify=self.tls.get("ca", True) if self.tls.get("verify", True) else False,
            cert=in_a_file(self.tls["cert"]) if "cert" in self.tls else None,
            tls_configuration=niquests.TLSConfiguration(
                min_version=VERSIONS.get(self.tls.get("min_version")),
                max_version=VERSIONS.get(self.tls.get("max_version")),
            ),
            **options,
        )
        if proxy := self.proxy():
            self.client.proxies = {"http": proxy, "https": proxy}
        self.client.max_redirects = self.most_redirects()
        await self.client.__aenter__()
        return self

    async def fetch(self, ask: Ask) -> tuple[int, bytes]:
        response = await self.client.request(
            ask.method, ask.url, data=ask.body(), headers=ask.headers, allow_redirects=self.follows()
        )
        content: Any = response.content
        if inspect.isawaitable(content):  # That of status 101, which is read in its own way.
            content = await content
        return response.status_code or 0, content or b""
