"""What every client is asked to do, whatever its own words are, and what it is told of the scene."""

import importlib
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, Self

Wish = dict[str, Any]
"""The options of a fault as JSON has them: fastfetch's names, and certificates as PEM."""

SCENE = frozenset({"auth", "dns", "headers", "interface", "local_address", "proxy", "resolve", "uds"})
"""Options without which the fault cannot be performed.

All others protect (a largest body, no private addresses, ...): a client that has no such thing goes without,
and what comes of it is compared.
"""

SCENE_TLS = frozenset({"cert", "crls", "max_version", "min_version", "pins", "verify"})
"""And these parts of `tls`, beside the authorities to trust."""


class UnableError(Exception):
    """The client has no way to say what the fault needs."""


@dataclass(frozen=True)
class Ask:
    """A request."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    streamed: bool = False
    """Is the body to be read only once?"""

    def body(self) -> bytes | AsyncIterator[bytes] | None:
        return self.content if self.content is None or not self.streamed else self._pieces(self.content)

    @staticmethod
    async def _pieces(content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), 2**16):
            yield content[start : start + 2**16]


class Peer(ABC):
    """A client with these options, as it is by default otherwise; open as a context manager is."""

    expresses: ClassVar[frozenset[str]]
    """What of the scene it can be told."""
    proxies: ClassVar[tuple[str, ...]] = ("http", "https")
    """The kinds of proxies that it knows."""
    speaks_http2: ClassVar[bool] = True
    client: Any
    """The client's own object, a context manager, from the entry on."""

    def __init__(self, wish: Wish, *, http2: bool = False) -> None:
        self.wish = wish
        self.tls = wish["tls"]
        wanted = {name for name in SCENE if wish.get(name)} | SCENE_TLS.intersection(self.tls)
        if lacking := wanted - self.expresses:
            raise UnableError(f"no {', '.join(sorted(lacking))}")
        if (proxy := self.proxy()) and proxy.split("://")[0] not in self.proxies:
            raise UnableError("no such proxy")
        if http2 and not self.speaks_http2:
            raise UnableError("no HTTP/2")

    @abstractmethod
    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.__aexit__(kind, error, trace)

    @abstractmethod
    async def fetch(self, ask: Ask) -> tuple[int, bytes]:
        """Status and whole body of the answer, redirects followed."""

    def seconds(self, name: str) -> float | None:
        """A part of the timeout, never longer than the whole: not every client knows one for the whole."""
        given = [self.wish["timeout"][part] for part in (name, "total")]
        return min((seconds for seconds in given if seconds is not None), default=None)

    def proxy(self) -> str | None:
        """The URL of the one proxy, with user and password where there are any."""
        given = self.wish.get("proxy") or None
        if given is not None and not isinstance(given, str):
            raise UnableError("no such proxy")
        return given

    def most_redirects(self) -> int:
        return int(self.wish.get("max_redirects", 20))

    def follows(self) -> bool:
        return bool(self.wish.get("follow_redirects", True))


def in_a_file(pem: str) -> str:
    """Its path, for what takes nothing else; the process is to end before the file does."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
        file.write(pem)
    return file.name


def client(name: str) -> type[Peer]:
    """The client of this name; only its own package is imported."""
    peer: type[Peer] = importlib.import_module(f"tests.reliability.peers.with_{name}").Client
    return peer


def calm() -> Wish:
    """The options where nothing in particular is asked for: 30 seconds for the whole."""
    return {"tls": {}, "timeout": {"connect": 10.0, "read": 30.0, "write": 30.0, "total": 30.0}}
