"""The ways to a server, and the servers that fall silent at their ends."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastfetch import TLS, Client

from tests.servers.connect_proxy import ForwardProxy
from tests.servers.loopback import LoopbackServer
from tests.servers.raw import RawServer, RequestReader
from tests.servers.relay import stall
from tests.servers.socks import SocksServer
from tests.servers.tls import Authority
from tests.stalls.origins import StallingHttp2Server, StallingServer, take_nothing


@dataclass(frozen=True)
class Way:
    """A protocol, and through what it is spoken."""

    name: str
    tls: bool = False
    h2: bool = False
    proxy: str | None = None
    """The scheme of a proxy."""

    @property
    def tunnels(self) -> bool:
        """Whether a proxy is asked for a connection, and not for an answer."""
        return self.proxy is not None and (self.tls or self.proxy != "http")


WAYS = [
    Way("h1"),
    Way("tls", tls=True),
    Way("h2", tls=True, h2=True),
    Way("h1 by proxy", proxy="http"),
    Way("tls by proxy", tls=True, proxy="http"),
    Way("h2 by proxy", tls=True, h2=True, proxy="http"),
    Way("h1 by socks", proxy="socks5h"),
    Way("tls by socks", tls=True, proxy="socks5h"),
]


class Place(contextlib.ExitStack):
    """A way with all that is at its end, and in between.

    What these take of a body while nobody reads it is a small part of one.
    """

    def __init__(self, way: Way, authority: Authority, full: int | None, name_server: str) -> None:
        super().__init__()
        self.way = way
        self.scheme = "https" if way.tls else "http"
        self._ca = authority.ca_pem
        self.deaf = self.enter_context(RawServer(_deaf)).url.replace("http:", f"{self.scheme}:")
        """Where connections are taken, and nothing is said."""
        self.full = full
        self.name_server = name_server
        self._proxy, self._mute = None, None
        if way.proxy == "http":
            # A proxy that passes on requests would take the whole body of one, whatever the origin takes.
            takes_no_body = {} if way.tls else {"PUT": take_nothing}
            self._proxy = self.enter_context(ForwardProxy(faults=takes_no_body).narrow()).url
            self._mute = self.enter_context(ForwardProxy(faults={"*": stall()})).url
        elif way.proxy:
            self._proxy = f"{way.proxy}://{self.enter_context(SocksServer().narrow()).address}"
            self._mute = (
                f"{way.proxy}://{self.enter_context(SocksServer(faults={'request': stall()})).address}"
            )
        # It is to end before the proxies, which wait until it has what they have taken for it.
        context = authority.context("127.0.0.1", alpn=("h2",) if way.h2 else ("http/1.1",))
        origin: LoopbackServer[Any] = (
            StallingHttp2Server(context) if way.h2 else StallingServer(context if way.tls else None)
        )
        self.url = self.enter_context(origin.narrow()).url

    def client(self, **options: Any) -> Client:
        """A client that goes this way."""
        options.setdefault("proxy", self._proxy or False)
        return Client(tls=TLS(ca=self._ca), trust_env=False, **options)

    def through_silence(self) -> dict[str, Any]:
        """Options of a client whose proxy does not answer what it is asked for."""
        return {"proxy": self._mute}

    def to_a_full_port(self) -> tuple[str, dict[str, Any]]:
        """A URL, and options of a client whose connection is not taken: by the proxy where there is one."""
        if self.way.proxy:
            return self.url, {"proxy": f"{self.way.proxy}://127.0.0.1:{self.full}"}
        return f"{self.scheme}://127.0.0.1:{self.full}", {}

    def by_an_unknown_name(self) -> tuple[str, dict[str, Any]]:
        """A URL, and options of a client that asks for a name in vain: the proxy's where there is one."""
        options: dict[str, Any] = {"dns": self.name_server}
        if self.way.proxy:
            return self.url, {"proxy": f"{self.way.proxy}://silent.test:1", **options}
        return f"{self.scheme}://silent.test:1", options


async def _deaf(reader: RequestReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


Aim = Callable[[Place], tuple[str, dict[str, Any]]]
"""The URL to fetch, and the client's options."""
