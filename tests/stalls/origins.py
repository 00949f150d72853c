"""Servers that fall silent at the point that the path names, in HTTP/1 and in HTTP/2.

The points have the same names in both:

    /ready          does not fall silent
    /send           takes nothing of a body
    /head           says nothing
    /mid-head       says half a head
    /interim        says an interim answer
    /body           says a head
    /mid-body       says half a body, its length known
    /mid-piece      says half a chunk, or half a DATA frame
    /mid-trailers   says a body and half its trailers
    /drip-head      says a byte of the head now and then
    /drip-body      says a byte of the body now and then
    /hop            redirects to /head
    /hops           redirects to itself, after a while
    /busy/NAME      is busy at first, and then says nothing
"""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from ssl import SSLContext

from tests.servers.http2 import Http2Server, Http2Stream, each
from tests.servers.http2_messages import frame
from tests.servers.raw import RawServer, RequestReader

PAUSE = 0.05
"""Seconds between two bytes of what drips, and before each redirect of many."""

_DATA, _HEADERS, _CONTINUATION = 0, 1, 9
_READY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready"
_SAID = {
    "/head": b"",
    "/mid-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "/interim": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
    "/body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
    "/mid-body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "/mid-piece": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
    "/mid-trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Check",
}
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


class StallingServer(RawServer):
    """Falls silent in HTTP/1."""

    def __init__(self, tls: SSLContext | None = None) -> None:
        self._busy: set[bytes] = set()
        super().__init__(self._converse, tls=tls)

    async def _converse(self, reader: RequestReader, writer: StreamWriter) -> None:
        while True:
            head = await reader.head()
            path = head.split(b" ")[1]
            match path.decode():
                case "/ready":
                    writer.write(_READY)
                case "/send":
                    await take_nothing(reader, writer)
                    return
                case "/hop":
                    writer.write(_redirect(b"/head"))
                case "/hops":
                    await asyncio.sleep(PAUSE)
                    writer.write(_redirect(path))
                case "/drip-head":
                    await _drip(writer, b"HTTP/1.1 200 OK\r\nX-Long: ")
                case "/drip-body":
                    await _drip(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                case _ if path.startswith(b"/busy/") and path not in self._busy:
                    self._busy.add(path)
                    writer.write(_BUSY)
                case known:
                    # Until the client has left, which the next look for a head will find.
                    writer.write(_SAID["/head" if known.startswith("/busy/") else known])
                    await reader.read()
            if b"\r\nConnection: close\r\n" in head:
                return


async def take_nothing(reader: StreamReader, writer: StreamWriter) -> None:
    """Leave all that comes where it is, until this server closes: it cannot see the client leave."""
    assert isinstance(writer.transport, asyncio.ReadTransport)
    writer.transport.pause_reading()
    await writer.wait_closed()


def _redirect(location: bytes) -> bytes:
    return b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % location


async def _drip(writer: StreamWriter, begin: bytes) -> None:
    writer.write(begin)
    while True:
        await asyncio.sleep(PAUSE)
        writer.write(b"x")
        await writer.drain()


class StallingHttp2Server(Http2Server):
    """Falls silent in HTTP/2. Of a body it takes what fits into the first window."""

    def __init__(self, tls: SSLContext) -> None:
        self._busy: set[str] = set()
        super().__init__(each(self._answer), tls=tls, acknowledges=False)

    async def _answer(self, stream: Http2Stream) -> None:
        say, number = stream.connection.say, stream.request.stream_id
        path = stream.request.pseudo["path"]
        match path:
            case "/ready":
                stream.start(200)
                await stream.data(b"ready", end=True)
                return
            case "/send" | "/head":
                pass
            case "/mid-head":
                say(frame(_HEADERS, number, stream.connection.block((":status", "200"))))
            case "/interim":
                stream.start(103, ("link", "</a.css>"))
            case "/body":
                stream.start(200, ("content-length", "100"))
            case "/mid-body":
                stream.start(200, ("content-length", "100"))
                await stream.data(b"half")
            case "/mid-piece":
                stream.start(200)
                say(frame(_DATA, number, b"half", length=100))
            case "/mid-trailers":
                stream.start(200)
                await stream.data(b"body")
                say(frame(_HEADERS, number, stream.connection.block(("x-check", "1")), flags=1))
            case "/drip-head":
                say(frame(_HEADERS, number, stream.connection.block((":status", "200"))))
                for byte in stream.connection.block(("x-long", "x" * 1000)):
                    await asyncio.sleep(PAUSE)
                    say(frame(_CONTINUATION, number, bytes((byte,))))
            case "/drip-body":
                stream.start(200)
                while True:
                    await asyncio.sleep(PAUSE)
                    await stream.data(b"x")
            case "/hop":
                stream.start(302, ("location", "/head"), end=True)
                return
            case "/hops":
                await asyncio.sleep(PAUSE)
                stream.start(302, ("location", path), end=True)
                return
            case _ if path not in self._busy:
                self._busy.add(path)
                stream.start(503, end=True)
                return
        with contextlib.suppress(ConnectionError):
            await stream.taken_back()
