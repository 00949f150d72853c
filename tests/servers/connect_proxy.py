"""A forward proxy in this process: CONNECT and absolute-form requests (RFC 9110, 9.3.6; RFC 9112, 3.2.2).

    with ForwardProxy(user=("ann", "secret"), hosts={"origin.test": "127.0.0.1"}) as proxy:
        ...
    assert proxy.credentials == [b"ann:secret"]

It keeps its connections and may itself be reached over TLS. A fault takes the place of the answer to every
request, or only to those of one method:

    ForwardProxy(faults={"CONNECT": JUNK_AFTER_CONNECT})
    ForwardProxy(faults={"*": stall()})
"""

import asyncio
import base64
import contextlib
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from ssl import SSLContext
from urllib.parse import urlsplit

from tests.servers.messages import Request
from tests.servers.raw import RawServer, RequestReader
from tests.servers.relay import Fault, Hosts, commit, end, reach, relay

REQUIRED = (
    b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="test"\r\n'
    b"Content-Length: 0\r\n\r\n"
)
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nnot me"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
GARBAGE = b"\x15\x03\x01\x00\x02\x02\x50 this is no HTTP\r\n\r\n"
JUNK_AFTER_CONNECT = b"HTTP/1.1 200 OK\r\n\r\njunk that is no part of the tunnel"
CLOSE = b""

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_OF_THIS_HOP = re.compile(rb"\r\n(?:proxy-[\w-]+|connection|keep-alive):[^\r\n]*", re.IGNORECASE)
_CREDENTIALS = ("proxy-authorization", "authorization")


class ForwardProxy(RawServer):
    """Its ledger holds the raw head of each request made to the proxy itself; `requests` has them parsed.

    `established` is what it says when a tunnel stands.
    """

    def __init__(
        self,
        *,
        tls: SSLContext | None = None,
        user: tuple[str, str] | None = None,
        hosts: Hosts | None = None,
        faults: Mapping[str, Fault] | None = None,
        established: bytes = _ESTABLISHED,
    ) -> None:
        self.user = user
        self.hosts: Hosts = hosts or {}
        self.faults: Mapping[str, Fault] = faults or {}
        self.established = established
        super().__init__(self._converse, tls=tls)

    @property
    def requests(self) -> list[Request]:
        """The requests made to the proxy itself, without bodies, and without what went through tunnels."""
        return [Request(head.removesuffix(b"\r\n\r\n"), b"") for head in self.ledger.requests]

    @property
    def credentials(self) -> list[bytes]:
        """Every credential seen, the origin's too: `user:password` where it was Basic, else as it came."""
        seen = (request.headers.get(name) for request in self.requests for name in _CREDENTIALS)
        return [_opened(value) for value in seen if value is not None]

    async def _converse(self, reader: RequestReader, writer: StreamWriter) -> None:
        keep = True
        while keep:
            head = await reader.head()
            request = Request(head.removesuffix(b"\r\n\r\n"), b"")
            fault = self.faults.get(request.method, self.faults.get("*"))
            if fault is not None:
                return await commit(fault, reader, writer)
            if not self._admits(request):
                writer.write(REQUIRED)
                await _copy_body(request, reader, None)
            elif request.method == "CONNECT":
                return await self._tunnel(request.target, reader, writer)
            else:
                keep = await self._forward(request, reader, writer)
        return None

    def _admits(self, request: Request) -> bool:
        said = request.headers.get("proxy-authorization")
        return self.user is None or (said is not None and _opened(said) == ":".join(self.user).encode())

    async def _tunnel(self, target: str, reader: RequestReader, writer: StreamWriter) -> None:
        address = urlsplit(f"//{target}")
        try:
            origin = await reach(self.hosts, address.hostname or "", address.port or 0)
        except OSError:
            writer.write(BAD_GATEWAY)
            return
        writer.write(self.established)
        await relay((reader, writer), origin)

    async def _forward(self, request: Request, reader: RequestReader, writer: StreamWriter) -> bool:
        """Pass on one request and its answer; whether the client's connection can be kept after it."""
        address = urlsplit(request.target)
        try:
            answer, origin = await reach(self.hosts, address.hostname or "", address.port or 80)
        except OSError:
            writer.write(BAD_GATEWAY)
            return False
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        _, end_of_line, fields = request.head.partition(b"\r\n")
        origin.write(f"{request.method} {target} HTTP/1.1\r\nConnection: close".encode())
        origin.write(_OF_THIS_HOP.sub(b"", end_of_line + fields) + b"\r\n\r\n")
        sending = asyncio.create_task(_copy_body(request, reader, origin))
        try:
            keep = await _copy_answer(request.method, answer, writer)
            # An origin may answer before it has all; what is left of the body has to be read all the same.
            await sending
        finally:
            sending.cancel()
            await end(origin)
        return keep


async def _copy_answer(method: str, source: StreamReader, sink: StreamWriter) -> bool:
    """Pass on an answer that ends with its connection; whether its own framing tells the end as well."""
    while True:
        head = await source.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        sink.write(_OF_THIS_HOP.sub(b"", head))
        if status >= 200:
            break
    while data := await source.read(2**16):
        sink.write(data)
        await sink.drain()
    framed = re.search(rb"\r\n(?:content-length|transfer-encoding):", head, re.IGNORECASE)
    return framed is not None or method == "HEAD" or status in (204, 304)


async def _copy_body(request: Request, source: StreamReader, sink: StreamWriter | None) -> None:
    """Read a request's body and pass it on, if to anybody."""

    def write(data: bytes) -> None:
        if sink is not None:
            with contextlib.suppress(OSError):
                sink.write(data)

    if "chunked" in request.headers.get("transfer-encoding", "").lower():
        size = 1
        while size:
            line = await source.readuntil(b"\r\n")
            size = int(line.partition(b";")[0], 16)
            write(line + await source.readexactly(size + 2))
        return
    left = int(request.headers.get("content-length", "0"))
    while left:
        data = await source.read(min(left, 2**16))
        if not data:
            if sink is not None:
                sink.transport.abort()  # Who waits for the rest waits for ever.
            return
        write(data)
        left -= len(data)


def _opened(value: str) -> bytes:
    scheme, _, encoded = value.partition(" ")
    return base64.b64decode(encoded) if scheme.lower() == "basic" else value.encode("latin-1")
