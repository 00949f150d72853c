"""Faults of HTTP/2 (RFC 9113): streams and connections that are broken off, stalled, flooded, or badly framed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from fastfetch import (
    FetchError,
    IncompleteBody,
    LimitExceeded,
    ProtocolError,
    ReadTimeout,
    Timeout,
    TotalTimeout,
    WriteTimeout,
)
from h2.errors import ErrorCodes
from h2.settings import SettingCodes
from hyperframe.frame import DataFrame, HeadersFrame, PushPromiseFrame

from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.stage import Stage
from tests.servers.http2 import Handler, Http2Connection, Http2Server, Http2Stream, Settings, StreamHandler, each
from tests.servers.http2_messages import frame
from tests.servers.messages import Answer

CLEAN = Answer(b"clean")
GIVEN_UP = "gave the request up"
IMPATIENT = {"timeout": Timeout(read=0.2, write=0.2, total=30)}
MB = 2**20

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
"""Kinds of frames (RFC 9113, section 6)."""
END_STREAM, END_HEADERS = 1, 4

Talk = Callable[[Http2Connection], Awaitable[None]]


async def clean(connection: Http2Connection) -> None:
    await each(lambda stream: stream.answer(CLEAN))(connection)


def first(talk: Talk, settings: Settings | None = None) -> Callable[[Stage], str]:
    """The first connection goes like this, and each later one as it should."""

    def perform(stage: Stage) -> str:
        async def handler(connection: Http2Connection) -> None:
            await (talk if server.ledger.accepted == 1 else clean)(connection)

        server = stage.http2(handler, settings=settings)
        return server.url

    return perform


def streams(answer: StreamHandler, settings: Settings | None = None) -> Callable[[Stage], str]:
    """Each stream is answered like this, and one for `/then` as it should."""

    async def one(stream: Http2Stream) -> None:
        if stream.request.pseudo["path"] == "/then":
            await stream.answer(CLEAN)
        else:
            await answer(stream)

    return lambda stage: stage.http2(each(one), settings=settings).url


def going_away() -> Iterator[Fault]:
    def leave(code: ErrorCodes, last: int) -> Callable[[Stage], str]:
        async def talk(connection: Http2Connection) -> None:
            await connection.request()
            connection.goaway(code, last=last, debug=b"enough\r\n")

        return first(talk)

    begun = "the request begun with"
    unbegun, error = leave(ErrorCodes.NO_ERROR, 0), leave(ErrorCodes.ENHANCE_YOUR_CALM, 0)
    with_it = leave(ErrorCodes.NO_ERROR, 1)
    again, gone = Delivered(b"clean"), Fails(ProtocolError, "response", GIVEN_UP)
    lost = Fails(ProtocolError, "response", "without answering")
    post: dict[str, Any] = {"method": "POST", "content": b"x"}
    yield Fault("H01", "GOAWAY before a GET was begun with", unbegun, again, attempts=2, then=b"clean")
    yield Fault("H01b", "the same with a POST", unbegun, again, attempts=2, then=b"clean", **post)
    yield Fault("H01c", f"GOAWAY after a GET was begun with, and the end", with_it, again, attempts=2, then=b"clean")
    yield Fault("H01d", "the same with a POST", with_it, lost, then=b"clean", **post)
    yield Fault("H02", "GOAWAY for an error", error, gone, then=b"clean")


def resets() -> Iterator[Fault]:
    def refused_once(stage: Stage) -> str:
        seen: set[str] = set()

        async def answer(stream: Http2Stream) -> None:
            path = stream.request.pseudo["path"]
            if path in seen or path == "/then":
                await stream.answer(CLEAN)
            else:
                seen.add(path)
                stream.reset(ErrorCodes.REFUSED_STREAM)

        return stage.http2(each(answer)).url

    async def refused(stream: Http2Stream) -> None:
        stream.reset(ErrorCodes.REFUSED_STREAM)

    post: dict[str, Any] = {"method": "POST", "content": b"x"}
    again = Delivered(b"clean")
    yield Fault("H03", "a GET refused once (REFUSED_STREAM)", refused_once, again, attempts=2, then=b"clean")
    yield Fault("H03b", "a POST refused once", refused_once, again, attempts=2, then=b"clean", **post)
    expected = Fails(ProtocolError, "response", f"{GIVEN_UP}.*refused")
    yield Fault("H03c", "refused again and again", streams(refused), expected, attempts=2, then=b"clean")

    def before(code: ErrorCodes) -> Callable[[Stage], str]:
        async def answer(stream: Http2Stream) -> None:
            stream.reset(code)

        return streams(answer)

    def within(code: ErrorCodes, *headers: tuple[str, str]) -> Callable[[Stage], str]:
        async def answer(stream: Http2Stream) -> None:
            stream.start(200, *headers)
            await stream.data(b"hello")
            stream.reset(code)

        return streams(answer)

    codes = (ErrorCodes.CANCEL, ErrorCodes.INTERNAL_ERROR, ErrorCodes.PROTOCOL_ERROR, ErrorCodes.NO_ERROR)
    gone = Fails(ProtocolError, "response", GIVEN_UP)
    for letter, code in zip(("", *"bcd"), codes, strict=True):
        yield Fault(f"H04{letter}", f"reset before the head ({code.name})", before(code), gone, then=b"clean")
    some, unknown = Fails(IncompleteBody, "body", "5 of 10 bytes"), Fails(IncompleteBody, "body", "after 5 bytes")
    for letter, code in zip("efgh", codes, strict=True):
        what = f"reset within the body ({code.name})"
        yield Fault(f"H04{letter}", what, within(code, ("content-length", "10")), some, then=b"clean")
    yield Fault("H04i", "reset within a body of no length", within(codes[0]), unknown, then=b"clean")
    yield Fault("H04j", "the same without an error (NO_ERROR)", within(codes[3]), unknown, then=b"clean")

    async def cut(connection: Http2Connection) -> None:
        stream = await connection.request()
        stream.start(200)
        await stream.data(b"hello")
        await asyncio.sleep(0.02)
        connection.cut()

    yield Fault("H04k", "the connection cut within the body", first(cut), unknown, then=b"clean")


def stalls() -> Iterator[Fault]:
    async def later(connection: Http2Connection) -> None:
        some: Settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 10}
        asyncio.get_running_loop().call_later(0.1, connection.change_settings, some)
        await clean(connection)

    async def never(stream: Http2Stream) -> None:
        await stream.taken_back()

    async def stops(stream: Http2Stream) -> None:
        stream.start(200)
        await stream.data(b"hello")
        await stream.taken_back()

    def shut(stage: Stage) -> str:
        tls = stage.authority.context("127.0.0.1", alpn=("h2",))
        none: Settings = {SettingCodes.INITIAL_WINDOW_SIZE: 0}
        return stage.start(Http2Server(CLEAN, tls=tls, settings=none, acknowledges=False)).url

    late = "read timeout of 0.2 s"
    yield Fault(
        "H05",
        "no stream allowed for 0.1 s",
        first(later, {SettingCodes.MAX_CONCURRENT_STREAMS: 0}),
        Delivered(b"clean"),
        then=b"clean",
    )
    yield Fault(
        "H06",
        "a window that never opens",
        shut,
        Fails(WriteTimeout, "send", "write timeout of 0.2 s"),
        method="POST",
        content=bytes(MB),
        options=IMPATIENT,
        then=b"clean",
    )
    yield Fault(
        "H06b", "silence before the head", streams(never), Fails(ReadTimeout, "response", late), options=IMPATIENT, then=b"clean"
    )
    yield Fault(
        "H06c", "silence within the body", streams(stops), Fails(ReadTimeout, "body", late), options=IMPATIENT, then=b"clean"
    )


def floods() -> Iterator[Fault]:
    def flood(said: Callable[[int, Http2Connection], tuple[bytes, bytes]]) -> Callable[[Stage], str]:
        async def talk(connection: Http2Connection) -> None:
            number = (await connection.request()).request.stream_id
            begin, again = said(number, connection)
            connection.say(begin)
            while not connection.gone_away:
                if connection.transport.get_write_buffer_size() < MB:
                    connection.say(again * 1000)
                await asyncio.sleep(0)

        return first(talk)

    def head(number: int, connection: Http2Connection, flags: int) -> bytes:
        return frame(HEADERS, number, connection.block((":status", "200")), flags=flags)

    def interim(connection: Http2Connection, number: int) -> bytes:
        return frame(HEADERS, number, connection.block((":status", "102")), flags=END_HEADERS)

    rows: list[tuple[str, str, Callable[[int, Http2Connection], tuple[bytes, bytes]]]] = [
        ("PING", "", lambda n, c: (b"", frame(PING, 0, bytes(8)))),
        ("SETTINGS", "b", lambda n, c: (b"", frame(SETTINGS, 0, b"\0\5\0\0\x40\0"))),
        ("WINDOW_UPDATE", "c", lambda n, c: (b"", frame(WINDOW_UPDATE, 0, b"\0\0\0\1"))),
        ("empty DATA", "d", lambda n, c: (head(n, c, END_HEADERS), frame(DATA, n))),
        ("CONTINUATION", "e", lambda n, c: (head(n, c, 0), frame(CONTINUATION, n))),
        ("RST_STREAM", "f", lambda n, c: (b"", frame(RST_STREAM, n, b"\0\0\0\x08"))),
        ("interim answers (102)", "g", lambda n, c: (b"", interim(c, n))),
        ("PRIORITY", "h", lambda n, c: (b"", frame(PRIORITY, n, bytes(5)))),
        ("frames of an unknown kind", "i", lambda n, c: (b"", frame(200, n, bytes(8)))),
    ]
    for kind, letter, said in rows:
        yield Fault(f"H07{letter}", f"{kind} without end", flood(said), Fails(ProtocolError, "response", ""), options={"timeout": 1})


def heads() -> Iterator[Fault]:
    def long(size: int) -> Callable[[Stage], str]:
        async def answer(stream: Http2Stream) -> None:
            fields = [(f"x-{n}", "y" * 1000) for n in range(size // 1000)]
            stream.start(200, *fields)
            await stream.data(b"clean", end=True)

        return streams(answer)

    def length(announced: int) -> Callable[[Stage], str]:
        async def answer(stream: Http2Stream) -> None:
            stream.start(200, ("content-length", str(announced)))
            await stream.data(b"hello", end=True)

        return streams(answer)

    async def push(connection: Http2Connection) -> None:
        stream = await connection.request()
        fields = ((":method", "GET"), (":scheme", "https"), (":authority", "a.test"), (":path", "/p"))
        promised, answer = connection.block(*fields), connection.block((":status", "200"))
        connection.say(
            PushPromiseFrame(stream.request.stream_id, 2, promised, flags=["END_HEADERS"]),
            HeadersFrame(2, answer, flags=["END_HEADERS"]),
            DataFrame(2, b"pushed", flags=["END_STREAM"]),
        )
        await connection.request()

    def http1(*alpn: str) -> Callable[[Stage], str]:
        said = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean"
        return lambda stage: stage.raw(said, tls=stage.authority.context("127.0.0.1", alpn=alpn)).url

    delivered, broken = Delivered(b"clean"), Fails(ProtocolError, "body", "")
    yield Fault("H08", "20 KB of header lines", long(20_000), delivered, then=b"clean")
    yield Fault("H08b", "200 KB of header lines", long(200_000), delivered, then=b"clean")
    yield Fault("H08c", "2 MB of header lines", long(2_000_000), Fails(ProtocolError, "response", ""), then=b"clean")
    yield Fault("H09", "more bytes than announced", length(3), broken, then=b"clean")
    yield Fault("H09b", "fewer bytes than announced", length(10), broken, then=b"clean")
    yield Fault("H11", "a pushed answer", first(push), Fails(ProtocolError, "response", ""), then=b"clean")
    yield Fault("H12", "HTTP/1.1 is chosen", http1("http/1.1"), delivered, then=b"clean")
    yield Fault("H12b", "nothing is chosen (no ALPN)", http1(), delivered, then=b"clean")


def frames() -> Iterator[Fault]:
    """Frames that break the rules: the connection is given up, and the next one is clean."""

    def row(id: str, what: str, said: Callable[[int, Http2Connection], bytes], expected: Delivered | Fails) -> Fault:
        async def talk(connection: Http2Connection) -> None:
            number = (await connection.request()).request.stream_id
            connection.say(said(number, connection))
            await connection.request()

        return Fault(id, what, first(talk), expected, then=b"clean")

    def head(c: Http2Connection, n: int, *fields: tuple[str, str]) -> bytes:
        return frame(HEADERS, n, c.block(*fields), flags=END_HEADERS)

    ok = (":status", "200")
    yield row("H13", "no HTTP/2 at all", lambda n, c: b"HTTP/1.1 400 Bad Request\r\n\r\n", Fails(ProtocolError, "response", ""))
    yield row("H13b", "a frame longer than allowed", lambda n, c: frame(DATA, n, bytes(16_385)), Fails(ProtocolError, "response", ""))
    yield row("H13c", "DATA before a head", lambda n, c: frame(DATA, n, b"hello"), Fails(ProtocolError, "response", ""))
    yield row("H13d", "DATA on no stream", lambda n, c: frame(DATA, 0, b"hello"), Fails(ProtocolError, "response", ""))
    yield row("H13e", "a head on a stream that nobody opened", lambda n, c: head(c, n + 2, ok), Fails(ProtocolError, "response", ""))
    yield row("H13f", "a head that does not decode (HPACK)", lambda n, c: frame(HEADERS, n, b"\xff\xff\xff\xff\xff", flags=END_HEADERS), Fails(ProtocolError, "response", ""))
    yield row("H13g", "no status", lambda n, c: head(c, n, ("a", "b")), Fails(ProtocolError, "response", ""))
    yield row("H13h", "a status that is none", lambda n, c: head(c, n, (":status", "abc")), Fails(ProtocolError, "response", ""))
    yield row("H13i", "a header name in capitals", lambda n, c: head(c, n, ok, ("X-A", "b")), Fails(ProtocolError, "response", ""))
    yield row("H13j", "a header of connections", lambda n, c: head(c, n, ok, ("transfer-encoding", "chunked")), Fails(ProtocolError, "response", ""))
    yield row("H13k", "a line break in a header", lambda n, c: head(c, n, ok, ("a", "b\r\nc: d")), Fails(ProtocolError, "response", ""))
    yield row("H13l", "a window of no bytes more", lambda n, c: frame(WINDOW_UPDATE, n, bytes(4)), Fails(ProtocolError, "response", ""))
    yield row("H13m", "a window larger than any", lambda n, c: frame(WINDOW_UPDATE, 0, b"\x7f\xff\xff\xff"), Fails(ProtocolError, "response", ""))
    yield row("H13n", "a PING of 7 bytes", lambda n, c: frame(PING, 0, bytes(7)), Fails(ProtocolError, "response", ""))
    yield row("H13o", "SETTINGS of 5 bytes", lambda n, c: frame(SETTINGS, 0, bytes(5)), Fails(ProtocolError, "response", ""))
    yield row("H13p", "a setting out of its bounds", lambda n, c: frame(SETTINGS, 0, b"\0\4\xff\xff\xff\xff"), Fails(ProtocolError, "response", ""))
    yield row("H13q", "CONTINUATION of nothing", lambda n, c: frame(CONTINUATION, n, b"", flags=END_HEADERS), Fails(ProtocolError, "response", ""))
    yield row("H13r", "another frame within a head", lambda n, c: frame(HEADERS, n, c.block(ok)) + frame(PING, 0, bytes(8)), Fails(ProtocolError, "response", ""))
    yield row("H13s", "101, which HTTP/2 has not", lambda n, c: head(c, n, (":status", "101")), Fails(ProtocolError, "response", ""))
    yield row("H13t", "frames and settings of unknown kinds", lambda n, c: frame(200, n, bytes(100)) + frame(SETTINGS, 0, b"\xff\xff\0\0\0\1") + head(c, n, ok) + frame(DATA, n, b"clean", flags=END_STREAM), Delivered(b"clean"))


FAULTS = [*going_away(), *resets(), *stalls(), *floods(), *heads(), *frames()]
