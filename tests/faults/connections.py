"""Faults of connections: refused, reset, closed as a request sets off, stalled, or not to be opened."""

import asyncio
import socket
from asyncio import StreamWriter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from fastfetch import (
    ConnectError,
    ConnectionRefused,
    ConnectTimeout,
    DNSError,
    IncompleteBody,
    ProtocolError,
    ReadTimeout,
    Timeout,
    TotalTimeout,
    WriteTimeout,
)

from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.stage import Stage
from tests.fetching import UNKNOWN_HOST
from tests.servers.raw import RequestReader, reset

CLEAN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
AGAIN = Delivered(b"clean")
UNSURE = "; the server may have processed the request all the same"
POST: dict[str, Any] = {"method": "POST", "content": b"x"}
IMPATIENT = {"timeout": Timeout(connect=0.2, read=0.2, write=0.2, total=30)}
LATE = "read timeout of 0.2 s"

Talk = Callable[[RequestReader, StreamWriter], Awaitable[None]]


def first(talk: Talk, *, times: int = 1) -> Callable[[Stage], str]:
    """The first connections go like this once a request has come; each later one is as it should be."""

    def perform(stage: Stage) -> str:
        async def handler(reader: RequestReader, writer: StreamWriter) -> None:
            wrong = server.ledger.accepted <= times
            await reader.body(await reader.head())
            await talk(reader, writer) if wrong else writer.write(CLEAN)

        server = stage.raw(handler)
        return server.url

    return perform


def says(*pieces: bytes, slam: bool = False) -> Talk:
    """These bytes, each by itself, and then the end or a reset."""

    async def talk(reader: RequestReader, writer: StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.02)  # So that what was said is there before the reset, which would undo it.
        if slam:
            reset(writer)

    return talk


def silent_after(said: bytes = b"") -> Talk:
    """These bytes, and nothing more, whatever comes."""

    async def talk(reader: RequestReader, writer: StreamWriter) -> None:
        writer.write(said)
        await reader.read()

    return talk


def refused(family: socket.AddressFamily) -> Callable[[Stage], str]:
    def perform(stage: Stage) -> str:
        """A port that is taken, by a socket that does not listen."""
        taken = stage.enter_context(socket.socket(family))
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        taken.bind((host, 0))
        shown = host if family == socket.AF_INET else f"[{host}]"
        return f"http://{shown}:{taken.getsockname()[1]}/"

    return perform


def full(stage: Stage) -> str:
    """A port whose queue of connections is full: the kernel drops whatever knocks."""
    listener = stage.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(4):
        knocking = stage.enter_context(socket.socket())
        knocking.setblocking(False)
        knocking.connect_ex(listener.getsockname())
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def connecting() -> Iterator[Fault]:
    nobody = Fails(ConnectionRefused, "connect", "no connection: Connection refused")
    yield Fault("C01", "nobody listens", refused(socket.AF_INET), nobody)
    yield Fault("C01b", "nobody listens on an IPv6 address", refused(socket.AF_INET6), nobody)
    yield Fault("C01c", "nobody listens, and it is a POST", refused(socket.AF_INET), nobody, **POST)
    unknown = Fails(DNSError, "dns", "the host name did not resolve")
    yield Fault("C02", "no host has this name", lambda _: f"http://{UNKNOWN_HOST}/", unknown)
    late = Fails(ConnectTimeout, "connect", "no connection within the connect timeout of 0.2 s")
    yield Fault("C04", "whatever knocks is dropped", full, late, options=IMPATIENT)
    total = Fails(TotalTimeout, "connect", "total timeout of 0.2 s")
    yield Fault("C04b", "the same, and the total timeout is shorter", full, total, options={"timeout": 0.2})


def resets() -> Iterator[Fault]:
    def row(id: str, what: str, talk: Talk, expected: Delivered | Fails, **more: Any) -> Fault:
        return Fault(id, what, first(talk, times=more.get("attempts", 1)), expected, then=b"clean", **more)

    slam, partly = says(slam=True), says(b"HTTP/1.1 200 OK\r\nConte", slam=True)
    lost = Fails(ConnectError, "response", "connection lost.*reset")
    unsure = Fails(ConnectError, "response", f"connection lost.*{UNSURE}")
    body = Fails(IncompleteBody, "body", "5 of 10 bytes")
    unknown = Fails(IncompleteBody, "body", "after 5 bytes")
    yield Fault("C06", "a reset before the answer, once", first(slam), AGAIN, attempts=2, then=b"clean")
    yield row("C06b", "a reset before the answer, twice", slam, lost, attempts=2)
    yield row("C06c", "a reset before the answer to a POST", slam, unsure, **POST)
    yield Fault("C06d", "a reset within the head, once", first(partly), AGAIN, attempts=2, then=b"clean")
    yield row("C06e", "a reset within the head, twice", partly, lost, attempts=2)
    yield row("C06f", "a reset within the body", says(HEAD + b"hello", slam=True), body)
    yield row("C06g", "a reset within a chunk", says(CHUNKED + b"a\r\nhello", slam=True), unknown)
    yield row("C06h", "a reset between chunks", says(CHUNKED + b"5\r\nhello\r\n", slam=True), unknown)


def tired(slam: bool) -> Callable[[Stage], str]:
    """A connection is kept, and ended just as it is used again: a redirect leads to that second request."""

    def perform(stage: Stage) -> str:
        async def handler(reader: RequestReader, writer: StreamWriter) -> None:
            target = (head := await reader.head()).split(b" ", 2)[1]
            await reader.body(head)
            if target != b"/":
                writer.write(CLEAN)
                return
            writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n")
            await reader.head()
            if slam:
                reset(writer)

        return stage.raw(handler).url

    return perform


def reused() -> Iterator[Fault]:
    closed = Fails(
        ProtocolError, "response", "without answering; the server may have processed the request all the same"
    )
    lost = Fails(ConnectError, "response", f"lost.*reset.*{UNSURE}")

    def row(letter: str, method: str, expected: Delivered | Fails, *, slam: bool = False) -> Fault:
        what = f"a kept connection is {'reset' if slam else 'closed'} just as it is used again, for {method}"
        attempts = 3 if expected == AGAIN else 2
        return Fault(f"C07{letter}", what, tired(slam), expected, method, attempts=attempts, then=b"clean")

    yield row("", "GET", AGAIN)
    yield row("b", "PUT", AGAIN)
    yield row("c", "DELETE", AGAIN)
    yield row("d", "OPTIONS", AGAIN)
    yield row("e", "POST", closed)
    yield row("f", "PATCH", closed)
    yield row("g", "GET", AGAIN, slam=True)
    yield row("h", "POST", lost, slam=True)


def drip(said: bytes, drop: bytes) -> Talk:
    """A drop each 20 ms: never silent, and never done."""

    async def talk(reader: RequestReader, writer: StreamWriter) -> None:
        writer.write(said)
        left = asyncio.ensure_future(reader.read())
        while not (await asyncio.wait([left], timeout=0.02))[0]:
            writer.write(drop)

    return talk


def stalls() -> Iterator[Fault]:
    def row(id: str, what: str, said: bytes, phase: str) -> Fault:
        expected = Fails(ReadTimeout, phase, f"the server was silent for the {LATE}")
        return Fault(id, what, first(silent_after(said)), expected, options=IMPATIENT, then=b"clean")

    def dripping(id: str, what: str, said: bytes, drop: bytes, phase: str) -> Fault:
        expected = Fails(TotalTimeout, phase, "total timeout of 0.3 s")
        options = {"timeout": Timeout(read=1, total=0.3)}
        return Fault(id, what, first(drip(said, drop)), expected, options=options, then=b"clean")

    def deaf(stage: Stage) -> str:
        """A connection that waits in the queue is taken by the system, and what comes on it by nobody."""
        listener = stage.enter_context(socket.create_server(("127.0.0.1", 0)))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield row("C05", "the other side vanishes within the body", HEAD + b"hello", "body")
    yield dripping("C08", "a head that comes drop by drop", b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", "response")
    yield dripping("C08b", "a body that comes drop by drop", b"HTTP/1.1 200 OK\r\n\r\n", b"x", "body")
    yield row("C09", "silence before the head", b"", "response")
    yield row("C09b", "silence within the head", b"HTTP/1.1 200 OK\r\nConte", "response")
    yield row("C09c", "silence within a chunk", CHUNKED + b"a\r\nhello", "body")
    yield row("C09d", "silence before the last chunk", CHUNKED + b"5\r\nhello\r\n", "body")
    yield row("C09e", "silence within trailers", CHUNKED + b"5\r\nhello\r\n0\r\na: b", "body")
    taken = Fails(WriteTimeout, "send", "took no more of the body for the write timeout of 0.2 s")
    body: dict[str, Any] = {"method": "POST", "content": bytes(32 * 2**20)}
    yield Fault("C09f", "a body that nobody takes", deaf, taken, options=IMPATIENT, **body)


def private(host: str) -> Callable[[Stage], str]:
    def perform(stage: Stage) -> str:
        server = stage.raw(b"")

        def untouched() -> None:
            assert server.ledger.accepted == 0, "a private address was connected to"

        stage.callback(untouched)
        return f"http://{host}:{server.port}/"

    return perform


def guarded() -> Iterator[Fault]:
    """Where `block_private` is set; tests/test_network.py has more spellings, and redirects."""
    hosts = ("127.0.0.1", "127.1", "2130706433", "[::ffff:127.0.0.1]", "localhost", "inside.test")
    for letter, host in zip(("", *"bcdef"), hosts, strict=True):
        options = {"block_private": True, "resolve": {"inside.test": "127.0.0.1"}}
        expected = Fails(ConnectError, "connect", "is not public, and block_private refuses it")
        yield Fault(f"C14{letter}", f"a private address: {host}", private(host), expected, options=options)


FAULTS = [*connecting(), *resets(), *reused(), *stalls(), *guarded()]
