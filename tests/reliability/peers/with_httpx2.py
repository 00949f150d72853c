"""httpx2, which follows redirects and speaks HTTP/2 where it is asked to."""

from typing import Any, Self

import httpx2

from tests.reliability.peers import contexts
from tests.reliability.peers.peer import Ask, Peer


class Client(Peer):
    expresses = contexts.EXPRESSED | {"auth", "headers", "local_address", "proxy", "resolve", "uds"}
    proxies = ("http", "https", "socks5", "socks5h")

    async def __aenter__(self) -> Self:
        options: dict[str, Any] = {
            "verify": contexts.context(self.tls),
            "http2": self.wish.get("http2", True),
        }
        if who := self.wish.get("auth"):
            kinds = {"basic": httpx2.BasicAuth, "digest": httpx2.DigestAuth}
            options["auth"] = kinds[who["scheme"]](*who["user"])
        if address := self.wish.get("local_address"):
            options["transport"] = httpx2.AsyncHTTPTransport(local_address=address, **options)
        if path := self.wish.get("uds"):
            options["transport"] = httpx2.AsyncHTTPTransport(uds=path, **options)
        if proxy := self.proxy():
            options["proxy"] = httpx2.Proxy(
                proxy, ssl_context=options["verify"] if proxy.startswith("https:") else None
            )
        self.client = httpx2.AsyncClient(
            headers=self.wish.get("headers"),
            follow_redirects=self.follows(),
            max_redirects=self.most_redirects(),
            timeout=httpx2.Timeout(
                connect=self.seconds("connect"),
                read=self.seconds("read"),
                write=self.seconds("write"),
                pool=self.seconds("total"),
            ),
            **options,
        )
        await self.client.__aenter__()
        return self

    async def fetch(self, ask: Ask) -> tuple[int, bytes]:
        url, headers, extensions = self.resolved(httpx2.URL(ask.url), ask.headers)
        response = await self.client.request(
            ask.method, url, content=ask.body(), headers=headers, extensions=extensions
        )
        return response.status_code, response.content

    def resolved(
        self, url: httpx2.URL, headers: dict[str, str]
    ) -> tuple[httpx2.URL, dict[str, str], dict[str, str]]:
        """Its way to an address of one's choice: the address in the URL, and the name beside it."""
        address = (self.wish.get("resolve") or {}).get(url.host)
        if address is None:
            return url, headers, {}
        there = url.copy_with(host=address)
        return there, {"Host": url.netloc.decode(), **headers}, {"sni_hostname": url.host}
