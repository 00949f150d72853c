"""Faults of HTTP/1 framing (RFC 9112)."""

from asyncio import StreamWriter
from collections.abc import Callable

from fastfetch import IncompleteBody

from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.stage import Stage
from tests.servers.raw import Handler, RequestReader

CLEAN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean"


def said(answer: bytes, *, closes: bool = True) -> Handler:
    """These bytes for whatever is asked, and a clean answer at `/then`."""

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        while True:
            head = await reader.head()
            writer.write(CLEAN if head.startswith(b"GET /then ") else answer)
            if closes:
                return

    return handler


def raw(answer: bytes, *, closes: bool = True) -> Callable[[Stage], str]:
    return lambda stage: stage.raw(said(answer, closes=closes)).url


FAULTS = [
    Fault(
        "F01",
        "5 of 10 announced bytes, then the end",
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
        Fails(IncompleteBody, "body", r"5 of 10 bytes"),
        then=b"clean",
    ),
    Fault(
        "F02",
        "10 bytes where 5 are announced",
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloworld", closes=False),
        Delivered(b"hello"),
        then=b"clean",
    ),
]
