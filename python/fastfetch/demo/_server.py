"""The demo site's web server: asyncio streams and nothing else. Run as a program of its own by `Site`."""

from __future__ import annotations

import asyncio
import signal
import socket
import struct
import sys

from fastfetch.demo._answers import Answer, Answers, Request, reason

MAX_HEAD = 64 * 2**10
MAX_BODY = 16 * 2**20


class Refused(Exception):
    """What came is no request that this server reads; where the next one would begin is not known."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: Answers) -> None:
    """Answers the requests of one connection until the client closes it."""
    try:
        while await exchange(reader, writer, answers):
            pass
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        pass  # the client has closed the connection, or the site is closed
    finally:
        writer.close()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: Answers) -> bool:
    """Reads a request and answers it. True where another may follow on the connection."""
    try:
        request, stays = await read(reader, writer)
        answer = answers.to(request)
    except Refused as refusal:
        request, stays = Request("GET", "/"), False
        answer = Answer(f"{refusal}\n".encode(), status=refusal.status)
    if answer.delay:
        await asyncio.sleep(answer.delay)
    if answer.end == "reset":
        # Closing a socket that lingers for zero seconds sends a reset instead of an orderly end.
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
        return False
    await respond(writer, answer, head_only=request.method == "HEAD", stays=stays)
    return stays and answer.end == "whole"


async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[Request, bool]:
    """The next request (RFC 9112), and whether the connection stays open after it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise Refused(431, f"expected a head of at most {MAX_HEAD} bytes") from None
    first, *lines = head.decode("latin-1")[:-4].split("\r\n")
    match first.split(" "):
        case [method, target, ("HTTP/1.0" | "HTTP/1.1") as version] if target.startswith("/"):
            pass
        case _:
            raise Refused(400, "expected a request line such as GET /json/1 HTTP/1.1")
    headers = [(name, value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines)]
    fields = {name.lower(): value for name, value in headers}
    if "transfer-encoding" in fields:
        raise Refused(411, "expected a Content-Length")
    size = fields.get("content-length", "0")
    if not (size.isascii() and size.isdigit()):
        raise Refused(400, "expected a number as Content-Length")
    if len(size) > 10 or int(size) > MAX_BODY:
        raise Refused(413, f"expected a body of at most {MAX_BODY} bytes")
    if fields.get("expect", "").lower() == "100-continue" and version == "HTTP/1.1":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(int(size))
    said = fields.get("connection", "").lower()
    stays = "close" not in said if version == "HTTP/1.1" else "keep-alive" in said
    return Request(method, target, tuple(headers), body), stays


async def respond(writer: asyncio.StreamWriter, answer: Answer, *, head_only: bool, stays: bool) -> None:
    """Sends an answer, large ones piece by piece."""
    length = len(answer.body) if answer.length is None else answer.length
    fields = [("Server", "fastfetch-demo"), *answer.headers]
    if answer.status not in (204, 304):
        fields += [("Content-Type", answer.content_type), ("Content-Length", str(length))]
    fields.append(("Connection", "keep-alive" if stays else "close"))
    lines = [
        f"HTTP/1.1 {answer.status} {reason(answer.status)}",
        *(f"{name}: {value}" for name, value in fields),
    ]
    head = "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
    left = 0 if head_only else len(answer.body) if answer.end == "cut" else length
    writer.write(head + answer.body[:left])
    left -= len(answer.body)
    while left > 0:
        await writer.drain()
        writer.write(answer.body[:left])
        left -= len(answer.body)
    await writer.drain()


async def main() -> None:
    """Serves on a free port, tells it to whoever started us, and stops when they close our input."""
    answers = Answers()
    server = await asyncio.start_server(
        lambda reader, writer: serve(reader, writer, answers), "127.0.0.1", 0, limit=MAX_HEAD, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(main())
