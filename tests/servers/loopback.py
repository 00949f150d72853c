"""What the asyncio servers share: a loopback port, a thread, a ledger, an end that leaves nothing open."""

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from ssl import SSLContext
from types import TracebackType
from typing import Generic, Self, TypeVar

from tests.servers.ledger import Connection, Ledger
from tests.servers.loop_thread import LoopThread

R = TypeVar("R")


class LoopbackServer(ABC, Generic[R]):
    """Listens on a free loopback port from construction to `close`, in a thread of its own."""

    def __init__(self, tls: SSLContext | None = None) -> None:
        self.ledger: Ledger[R] = Ledger()
        self.protocols: set[Watched[R]] = set()
        self._thread = LoopThread()
        self._server = self._thread.call(self._listen(tls))
        self.host: str
        self.port: int
        self.host, self.port = self._server.sockets[0].getsockname()
        self.url = f"{'https' if tls else 'http'}://{self.host}:{self.port}"
        self._unix: list[asyncio.Server] = []

    @abstractmethod
    def protocol(self) -> "Watched[R]":
        """The protocol for one connection."""

    def listen_at(self, path: Path, tls: SSLContext | None = None) -> None:
        """Listen on a Unix socket at this path too: the same answers, and the same ledger."""

        async def listen() -> asyncio.Server:
            loop = asyncio.get_running_loop()
            return await loop.create_unix_server(self.protocol, path, ssl=tls, backlog=4096)

        self._unix.append(self._thread.call(listen()))

    def narrow(self) -> Self:
        """Have the system take little of what is sent and not read. From the next connection on."""
        for listening in self._server.sockets:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        return self

    def in_loop(self, callback: Callable[[], object]) -> None:
        """Call this soon in the server's own thread."""
        self._thread.loop.call_soon_threadsafe(callback)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop accepting, and end every connection and every answer still to come. Twice is once."""
        if not self._thread.loop.is_closed():
            self._thread.call(self._stop())
            self._thread.close()

    async def _listen(self, tls: SSLContext | None) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(self.protocol, "127.0.0.1", 0, ssl=tls, backlog=4096)

    async def _stop(self) -> None:
        loop, servers = asyncio.get_running_loop(), (self._server, *self._unix)
        # Deaf, and not closed yet: a connection accepted in this very turn has its protocol some turns later.
        # Where its server is closed by then it gets none, and nothing ends it.
        for listening in [each for server in servers for each in server.sockets]:
            loop.remove_reader(listening.fileno())
        for _ in range(10):
            await asyncio.sleep(0)
        for server in servers:
            server.close()
        protocols = list(self.protocols)
        for protocol in protocols:
            protocol.transport.abort()
        for protocol in protocols:
            await protocol.gone.wait()


class Watched(asyncio.Protocol, Generic[R]):
    """A protocol that tells its server of the connection's beginning and end.

    The end is noted as soon as the client's is known, even while this side has not closed yet.
    """

    transport: asyncio.Transport

    def __init__(self, server: LoopbackServer[R]) -> None:
        self.server = server
        self.gone = asyncio.Event()
        self._connection: Connection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.protocols.add(self)
        self._connection = self.server.ledger.note_opened()
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        self._note_closed()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._note_closed()
        self.server.protocols.discard(self)
        self.gone.set()
        super().connection_lost(exc)

    def _note_closed(self) -> None:
        if self._connection is not None:
            self.server.ledger.note_closed(self._connection)
