"""fastfetch."""

from typing import Any, Self

from fastfetch import TLS, DigestAuth, Limits, Proxy, Retry, Timeout
from fastfetch import Client as Fetcher

from tests.reliability.peers.peer import SCENE, SCENE_TLS, Ask, Peer, Wish

SETTINGS = {"limits": Limits, "proxy": Proxy, "retry": Retry, "timeout": Timeout, "tls": TLS}


class Client(Peer):
    expresses = SCENE | SCENE_TLS
    proxies = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")

    async def __aenter__(self) -> Self:
        options: dict[str, Any] = {
            name: SETTINGS[name](**value) if name in SETTINGS and isinstance(value, dict) else value
            for name, value in {**self.wish, "tls": in_bytes(self.tls)}.items()
        }
        if who := self.wish.get("auth"):
            options["auth"] = DigestAuth(*who["user"]) if who["scheme"] == "digest" else tuple(who["user"])
        self.client = Fetcher(**options)
        return self

    async def fetch(self, ask: Ask) -> tuple[int, bytes]:
        response = await self.client.request(
            ask.method, ask.url, content=ask.body(), headers=ask.headers or None
        )
        return response.status_code, response.content


def in_bytes(tls: Wish) -> Wish:
    """A string would be the name of a file."""
    return {
        name: value.encode() if isinstance(value, str) and value.startswith("-----BEGIN") else value
        for name, value in tls.items()
    }
