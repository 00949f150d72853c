"""A server that says exactly the bytes a test gives it: right, wrong, cut short, or none at all.

    with RawServer(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi") as server:
        ...

For several answers, or a conversation, give a handler instead of bytes:

    async def cut_short(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nhello")

The connection is closed when the handler returns.
"""

import asyncio
import re
import socket
import struct
from asyncio import IncompleteReadError, StreamReader, StreamReaderProtocol, StreamWriter
from collections.abc import Awaitable, Callable
from ssl import SSLContext

from tests.servers.ledger import Ledger
from tests.servers.loopback import LoopbackServer, Watched


class RequestReader(StreamReader):
    """A stream reader that enters each request head it reads in the server's ledger."""

    def __init__(self, ledger: Ledger[bytes]) -> None:
        super().__init__(limit=2**20)
        self._ledger = ledger

    async def head(self) -> bytes:
        """The next request's head, blank line included; `IncompleteReadError` when the client is gone."""
        head = await self.readuntil(b"\r\n\r\n")
        self._ledger.note_request(head)
        return head

    async def body(self, head: bytes) -> bytes:
        """The body that goes with this head: as long as it says, or in chunks."""
        fields = head.lower()
        if length := re.search(rb"\r\ncontent-length: *(\d+)\r\n", fields):
            return await self.readexactly(int(length[1]))
        body = bytearray()
        while b"\r\ntransfer-encoding: chunked\r\n" in fields and (chunk := await self.chunk()):
            body += chunk
        return bytes(body)

    async def chunk(self) -> bytes:
        """The next chunk of a body in chunks; the last one is empty."""
        size = int(await self.readuntil(b"\r\n"), 16)
        return (await self.readexactly(size + 2))[:-2]


Handler = Callable[[RequestReader, StreamWriter], Awaitable[None]]


def replay(answer: bytes) -> Handler:
    """A handler that answers one request with these bytes."""

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        writer.write(answer)

    return handler


async def silence(reader: RequestReader, writer: StreamWriter) -> None:
    """A handler that reads whatever comes and never answers."""
    await reader.head()
    await reader.read()


async def deaf(reader: RequestReader, writer: StreamWriter) -> None:
    """A handler that takes the beginning of a request, and no more of it."""
    await reader.head()
    await never_read(writer)


async def never_read(writer: StreamWriter) -> None:
    """Have nothing more taken from a connection, which stays open."""
    transport = writer.transport
    assert isinstance(transport, asyncio.Transport)
    transport.pause_reading()
    await asyncio.Event().wait()


def reset(writer: StreamWriter) -> None:
    """End the connection with a TCP reset instead of a polite close."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class RawServer(LoopbackServer[bytes]):
    """Lets a handler speak on each connection; its ledger holds the raw head of each request.

    An exception that escapes a handler, other than the client's going away, is raised when the server closes.
    """

    def __init__(self, answer: Handler | bytes, *, tls: SSLContext | None = None) -> None:
        self.handler = replay(answer) if isinstance(answer, bytes) else answer
        self.errors: list[Exception] = []
        # A loop holds its tasks weakly: one whose connection is gone would be collected while it still waits.
        self.conversations: set[asyncio.Task[None] | None] = set()
        super().__init__(tls)

    def protocol(self) -> Watched[bytes]:
        return _Conversation(self)

    def close(self) -> None:
        super().close()
        errors, self.errors = self.errors, []
        if errors:
            raise ExceptionGroup("raw server: a handler failed", errors)


class _Conversation(Watched[bytes], StreamReaderProtocol):
    """One connection: asyncio's streams, watched."""

    def __init__(self, server: RawServer) -> None:
        Watched.__init__(self, server)
        StreamReaderProtocol.__init__(self, RequestReader(server.ledger), self._converse)
        self._raw = server

    async def _converse(self, reader: StreamReader, writer: StreamWriter) -> None:
        assert isinstance(reader, RequestReader)
        conversation = asyncio.current_task()
        self._raw.conversations.add(conversation)
        try:
            await self._raw.handler(reader, writer)
            await writer.drain()
        except (OSError, IncompleteReadError):
            pass  # The client went away, as it may.
        except Exception as error:
            self._raw.errors.append(error)
        finally:
            self._raw.conversations.discard(conversation)
            writer.close()
