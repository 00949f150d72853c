"""What the servers of faults say, byte by byte."""

import string
from asyncio import StreamWriter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.stage import Stage
from tests.servers.messages import Answer
from tests.servers.raw import Handler, RequestReader

OK = b"HTTP/1.1 200 OK\r\n"
HELLO = b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CLEAN = OK + b"Content-Length: 5\r\n\r\nclean"

Perform = Callable[[Stage], str]


def said(answer: bytes, *, closes: bool = True) -> Handler:
    """These bytes for whatever is asked, and a clean answer at `/then`."""

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        while True:
            head = await reader.head()
            await reader.body(head)
            writer.write(CLEAN if head.startswith(b"GET /then ") else answer)
            if closes:
                return

    return handler


def raw(answer: bytes, *, closes: bool = True) -> Perform:
    """A server that says these bytes, and then closes the connection or does not."""
    return lambda stage: stage.raw(said(answer, closes=closes)).url


def endless(start: bytes, more: bytes) -> Perform:
    """A server that begins an answer so, and goes on like this without end."""

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        head = await reader.head()
        await reader.body(head)
        if head.startswith(b"GET /then "):
            writer.write(CLEAN)
            return
        writer.write(start)
        while True:
            writer.write(more)
            await writer.drain()

    return lambda stage: stage.raw(handler).url


def lettered(id: str, faults: Iterable[Fault], *, first: str = "a") -> list[Fault]:
    """The variants of one row: each gets a letter after its number."""
    letters = string.ascii_lowercase[string.ascii_lowercase.index(first) :]
    return [replace(fault, id=id + letter) for letter, fault in zip(letters, faults, strict=False)]


def each(
    id: str,
    expected: Delivered | Fails,
    answers: Mapping[str, bytes],
    *,
    first: str = "a",
    closes: bool = True,
    **more: Any,
) -> list[Fault]:
    """The variants of one row, of which the same comes: what the other side does, and what it says."""
    faults = [
        Fault(id, what, raw(answer, closes=closes), expected, **more) for what, answer in answers.items()
    ]
    return lettered(id, faults, first=first)


def coded(body: bytes, *codings: str, status: int = 200, more: tuple[tuple[str, str], ...] = ()) -> Perform:
    """A server whose answer has this body, under these `Content-Encoding` lines."""
    lines = tuple(("Content-Encoding", coding) for coding in codings)
    return lambda stage: stage.routes({"/": Answer(body, status, lines + more)}).url
