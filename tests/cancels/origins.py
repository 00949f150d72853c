"""Servers, of HTTP/1 and of HTTP/2, that answer by path a request whose number is in the query.

/head       never
/body       a head, and the begin of a body
/send       never; takes the whole body (HTTP/1) or nothing of it (HTTP/2)
/gzip       a body that goes on for ever, coded
/hops       a redirect to itself
/busy       503
/blob       100 KB
/echo       the number
/gate       the number, once as many requests as the gate is wide have come
"""

import asyncio
import socket
import zlib
from collections.abc import Callable
from ssl import SSLContext
from urllib.parse import parse_qs, urlsplit

from h2.settings import SettingCodes

from tests.cancels.seen import Seen
from tests.servers.http2 import Http2Server, Http2Stream, each
from tests.servers.loopback import LoopbackServer, Watched
from tests.servers.pieces import chunk

TURN = 0.001
"""Seconds between two pieces of what goes on for ever."""

_BLOB = bytes(range(250)) * 400
_STATUS = {"/hops": 302, "/busy": 503}


def _gzip() -> Callable[[], bytes]:
    """Gives the pieces of a coded body, one after the other."""
    coder = zlib.compressobj(wbits=31)
    return lambda: coder.compress(bytes(2**16)) + coder.flush(zlib.Z_SYNC_FLUSH)


def _addressed(target: str) -> tuple[str, int]:
    url = urlsplit(target)
    return url.path, int(parse_qs(url.query)["n"][0])


def _body(path: str, number: int) -> bytes:
    return _BLOB if path == "/blob" else str(number).encode() if path in ("/echo", "/gate") else b""


class Origin(LoopbackServer[int]):
    """Speaks HTTP/1. `wide` is the width of the gate."""

    def __init__(self, wide: int, tls: SSLContext | None = None) -> None:
        self.seen = Seen()
        self.wide = wide
        self.waiting: list[Callable[[], None]] = []
        super().__init__(tls)

    def protocol(self) -> Watched[int]:
        return _Exchange(self)

    def come(self, answer: Callable[[], None]) -> None:
        """One more is at the gate."""
        self.waiting.append(answer)
        if len(self.waiting) == self.wide:
            for waiting in self.waiting:
                waiting()
            self.waiting.clear()


class _Exchange(Watched[int]):
    """One connection."""

    _number: int | None

    def __init__(self, server: Origin) -> None:
        super().__init__(server)
        self._origin = server
        self._buffer = bytearray()
        self._number: int | None = None

    def data_received(self, data: bytes) -> None:
        if self._number is None:  # What comes meanwhile is a body that nobody wants.
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end >= 0:
                target = self._buffer.split(b" ", 2)[1].decode()
                self._buffer.clear()
                self._begin(target)

    def _begin(self, target: str) -> None:
        path, self._number = _addressed(target)
        self._origin.seen.begin(self._number)
        match path:
            case "/head" | "/send":
                pass
            case "/body":
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            case "/gzip":
                self.transport.write(
                    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                self._go_on(_gzip())
            case "/gate":
                self._origin.come(lambda: self._whole(target))
            case _:
                self._whole(target)

    def _whole(self, target: str) -> None:
        path, number = _addressed(target)
        body = _body(path, number)
        fields = f"Location: {target}\r\nContent-Length: {len(body)}"
        head = f"HTTP/1.1 {_STATUS.get(path, 200)} Well\r\n{fields}\r\n\r\n"
        self._number = None
        self._origin.seen.answer(number)
        self.transport.write(head.encode() + body)

    def _go_on(self, pieces: Callable[[], bytes]) -> None:
        if self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() == 0:
            self.transport.write(chunk(pieces()))
        asyncio.get_running_loop().call_later(TURN, self._go_on, pieces)

    def _note_closed(self) -> None:
        super()._note_closed()
        if self._number is not None:
            self._origin.seen.leave(self._number)


class Http2Origin(Http2Server):
    """Speaks HTTP/2, and opens no window for what it is sent."""

    def __init__(self, wide: int, tls: SSLContext) -> None:
        self.seen = Seen()
        self.wide = wide
        self._waiting: list[asyncio.Event] = []
        super().__init__(each(self._answer), tls=tls, settings={SettingCodes.INITIAL_WINDOW_SIZE: 0})

    async def _answer(self, stream: Http2Stream) -> None:
        target = stream.request.pseudo["path"]
        path, number = _addressed(target)
        self.seen.begin(number)
        try:
            match path:
                case "/head" | "/send":
                    await stream.taken_back()
                case "/body":
                    stream.start(200, ("content-length", "100"))
                    await stream.data(b"half")
                    await stream.taken_back()
                case "/gzip":
                    stream.start(200, ("content-encoding", "gzip"))
                    pieces = _gzip()
                    while True:
                        await stream.data(pieces())
                        await asyncio.sleep(TURN)
                case "/gate":
                    await self._come()
            stream.start(_STATUS.get(path, 200), ("location", target))
            await stream.data(_body(path, number), end=True)
            self.seen.answer(number)
        finally:
            self.seen.leave(number, stream.request.reset)

    async def _come(self) -> None:
        self._waiting.append(asyncio.Event())
        come = self._waiting[-1]
        if len(self._waiting) == self.wide:
            for each_one in self._waiting:
                each_one.set()
            self._waiting.clear()
        await come.wait()


class Deaf(LoopbackServer[int]):
    """Takes connections at every loopback address, and says nothing. The address tells the number."""

    def __init__(self) -> None:
        self.seen = Seen()
        super().__init__()

    def authority(self, number: int) -> str:
        """Where the request of this number is to go."""
        return f"127.{1 + (number >> 16)}.{number >> 8 & 255}.{number & 255}:{self.port}"

    def protocol(self) -> Watched[int]:
        return _Unheard(self)

    async def _listen(self, tls: SSLContext | None) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(self.protocol, "0.0.0.0", 0, backlog=4096)


class _Unheard(Watched[int]):
    def __init__(self, server: Deaf) -> None:
        super().__init__(server)
        self._deaf = server
        self._number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        _, high, middle, low = socket.inet_aton(transport.get_extra_info("sockname")[0])
        self._number = (high - 1 << 16) + (middle << 8) + low
        self._deaf.seen.begin(self._number)

    def _note_closed(self) -> None:
        super()._note_closed()
        self._deaf.seen.leave(self._number)
