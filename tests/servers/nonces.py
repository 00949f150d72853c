"""Servers whose every answer says which request it answers: for finding out whether answers are mixed up.

A request for `/KIND/NONCE`, with the nonce in its header `x-nonce` too, is answered with both in headers, and
with a body made of it, which is short or long as the nonce has it. KIND says how: plain, chunked, gzip,
redirect, which leads to plain, or echo, where the body is the request's own.
"""

import gzip
import random
from asyncio import StreamWriter
from collections import Counter

from tests.servers.http2 import Http2Stream
from tests.servers.pieces import END, chunk
from tests.servers.raw import RequestReader

LONGEST = 20_000
"""Bodies have about so many bytes at the most."""


def body_of(nonce: str) -> bytes:
    """The body that goes with a nonce; many are short, some are long."""
    size = int(LONGEST * random.Random(nonce).random() ** 3)
    return (nonce.encode() + b"\n") * (1 + size // (len(nonce) + 1))


def _answer(path: str, said: str, sent: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, fields and body, before they are framed: by the nonce of path and header."""
    _, kind, nonce = path.split("/")
    fields = [("x-nonce", nonce), ("x-said", said)]
    match kind:
        case "redirect":
            return 302, [*fields, ("location", f"/plain/{nonce}")], b"elsewhere"
        case "gzip":
            return 200, [*fields, ("content-encoding", "gzip")], gzip.compress(body_of(nonce), 1)
        case "echo":
            return 200, fields, sent
        case _:
            return 200, fields, body_of(nonce)


class Nonces:
    """The handlers of such servers, for `RawServer` and `each` of `Http2Server`."""

    def __init__(self) -> None:
        self.begun: Counter[tuple[str, str]] = Counter()
        """How often the head of a request with this method and nonce has come."""

    async def over_http1(self, reader: RequestReader, writer: StreamWriter) -> None:
        while True:
            head = await reader.head()
            method, path, _ = head.decode("latin-1").split(" ", 2)
            said = head.lower().partition(b"\r\nx-nonce: ")[2].partition(b"\r\n")[0].decode()
            self.begun[method, said] += 1
            status, fields, body = _answer(path, said, await reader.body(head))
            lines = [f"HTTP/1.1 {status} Nonce", *(f"{name}: {value}" for name, value in fields)]
            if path.startswith("/chunked/"):
                lines.append("transfer-encoding: chunked")
                third = 1 + len(body) // 3
                pieces = [body[start : start + third] for start in range(0, len(body), third)]
                body = b"".join(map(chunk, pieces)) + END
            else:
                lines.append(f"content-length: {len(body)}")
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
            if b"\r\nconnection: close\r\n" in head.lower():
                return

    async def over_http2(self, stream: Http2Stream) -> None:
        pseudo, said = stream.request.pseudo, stream.request.headers["x-nonce"]
        self.begun[pseudo["method"], said] += 1
        status, fields, body = _answer(pseudo["path"], said, await stream.body())
        stream.start(status, *fields)
        await stream.data(body, end=True)
