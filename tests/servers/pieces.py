"""An answer said piece by piece, so that a test knows what has come and what has not.

pieces = Pieces(b"one", b"two")
server = raw_server(pieces)
...             # The reader has b"one", and the server waits.
pieces.go(server)  # Now it says b"two".
"""

import asyncio
from asyncio import StreamWriter

from tests.servers.raw import RawServer, RequestReader

CHUNKED = "Transfer-Encoding: chunked"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Data as a chunk of a chunked body (RFC 9112, 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def head(*fields: str) -> bytes:
    """The head of an answer with these header lines."""
    return "\r\n".join(["HTTP/1.1 200 OK", *fields, "", ""]).encode("latin-1")


class Pieces:
    """A handler that says the first piece at once and each of the others when told to `go`; then the end.

    The connection is kept for the next request, which is answered in the same way.
    """

    def __init__(self, *pieces: bytes, fields: tuple[str, ...] = (), ends: bool = True) -> None:
        self.pieces = pieces
        self.head = head(CHUNKED, *fields)
        self.ends = ends
        self._signs = asyncio.Semaphore(0)

    def go(self, server: RawServer) -> None:
        """Say the next piece."""
        server.in_loop(self._signs.release)

    async def __call__(self, reader: RequestReader, writer: StreamWriter) -> None:
        while True:
            await reader.head()
            writer.write(self.head)
            for number, piece in enumerate(self.pieces):
                if number:
                    await self._signs.acquire()
                writer.write(chunk(piece))
            if not self.ends:
                await reader.read()  # Until the client goes away.
                return
            writer.write(END)
