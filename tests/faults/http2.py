"""Faults of HTTP/2 (RFC 9113): streams and connections broken off, stalled, flooded, or badly framed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from fastfetch import (
    ConnectError,
    IncompleteBody,
    LimitExceeded,
    ProtocolError,
    ReadTimeout,
    Timeout,
    WriteTimeout,
)
from h2.errors import ErrorCodes
from h2.settings import SettingCodes

from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.stage import Stage
from tests.servers.http2 import (
    Http2Connection,
    Http2Server,
    Http2Stream,
    Settings,
    StreamHandler,
    each,
    pushing,
)
from tests.servers.http2_messages import frame
from tests.servers.messages import Answer

CLEAN = Answer(b"clean")
AGAIN = Delivered(b"clean")
GIVEN_UP = "the server gave the request up"
BROKEN = "the server broke the rules of HTTP/2"
UNSURE = "; the server may have processed the request all the same"
POST: dict[str, Any] = {"method": "POST", "content": b"x"}
IMPATIENT = {"timeout": Timeout(read=0.2, write=0.2, total=30)}
MB = 2**20

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, _, PING, _, WINDOW_UPDATE, CONTINUATION = range(10)
"""Kinds of frames (RFC 9113, section 6)."""
END_STREAM, END_HEADERS = 1, 4
OK = (":status", "200")

Perform = Callable[[Stage], str]
Talk = Callable[[Http2Connection], Awaitable[None]]
Said = Callable[[int, Http2Connection], bytes]
"""For the number of the request's stream: what is said."""
Flood = Callable[[int, Http2Connection], tuple[bytes, bytes]]
"""The same: what is said once, and what again and again."""


async def clean(connection: Http2Connection) -> None:
    await each(lambda stream: stream.answer(CLEAN))(connection)


def first(talk: Talk, settings: Settings | None = None) -> Perform:
    """The first connection goes like this, and each later one as it should."""

    def perform(stage: Stage) -> str:
        async def handler(connection: Http2Connection) -> None:
            await (talk if server.ledger.accepted == 1 else clean)(connection)

        server = stage.http2(handler, settings=settings)
        return server.url

    return perform


def streams(answer: StreamHandler, settings: Settings | None = None) -> Perform:
    """Each stream is answered like this, and one for `/then` as it should."""

    async def one(stream: Http2Stream) -> None:
        if stream.request.pseudo["path"] == "/then":
            await stream.answer(CLEAN)
        else:
            await answer(stream)

    return lambda stage: stage.http2(each(one), settings=settings).url


def going_away() -> Iterator[Fault]:
    def leave(code: ErrorCodes, last: int) -> Perform:
        async def talk(connection: Http2Connection) -> None:
            await connection.request()
            connection.goaway(code, last=last, debug=b"enough\r\n")

        return first(talk)

    def row(id: str, what: str, perform: Perform, expected: Delivered | Fails, **more: Any) -> Fault:
        return Fault(id, what, perform, expected, then=b"clean", **more)

    unbegun, begun = leave(ErrorCodes.NO_ERROR, 0), leave(ErrorCodes.NO_ERROR, 1)
    gone = Fails(ProtocolError, "response", f"{GIVEN_UP}: .*excessive load.*enough")
    unsure = Fails(ConnectError, "response", f"connection lost.*{UNSURE}")
    yield row("H01", "GOAWAY before a GET was begun with", unbegun, AGAIN, attempts=2)
    yield row("H01b", "GOAWAY before a POST was begun with", unbegun, AGAIN, attempts=2, **POST)
    yield row("H01c", "GOAWAY after a GET was begun with, and the end", begun, AGAIN, attempts=2)
    yield row("H01d", "GOAWAY after a POST was begun with, and the end", begun, unsure, **POST)
    yield row("H02", "GOAWAY for an error", leave(ErrorCodes.ENHANCE_YOUR_CALM, 0), gone)


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

    yield Fault("H03", "a GET refused once (REFUSED_STREAM)", refused_once, AGAIN, attempts=2, then=b"clean")
    yield Fault("H03b", "a POST refused once", refused_once, AGAIN, attempts=2, then=b"clean", **POST)
    expected = Fails(ProtocolError, "response", f"{GIVEN_UP}.*refused")
    yield Fault(
        "H03c",
        "refused again and again",
        streams(refused),
        expected,
        attempts=2,
        unprocessed=True,
        then=b"clean",
    )

    def before(code: ErrorCodes) -> Perform:
        async def answer(stream: Http2Stream) -> None:
            stream.reset(code)

        return streams(answer)

    def within(code: ErrorCodes, *headers: tuple[str, str]) -> Perform:
        async def answer(stream: Http2Stream) -> None:
            stream.start(200, *headers)
            await stream.data(b"hello")
            stream.reset(code)

        return streams(answer)

    codes = (ErrorCodes.CANCEL, ErrorCodes.INTERNAL_ERROR, ErrorCodes.PROTOCOL_ERROR, ErrorCodes.NO_ERROR)
    gone = Fails(ProtocolError, "response", GIVEN_UP)
    for letter, code in zip(("", *"bcd"), codes, strict=True):
        yield Fault(f"H04{letter}", f"reset before the head ({code.name})", before(code), gone, then=b"clean")
    some, unknown = (
        Fails(IncompleteBody, "body", "5 of 10 bytes"),
        Fails(IncompleteBody, "body", "after 5 bytes"),
    )
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

    def row(id: str, what: str, perform: Perform, expected: Fails, **more: Any) -> Fault:
        return Fault(id, what, perform, expected, options=IMPATIENT, then=b"clean", **more)

    late = "the server was silent for the read timeout of 0.2 s"
    taken = Fails(WriteTimeout, "send", "took no more of the body for the write timeout of 0.2 s")
    yield row("H06", "a window that never opens", shut, taken, method="POST", content=bytes(MB))
    yield row("H06b", "silence before the head", streams(never), Fails(ReadTimeout, "response", late))
    yield row("H06c", "silence within the body", streams(stops), Fails(ReadTimeout, "body", late))


def floods() -> Iterator[Fault]:
    def flood(said: Flood) -> Perform:
        async def talk(connection: Http2Connection) -> None:
            number = (await connection.request()).request.stream_id
            begin, again = said(number, connection)
            connection.say(begin)
            connection.deaf = True
            while not connection.gone_away:
                if connection.transport.get_write_buffer_size() < MB:
                    connection.say(again * (MB // len(again)))
                await asyncio.sleep(0)

        return first(talk)

    def head(number: int, connection: Http2Connection, flags: int) -> bytes:
        return frame(HEADERS, number, connection.block(OK), flags=flags)

    def interim(connection: Http2Connection, number: int) -> bytes:
        block = connection.block((":status", "102"), ("x", "y" * 4000))
        return frame(HEADERS, number, block, flags=END_HEADERS)

    fruitless = "more than 16777216 bytes of HTTP/2 frames without an answer in them"
    calm = "more HTTP/2 frames than it needs"
    reset = Fails(ProtocolError, "response", GIVEN_UP)

    def row(letter: str, what: str, said: Flood, expected: Fails | str) -> Fault:
        if isinstance(expected, str):
            expected = Fails(LimitExceeded, "response", expected)
        # Whoever joins the connection before it is given up fails with it.
        then = None if expected == reset else b"clean"
        return Fault(f"H07{letter}", f"{what} without end", flood(said), expected, within=3, then=then)

    yield row("", "PING", lambda n, c: (b"", frame(PING, 0, bytes(8))), fruitless)
    yield row("b", "SETTINGS", lambda n, c: (b"", frame(SETTINGS, 0, b"\0\5\0\0\x40\0" * 2000)), fruitless)
    yield row("c", "WINDOW_UPDATE", lambda n, c: (b"", frame(WINDOW_UPDATE, 0, b"\0\0\0\1")), fruitless)
    empty = Fails(LimitExceeded, "body", calm)
    yield row("d", "empty DATA", lambda n, c: (head(n, c, END_HEADERS), frame(DATA, n)), empty)
    yield row("e", "CONTINUATION", lambda n, c: (head(n, c, 0), frame(CONTINUATION, n)), calm)
    yield row("f", "RST_STREAM", lambda n, c: (b"", frame(RST_STREAM, n, b"\0\0\0\x08")), reset)
    yield row("g", "interim answers (102)", lambda n, c: (b"", interim(c, n)), fruitless)
    yield row("h", "PRIORITY", lambda n, c: (b"", frame(PRIORITY, n, bytes(5))), fruitless)
    yield row("i", "frames of an unknown kind", lambda n, c: (b"", frame(200, n, bytes(10_000))), fruitless)


def heads() -> Iterator[Fault]:
    def long(size: int) -> Perform:
        async def answer(stream: Http2Stream) -> None:
            fields = [(f"x-{n}", "y" * 1000) for n in range(size // 1000)]
            stream.start(200, *fields)
            await stream.data(b"clean", end=True)

        return streams(answer)

    def length(announced: int) -> Perform:
        async def answer(stream: Http2Stream) -> None:
            stream.start(200, ("content-length", str(announced)))
            await stream.data(b"hello", end=True)

        return streams(answer)

    def http1(*alpn: str) -> Perform:
        said = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean"
        return lambda stage: stage.raw(said, tls=stage.authority.context("127.0.0.1", alpn=alpn)).url

    other = Fails(ProtocolError, "body", "the body has another length than announced")
    too_long = Fails(LimitExceeded, "response", "longer heads than it may")
    pushed = Fails(ProtocolError, "response", BROKEN)
    yield Fault("H08", "20 KB of header lines", long(20_000), AGAIN, then=b"clean")
    yield Fault("H08b", "200 KB of header lines", long(200_000), AGAIN, then=b"clean")
    yield Fault("H08c", "1 MB of header lines", long(1_000_000), too_long, within=2, then=b"clean")
    yield Fault("H09", "more bytes than announced", length(3), other, then=b"clean")
    yield Fault("H09b", "fewer bytes than announced", length(10), other, then=b"clean")
    yield Fault("H11", "a pushed answer", first(pushing), pushed, then=b"clean")
    yield Fault("H12", "HTTP/1.1 is chosen", http1("http/1.1"), AGAIN, then=b"clean")
    yield Fault("H12b", "nothing is chosen (no ALPN)", http1(), AGAIN, then=b"clean")


def frames() -> Iterator[Fault]:
    """Frames that break the rules: the connection is given up, and the next one is clean."""

    def row(letter: str, what: str, said: Said, code: str = "PROTOCOL_ERROR") -> Fault:
        async def talk(connection: Http2Connection) -> None:
            number = (await connection.request()).request.stream_id
            connection.say(said(number, connection))
            await connection.request()

        expected = Fails(ProtocolError, "response", rf"{BROKEN}: .*\({code}\)") if code else AGAIN
        return Fault(f"H13{letter}", what, first(talk), expected, then=b"clean")

    def head(c: Http2Connection, n: int, *fields: tuple[str, str]) -> bytes:
        return frame(HEADERS, n, c.block(*fields), flags=END_HEADERS)

    no_hpack, endless = b"\xff" * 5, b"\x7f\xff\xff\xff"
    wrong_setting, no_setting = b"\0\4\xff\xff\xff\xff", b"\xff\xff\0\0\0\1"
    te, split = ("transfer-encoding", "chunked"), ("a", "b\r\nc: d")
    size = "FRAME_SIZE_ERROR"
    yield row("", "no HTTP/2 at all", lambda n, c: b"HTTP/1.1 400 Bad Request\r\n\r\n", size)
    yield row("b", "a frame longer than allowed", lambda n, c: frame(DATA, n, bytes(16_385)), size)
    yield row("c", "DATA before a head", lambda n, c: frame(DATA, n, b"hello"))
    yield row("d", "DATA on no stream", lambda n, c: frame(DATA, 0, b"hello"))
    yield row("e", "a head on a stream that nobody opened", lambda n, c: head(c, n + 2, OK))
    yield row("f", "a head that does not decode", lambda n, c: frame(HEADERS, n, no_hpack, flags=END_HEADERS))
    yield row("g", "no status", lambda n, c: head(c, n, ("a", "b")))
    yield row("h", "a status that is none", lambda n, c: head(c, n, (":status", "abc")))
    yield row("i", "a header name in capitals", lambda n, c: head(c, n, OK, ("X-A", "b")))
    yield row("j", "a header that HTTP/2 does not have", lambda n, c: head(c, n, OK, te))
    yield row("k", "a line break in a header", lambda n, c: head(c, n, OK, split))
    yield row("l", "WINDOW_UPDATE by nothing", lambda n, c: frame(WINDOW_UPDATE, n, bytes(4)))
    yield row(
        "m", "a window larger than any", lambda n, c: frame(WINDOW_UPDATE, 0, endless), "FLOW_CONTROL_ERROR"
    )
    yield row("n", "a PING of 7 bytes", lambda n, c: frame(PING, 0, bytes(7)))
    yield row("o", "SETTINGS of 5 bytes", lambda n, c: frame(SETTINGS, 0, bytes(5)))
    yield row("p", "a setting out of its bounds", lambda n, c: frame(SETTINGS, 0, wrong_setting))
    yield row("q", "CONTINUATION of nothing", lambda n, c: frame(CONTINUATION, n, flags=END_HEADERS))
    yield row(
        "r", "PING within a head", lambda n, c: frame(HEADERS, n, c.block(OK)) + frame(PING, 0, bytes(8))
    )

    def unknown(n: int, c: Http2Connection) -> bytes:
        answer = head(c, n, OK) + frame(DATA, n, b"clean", flags=END_STREAM)
        return frame(200, n, bytes(100)) + frame(SETTINGS, 0, no_setting) + answer

    yield row("s", "frames and settings that nobody knows, and an answer", unknown, "")


FAULTS = [*going_away(), *resets(), *stalls(), *floods(), *heads(), *frames()]
