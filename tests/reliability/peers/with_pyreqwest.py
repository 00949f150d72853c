"""pyreqwest, which speaks HTTP/2 where it is asked to."""

from datetime import timedelta
from typing import Self

from pyreqwest.client import ClientBuilder
from pyreqwest.proxy import ProxyBuilder

from tests.reliability.peers.peer import Ask, Peer, UnableError


class Client(Peer):
    expresses = frozenset(
        {
            *("cert", "max_version", "min_version", "verify"),
            *("auth", "headers", "interface", "local_address", "proxy", "resolve"),
        }
    )
    proxies = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")

    async def __aenter__(self) -> Self:
        if (who := self.wish.get("auth")) and who["scheme"] == "digest":
            raise UnableError("no Digest")
        builder = ClientBuilder().http2(self.wish.get("http2", True)).follow_redirects(self.follows())
        builder = builder.max_redirects(self.most_redirects())
        if ca := self.tls.get("ca"):
            builder = builder.add_root_certificate_pem(ca.encode())
        if cert := self.tls.get("cert"):
            builder = builder.identity_pem(cert.encode())
        if not self.tls.get("verify", True):
            builder = builder.danger_accept_invalid_certs(True)
        if oldest := self.tls.get("min_version"):
            builder = builder.min_tls_version(f"TLSv{oldest}")
        if newest := self.tls.get("max_version"):
            builder = builder.max_tls_version(f"TLSv{newest}")
        for name, bound in [
            ("connect", builder.connect_timeout),
            ("read", builder.read_timeout),
            ("total", builder.timeout),
        ]:
            if (seconds := self.seconds(name)) is not None:
                builder = bound(timedelta(seconds=seconds))
        if headers := self.wish.get("headers"):
            builder = builder.default_headers(headers)
        if address := self.wish.get("local_address"):
            builder = builder.local_address(address)
        if interface := self.wish.get("interface"):
            builder = builder.interface(interface)
        for host, address in (self.wish.get("resolve") or {}).items():
            builder = builder.resolve(host, address, 0)
        if proxy := self.proxy():
            builder = builder.proxy(ProxyBuilder.all(proxy))
        self.client = builder.build()
        await self.client.__aenter__()
        return self

    async def fetch(self, ask: Ask) -> tuple[int, bytes]:
        request = self.client.request(ask.method, ask.url).headers(ask.headers)
        if who := self.wish.get("auth"):
            request = request.basic_auth(*who["user"])
        match ask.body():
            case None:
                pass
            case bytes() as content:
                request = request.body_bytes(content)
            case pieces:
                request = request.body_stream(pieces)
        response = await request.build().send()
        return response.status, bytes(await response.bytes())
