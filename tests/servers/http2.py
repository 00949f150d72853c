"""A server that speaks HTTP/2 (RFC 9113) just as a test says, over TLS or, by prior knowledge, without.

    with Http2Server(Answer.text("hi"), tls=authority.context("127.0.0.1", alpn=("h2",))) as server:
        ...

For more than one whole answer, give a handler of streams, each run in a task of its own:

    async def cut_short(stream: Http2Stream) -> None:
        stream.start(200, ("content-length", "10"))
        await stream.data(b"hello")
        stream.reset(ErrorCodes.INTERNAL_ERROR)

    Http2Server(each(cut_short), settings={SettingCodes.MAX_CONCURRENT_STREAMS: 10})

or of connections, which takes the requests itself and may say any frame, right or wrong:

    async def refuse(connection: Http2Connection) -> None:
        stream = await connection.request()
        connection.goaway(ErrorCodes.NO_ERROR, last=0)
        connection.say(DataFrame(stream.request.stream_id, b"too soon"))

The connection is closed when the handler of connections returns, with all it said delivered.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from ssl import SSLContext

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, PushPromiseFrame

from tests.servers.heard import Heard
from tests.servers.http2_messages import ClientGone, Fields, Http2Request, decoded, encoded
from tests.servers.loopback import LoopbackServer, Watched
from tests.servers.messages import Answer

Settings = Mapping[SettingCodes | int, int]
Handler = Callable[["Http2Connection"], Awaitable[None]]
StreamHandler = Callable[["Http2Stream"], Awaitable[None]]

_NO_LIMIT = 2**31 - 1


class Http2Stream:
    """One request and the means to answer it."""

    def __init__(self, connection: "Http2Connection", request: Http2Request) -> None:
        self.connection = connection
        self.request = request
        self._changed = asyncio.Event()

    async def body(self) -> bytes:
        """The request's body, once it has come whole."""
        await self._until(lambda: self.request.ended)
        return self.request.body

    async def answer(self, answer: Answer) -> None:
        """Give a whole response, `content-length` added."""
        headers = [(name.lower(), value) for name, value in answer.headers]
        if answer.status not in (204, 304):
            headers.append(("content-length", str(len(answer.body))))
        bodiless = not answer.body or answer.status in (204, 304) or self.request.pseudo["method"] == "HEAD"
        self.start(answer.status, *headers, end=bodiless)
        if not bodiless:
            await self.data(answer.body, end=True)

    def start(self, status: int, *headers: tuple[str, str], end: bool = False) -> None:
        """Say the response's head, or an informational one (1xx)."""
        self._headers([(":status", str(status)), *headers], end=end)

    async def data(self, data: bytes, *, end: bool = False) -> None:
        """Say part of the body, as fast as the client's windows allow."""
        h2, stream_id = self.connection.h2, self.request.stream_id
        left = memoryview(data)
        while True:
            if left:
                await self._until(lambda: h2.local_flow_control_window(stream_id) > 0)
            self._must_be_there()
            size = min(len(left), h2.local_flow_control_window(stream_id), h2.max_outbound_frame_size)
            chunk, left = left[:size], left[size:]
            h2.send_data(stream_id, bytes(chunk), end_stream=end and not left)
            self.connection.flush()
            if not left:
                return

    def trailers(self, *headers: tuple[str, str]) -> None:
        """Say trailers, which end the response."""
        self._headers(list(headers), end=True)

    def reset(self, code: ErrorCodes = ErrorCodes.INTERNAL_ERROR) -> None:
        """Break the stream off with RST_STREAM."""
        self._must_be_there()
        self.connection.h2.reset_stream(self.request.stream_id, code)
        self.connection.flush()

    async def taken_back(self) -> int:
        """The code, once the client has reset the stream."""
        await self._until(lambda: False, or_reset=True)
        assert self.request.reset is not None
        return self.request.reset

    def wake(self) -> None:
        """Something has come that concerns this stream."""
        self._changed.set()

    def _headers(self, fields: Fields, *, end: bool) -> None:
        self._must_be_there()
        self.connection.h2.send_headers(self.request.stream_id, encoded(fields), end_stream=end)
        self.connection.flush()

    def _must_be_there(self) -> None:
        if self.connection.gone_away or self.request.reset is not None:
            raise ClientGone("the client has taken the request back")

    async def _until(self, met: Callable[[], bool], *, or_reset: bool = False) -> None:
        while not (or_reset and self.request.reset is not None):
            self._must_be_there()
            if met():
                return
            self._changed.clear()
            self.connection.waiting.add(self)
            await self._changed.wait()
            self.connection.waiting.discard(self)


class Http2Server(LoopbackServer[Http2Request]):
    """Lets a handler speak on each connection; its ledger holds each request from its head on.

    Further: `heard` has everything the clients said, as h2's events; `peak` is the most streams ever open at
    once on one connection. A client that breaks the protocol, and any exception that escapes a handler other
    than the client's going away, is raised when the server closes. Without `acknowledges` no window is ever
    opened again for what the client has sent.
    """

    def __init__(
        self,
        answer: Handler | Answer,
        *,
        tls: SSLContext | None = None,
        settings: Settings | None = None,
        acknowledges: bool = True,
    ) -> None:
        self.handler = each(_whole(answer)) if isinstance(answer, Answer) else answer
        self.settings: Settings = settings or {}
        self.acknowledges = acknowledges
        self.heard = Heard()
        self.peak = 0
        self.errors: list[Exception] = []
        super().__init__(tls)

    def protocol(self) -> Watched[Http2Request]:
        return Http2Connection(self)

    def close(self) -> None:
        super().close()
        errors, self.errors = self.errors, []
        if errors:
            raise ExceptionGroup("HTTP/2 server: a handler failed or a client broke the protocol", errors)


class Http2Connection(Watched[Http2Request]):
    """One connection. `h2` is its state as the h2 package keeps it; what `say` says goes past that."""

    def __init__(self, server: Http2Server) -> None:
        super().__init__(server)
        # What a test makes the server say is not to be checked or tidied.
        self.h2 = H2Connection(
            H2Configuration(
                client_side=False, validate_outbound_headers=False, normalize_outbound_headers=False
            )
        )
        self.gone_away = False
        """Whether the client has ended the connection."""
        self.deaf = False
        """Whether what the client says from now on is thrown away, which is quicker than to hear it."""
        self.waiting: set[Http2Stream] = set()
        """The streams to be woken when something has come that concerns all."""
        self._http2 = server
        self._number = 0
        self._finished = False
        self._streams: dict[int, Http2Stream] = {}
        self._coming: asyncio.Queue[Http2Stream | None] = asyncio.Queue()

    async def request(self) -> Http2Stream:
        """The next request, as soon as its head is there; `ClientGone` when the client is."""
        if stream := await self._coming.get():
            return stream
        self._coming.put_nowait(None)
        raise ClientGone("the client has ended the connection")

    def change_settings(self, settings: Settings) -> None:
        """Say SETTINGS."""
        self.h2.update_settings(dict(settings))
        self.flush()

    def goaway(
        self, code: ErrorCodes = ErrorCodes.NO_ERROR, *, last: int | None = None, debug: bytes = b""
    ) -> None:
        """Say GOAWAY: streams above `last`, unless told otherwise none that has come, are not answered."""
        last = self.h2.highest_inbound_stream_id if last is None else last
        # Not h2's own: that one would let nothing follow, not even the answers that are under way.
        self.say(GoAwayFrame(0, last_stream_id=last, error_code=code, additional_data=debug))

    def block(self, *fields: tuple[str, str]) -> bytes:
        """Fields as HPACK has them, for frames of one's own. To be said: the client's table follows it."""
        return self.h2.encoder.encode(encoded(list(fields)))

    def say(self, *said: Frame | bytes) -> None:
        """Say these frames or bytes, whether they are right or wrong."""
        self.flush()
        self._write(b"".join(it if isinstance(it, bytes) else it.serialize() for it in said))

    def cut(self) -> None:
        """End the connection without a word, TLS's included."""
        self.transport.abort()

    def flush(self) -> None:
        """Say what h2 has ready."""
        self._write(self.h2.data_to_send())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._number = self.server.ledger.accepted - 1
        # h2's first SETTINGS hold limits of its own, which would be in force before the client has seen them.
        self.h2.local_settings[SettingCodes.MAX_CONCURRENT_STREAMS] = _NO_LIMIT
        self.h2.local_settings.acknowledge()
        self.h2.initiate_connection()
        self.h2.clear_outbound_data_buffer()
        self.change_settings(self._http2.settings)
        self._task = asyncio.get_running_loop().create_task(self._converse())

    def data_received(self, data: bytes) -> None:
        if self.deaf:
            return
        try:
            events = self.h2.receive_data(data)
        except ProtocolError as error:
            if not self.gone_away:
                self._http2.errors.append(error)
            self.flush()
            self._finish()
            self._lose_client()
            return
        for event in events:
            self._hear(event)
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose_client()
        super().connection_lost(exc)

    def _hear(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=stream_id, headers=headers):
                stream = Http2Stream(self, Http2Request(self._number, stream_id, decoded(headers)))
                self._streams[stream_id] = stream
                self._http2.peak = max(self._http2.peak, self.h2.open_inbound_streams)
                self.server.ledger.note_request(stream.request)
                self._coming.put_nowait(stream)
            case DataReceived(stream_id=stream_id, data=data, flow_controlled_length=length):
                self._streams[stream_id].request.received += data
                if self._http2.acknowledges:
                    self.h2.acknowledge_received_data(length, stream_id)
            case TrailersReceived(stream_id=stream_id, headers=headers):
                self._streams[stream_id].request.trailers = decoded(headers)
            case StreamEnded(stream_id=stream_id):
                self._streams[stream_id].request.ended = True
                self._streams[stream_id].wake()
            case StreamReset(stream_id=stream_id, error_code=code) if stream_id in self._streams:
                self._streams[stream_id].request.reset = code
                self._streams[stream_id].wake()
            case WindowUpdated() | RemoteSettingsChanged():
                self._wake_all()
            case ConnectionTerminated():
                self._lose_client()
        self._http2.heard.note(event)

    def _lose_client(self) -> None:
        self.gone_away = True
        self._coming.put_nowait(None)
        self._wake_all()

    def _wake_all(self) -> None:
        for stream in self.waiting:
            stream.wake()

    async def _converse(self) -> None:
        try:
            await self._http2.handler(self)
        except OSError:
            pass  # The client went away, as it may.
        except Exception as error:
            self._http2.errors.append(error)
        finally:
            self._finish()

    def _write(self, data: bytes) -> None:
        if not self._finished:
            self.transport.write(data)

    def _finish(self) -> None:
        """Say no more, and close when the client has: closing on bytes still unread would be a reset."""
        self._finished = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()


def each(answer: StreamHandler) -> Handler:
    """A handler that lets `answer` have every stream in a task of its own."""

    async def one(stream: Http2Stream) -> None:
        with contextlib.suppress(ClientGone):  # Other streams may be wanted still.
            await answer(stream)

    async def handler(connection: Http2Connection) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = set[asyncio.Task[None]]()
            try:
                while True:
                    task = group.create_task(one(await connection.request()))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
            except ClientGone:
                for task in tasks:
                    task.cancel()

    return handler


async def pushing(connection: Http2Connection) -> None:
    """A handler that pushes an answer nobody has asked for, and gives none to the request."""
    stream = await connection.request()
    fields = ((":method", "GET"), (":scheme", "https"), (":authority", "a.test"), (":path", "/p"))
    promised, answer = connection.block(*fields), connection.block((":status", "200"))
    connection.say(
        PushPromiseFrame(stream.request.stream_id, 2, promised, flags=["END_HEADERS"]),
        HeadersFrame(2, answer, flags=["END_HEADERS"]),
        DataFrame(2, b"pushed", flags=["END_STREAM"]),
    )
    await connection.request()


def _whole(answer: Answer) -> StreamHandler:
    async def handler(stream: Http2Stream) -> None:
        await stream.body()
        await stream.answer(answer)

    return handler
