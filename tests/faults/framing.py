"""Faults of HTTP/1 framing (RFC 9112, sections 6 to 8): where a body ends and the next answer begins."""

import asyncio
from asyncio import StreamWriter

from fastfetch import ConnectError, IncompleteBody, LimitExceeded, ProtocolError

from tests.faults.answers import CHUNKED, HELLO, OK, each, endless, raw, said
from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.stage import Stage
from tests.servers.raw import RequestReader, reset

CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
TINY = 200_000
"""Chunks of one byte, in the row; tests/test_faults.py has more of them."""


async def _halfway(reader: RequestReader, writer: StreamWriter) -> None:
    await reader.body(await reader.head())
    writer.write(OK + b"Content-Length: 10\r\n\r\nhello")
    await asyncio.sleep(0.02)  # A reset overtakes what is still on its way.
    reset(writer)


async def _slam(reader: RequestReader, writer: StreamWriter) -> None:
    await reader.body(await reader.head())
    reset(writer)


def _saying_farewell(stage: Stage) -> str:
    tls = stage.authority.context("127.0.0.1")
    return stage.raw(said(OK + b"\r\nhello"), tls=tls).url


def _without_farewell(stage: Stage) -> str:
    """With an end that anybody in between can make (RFC 8446, section 6.1)."""

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.body(await reader.head())
        writer.transport.set_write_buffer_limits(0)
        writer.write(OK + b"\r\nhello")
        await writer.drain()
        writer.transport.abort()

    return stage.raw(handler, tls=stage.authority.context("127.0.0.1")).url


CUT = "the connection ended after {} bytes"

FAULTS = [
    *each(
        "F01",
        Fails(IncompleteBody, "body", "received 5 of 10 bytes", {"expected": 10, "received": 5}),
        {
            "5 of 10 announced bytes, then the end": OK + b"Content-Length: 10\r\n\r\nhello",
            "the same with an error status": b"HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nhello",
        },
        then=b"clean",
    ),
    Fault(
        "F01c",
        "none of 10 announced bytes",
        raw(OK + b"Content-Length: 10\r\n\r\n"),
        Fails(IncompleteBody, "body", "received 0 of 10 bytes", {"expected": 10, "received": 0}),
        then=b"clean",
    ),
    Fault(
        "F01d",
        "5 of 10 announced bytes, then a reset",
        lambda stage: stage.raw(_halfway).url,
        Fails(IncompleteBody, "body", "received 5 of 10 bytes", {"expected": 10, "received": 5}),
    ),
    Fault(
        "F02",
        "10 bytes where 5 are announced",
        raw(OK + b"Content-Length: 5\r\n\r\nhelloworld", closes=False),
        Delivered(b"hello", words="the 5 bytes; the rest reaches nobody"),
        apart=True,
        then=b"clean",
    ),
    Fault(
        "F03",
        "two answers to one request",
        raw(OK + HELLO + OK + b"Content-Length: 6\r\n\r\npoison", closes=False),
        Delivered(b"hello", words="the first; the second reaches nobody"),
        apart=True,
        then=b"clean",
    ),
    *each(
        "F04",
        Delivered(b"hello"),
        {
            "the same Content-Length twice": OK + b"Content-Length: 5\r\n" + HELLO,
            "the same Content-Length twice in one line": OK + b"Content-Length: 5, 5\r\n\r\nhello",
        },
        closes=False,
        then=b"clean",
    ),
    *each(
        "F05",
        Fails(ProtocolError, "response", "invalid content-length"),
        {
            "two different Content-Length": OK + b"Content-Length: 6\r\n" + HELLO,
            "Content-Length: -5": OK + b"Content-Length: -5\r\n\r\nhello",
            "Content-Length: +5": OK + b"Content-Length: +5\r\n\r\nhello",
            "Content-Length: 5abc": OK + b"Content-Length: 5abc\r\n\r\nhello",
            "an empty Content-Length": OK + b"Content-Length: \r\n\r\nhello",
            "a Content-Length above 2⁶⁴": OK + b"Content-Length: 18446744073709551621\r\n\r\nhello",
            "a Content-Length in Arabic digits": OK + "Content-Length: ٥\r\n\r\nhello".encode(),
            "two different Content-Length in one line": OK + b"Content-Length: 5, 6\r\n\r\nhello",
        },
        closes=False,
        then=b"clean",
    ),
    Fault(
        "F05i",
        "a Content-Length of nearly 2⁶⁴",
        raw(OK + b"Content-Length: 18446744073709551615\r\n\r\nhello"),
        Fails(LimitExceeded, "response", "the length that it announces"),
        then=b"clean",
    ),
    *each(
        "F06",
        Delivered(b"hello", words="the chunks; the connection is not used again"),
        {
            "Content-Length before chunks": OK
            + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
            + CHUNKS,
            "chunks before Content-Length": OK
            + b"Transfer-Encoding: chunked\r\nContent-Length: 9999999999\r\n\r\n"
            + CHUNKS,
        },
        closes=False,
        apart=True,
        then=b"clean",
    ),
    Fault(
        "F06c",
        "chunks that are cut, and a Content-Length",
        raw(OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        Fails(IncompleteBody, "body", CUT.format(5), {"expected": None, "received": 5}),
        then=b"clean",
    ),
    *each(
        "F07",
        Fails(ProtocolError, "response", "a Transfer-Encoding other than chunked"),
        {
            f"Transfer-Encoding: {coding}": OK + f"Transfer-Encoding: {coding}\r\n\r\n".encode() + CHUNKS
            for coding in ("foo", "xchunked", "chunked, identity", "chunked, chunked", "identity")
        },
        closes=False,
        then=b"clean",
    ),
    Fault(
        "F07f",
        "chunks in an answer of HTTP/1.0, which knows none",
        raw(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS),
        Fails(ProtocolError, "response", "unexpected transfer-encoding"),
        then=b"clean",
    ),
    *each(
        "F08",
        Fails(ProtocolError, "response", "a Transfer-Encoding other than chunked: gzip"),
        {
            "Transfer-Encoding: gzip, chunked": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS,
            "the same in two lines": OK
            + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
            + CHUNKS,
        },
        closes=False,
        then=b"clean",
    ),
    *(
        Fault(
            id,
            what,
            raw(CHUNKED + chunks),
            Fails(IncompleteBody, "body", CUT.format(received), {"expected": None, "received": received}),
            then=b"clean",
        )
        for id, what, chunks, received in (
            ("F09a", "a chunk that is cut", b"5\r\nhel", 3),
            ("F09b", "no last chunk", b"5\r\nhello\r\n", 5),
            ("F09c", "a last chunk, and no empty line after it", b"5\r\nhello\r\n0\r\n", 5),
            ("F09d", "the end within the size of a chunk", b"5", 0),
        )
    ),
    *(
        Fault(
            f"F10{letter}",
            what,
            raw(CHUNKED + chunks + b"\r\n0\r\n\r\n", closes=False),
            Fails(ProtocolError, "body", words),
            then=b"clean",
        )
        for letter, what, chunks, words in (
            ("a", "a chunk of size ZZ", b"ZZ\r\nhello", "missing size digit"),
            ("b", "a chunk of size -5", b"-5\r\nhello", "missing size digit"),
            ("c", "a chunk of size 0x5", b"0x5\r\nhello", "Invalid Size"),
            ("d", "a size of 17 hexadecimal digits", b"1" * 17 + b"\r\nhello", "chunk size: overflow"),
            ("e", "no line end after a chunk", b"5\r\nhello5\r\nhello", "Invalid chunk body"),
            ("f", "bare line feeds after size and chunk", b"5\nhello\n", "Invalid Size"),
            ("g", "a chunk without a size", b"\r\nhello", "missing size digit"),
        )
    ),
    Fault(
        "F11",
        f"{TINY:,} chunks of one byte",
        raw(CHUNKED + b"1\r\nx\r\n" * TINY + b"0\r\n\r\n", closes=False),
        Delivered(b"x" * TINY, words="the whole body; a chunk costs the same however many there are"),
        within=2.0,
        then=b"clean",
    ),
    Fault(
        "F12a",
        "an endless chunk extension",
        endless(CHUNKED + b"5;", b"x" * 1000),
        Fails(LimitExceeded, "body", "extensions over limit"),
        fills=True,
        then=b"clean",
    ),
    Fault(
        "F12b",
        "trailers without end",
        endless(CHUNKED + b"5\r\nhello\r\n0\r\n", b"x: y\r\n" * 100),
        Fails(LimitExceeded, "body", "trailers"),
        fills=True,
        then=b"clean",
    ),
    Fault(
        "F12c",
        "an endless trailer",
        endless(CHUNKED + b"5\r\nhello\r\n0\r\nx: ", b"y" * 1000),
        Fails(LimitExceeded, "body", "trailers"),
        fills=True,
        then=b"clean",
    ),
    Fault(
        "F12d",
        "a body without end",
        endless(OK + b"\r\n", b"x" * 10_000),
        Fails(LimitExceeded, "body", "max_body=1000000", {"limit": 1_000_000}),
        options={"max_body": 1_000_000},
        fills=True,
        then=b"clean",
    ),
    Fault(
        "F12e",
        "chunks without end",
        endless(CHUNKED, b"64\r\n" + b"x" * 100 + b"\r\n"),
        Fails(LimitExceeded, "body", "max_body=1000000", {"limit": 1_000_000}),
        options={"max_body": 1_000_000},
        fills=True,
        then=b"clean",
    ),
    Fault(
        "F12f",
        "a Content-Length above max_body",
        raw(OK + b"Content-Length: 2000\r\n\r\n", closes=False),
        Fails(LimitExceeded, "body", "announced with 2000 bytes", {"limit": 1000, "value": 2000}),
        options={"max_body": 1000},
        then=b"clean",
    ),
    Fault(
        "F13",
        "no length: the body lasts until the connection closes",
        raw(OK + b"\r\nhello"),
        Delivered(
            b"hello",
            complete=False,
            words="the body; the response says that nobody can tell whether it is whole",
        ),
        then=b"clean",
    ),
    Fault(
        "F14a",
        "the same over TLS, with its farewell",
        _saying_farewell,
        Delivered(b"hello", words="the body, which is whole: nobody in between can forge the farewell"),
    ),
    Fault(
        "F14b",
        "the same over TLS, without a farewell: anybody in between may have cut it",
        _without_farewell,
        Fails(IncompleteBody, "body", CUT.format(5), {"expected": None, "received": 5}),
    ),
    Fault(
        "F15a",
        "the end of the connection in place of an answer",
        raw(b""),
        Fails(ProtocolError, "response", "the server closed the connection without answering"),
        attempts=2,
        then=b"clean",
    ),
    Fault(
        "F15b",
        "a reset in place of an answer",
        lambda stage: stage.raw(_slam).url,
        Fails(ConnectError, "response", "connection lost"),
        attempts=2,
    ),
]
