"""Bodies cut at random places: whatever the framing and the coding, none is ever taken for whole."""

import asyncio
import random
from asyncio import StreamWriter
from collections import Counter

import pytest
from fastfetch import TLS, Client, FetchError, IncompleteBody, Response
from h2.errors import ErrorCodes

from tests.amounts import times
from tests.coding import CODINGS
from tests.conftest import Http2ServerFactory, RawServerFactory
from tests.servers.http2 import Http2Stream, each
from tests.servers.raw import Handler, RequestReader
from tests.servers.tls import Authority

CUTS = times(1000, 30)
"""For each framing or coding, over each protocol."""

BODY = b"".join(b"%d bottles of beer on the wall; " % (n * n) for n in range(1000))
RESETS = (ErrorCodes.NO_ERROR, ErrorCodes.CANCEL, ErrorCodes.INTERNAL_ERROR)


def framed(how: str) -> tuple[bytes, bytes]:
    """Header lines and body of a whole answer, framed or coded in this way."""
    if how == "length":
        return b"Content-Length: %d\r\n" % len(BODY), BODY
    if how == "chunked":
        parts = (BODY[at : at + 1000] for at in range(0, len(BODY), 1000))
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
        return b"Transfer-Encoding: chunked\r\n", chunks + b"0\r\n\r\n"
    wire, encode = CODINGS[how]
    return b"Content-Encoding: %s\r\n" % wire.encode(), encode(BODY)


HOW = pytest.mark.parametrize("how", ["length", "chunked", *CODINGS])


def cutting(how: str) -> Handler:
    """A server that cuts its answer where the path says, with a good-bye or without."""
    lines, body = framed(how)

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        cut = int((await reader.head()).split()[1][1:])
        writer.transport.set_write_buffer_limits(0)
        writer.write(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n" + body[:cut])
        await writer.drain()
        if cut % 2 and cut < len(body):
            writer.transport.abort()

    return handler


def outcomes(url: str, size: int, authority: Authority) -> list[Response]:
    """What becomes of answers cut at random places, and of the whole one.

    Never before the first byte: an empty body is empty in any coding.
    """
    cuts = [*random.Random(url).choices(range(1, size), k=CUTS), size]

    async def main() -> list[Response]:
        async with Client(tls=TLS(ca=authority.ca_pem), timeout=30) as client:
            return list(await client.gather([f"{url}/{cut}" for cut in cuts]))

    return asyncio.run(main())


def must_fail(results: list[Response]) -> None:
    """All but the last, which is whole."""
    *cut, whole = results
    assert whole.content == BODY
    assert [response.url for response in cut if response.error is None] == []
    assert all(isinstance(response.error, FetchError) for response in cut), Counter(map(repr, cut))


@HOW
@pytest.mark.parametrize("secure", [False, True], ids=["clear", "TLS"])
def test_http1(raw_server: RawServerFactory, authority: Authority, how: str, secure: bool) -> None:
    tls = authority.context("127.0.0.1") if secure else None
    must_fail(outcomes(raw_server(cutting(how), tls=tls).url, len(framed(how)[1]), authority))


def test_http1_over_tls_without_any_framing(raw_server: RawServerFactory, authority: Authority) -> None:
    """The good-bye of TLS is the only sign of the end, and nobody in between can forge it (RFC 8446, 6.1)."""

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        cut = int((await reader.head()).split()[1][1:])
        writer.transport.set_write_buffer_limits(0)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + BODY[:cut])
        await writer.drain()
        if cut < len(BODY):
            writer.transport.abort()

    must_fail(outcomes(raw_server(handler, tls=authority.context("127.0.0.1")).url, len(BODY), authority))


@HOW
def test_http2(h2_server: Http2ServerFactory, authority: Authority, how: str) -> None:
    """By each kind of reset, and by an end that comes too early for the length or the coding."""
    coding = [("content-encoding", CODINGS[how][0])] if how in CODINGS else []
    body = framed(how)[1] if coding else BODY
    fields = [("content-length", str(len(body)))] if how == "length" else coding

    async def answer(stream: Http2Stream) -> None:
        cut = int(stream.request.pseudo["path"][1:])
        stream.start(200, *fields)
        if cut == len(body):
            await stream.data(body, end=True)
        elif fields and cut % 4 == 3:
            await stream.data(body[:cut], end=True)
        else:
            await stream.data(body[:cut])
            stream.reset(RESETS[cut % 3])

    server = h2_server(each(answer), tls=authority.context("127.0.0.1", alpn=("h2",)))
    must_fail(outcomes(server.url, len(body), authority))


@pytest.mark.parametrize("code", RESETS, ids=lambda code: code.name)
@pytest.mark.parametrize("length", [True, False], ids=["length", "no length"])
def test_what_came_is_counted(
    h2_server: Http2ServerFactory, authority: Authority, code: ErrorCodes, length: bool
) -> None:
    async def answer(stream: Http2Stream) -> None:
        stream.start(200, *([("content-length", "10")] if length else []))
        await stream.data(b"hello")
        stream.reset(code)

    server = h2_server(each(answer), tls=authority.context("127.0.0.1", alpn=("h2",)))

    async def main() -> IncompleteBody:
        async with Client(tls=TLS(ca=authority.ca_pem)) as client:
            with pytest.raises(IncompleteBody) as caught:
                await client.get(server.url)
        return caught.value

    error = asyncio.run(main())
    assert (error.expected, error.received, error.phase) == (10 if length else None, 5, "body")


def test_a_reset_after_the_end_takes_nothing_away(
    h2_server: Http2ServerFactory, authority: Authority
) -> None:
    """RFC 9113, section 8.1: so a server says that it needs no more of the request."""

    async def answer(stream: Http2Stream) -> None:
        stream.start(200)
        await stream.data(BODY, end=True)
        stream.reset(ErrorCodes.NO_ERROR)

    server = h2_server(each(answer), tls=authority.context("127.0.0.1", alpn=("h2",)))

    async def main() -> bytes:
        async with Client(tls=TLS(ca=authority.ca_pem)) as client:
            return (await client.post(server.url, content=b"x" * 10**6)).content

    assert asyncio.run(main()) == BODY
