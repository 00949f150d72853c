"""A server that keeps the bodies it reads, in chunks or not, and answers 200."""

from asyncio import StreamWriter

from tests.servers.raw import RawServer, RequestReader


class BodyServer(RawServer):
    """Its `bodies` are in the order they came."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(self._hear)

    @property
    def head(self) -> bytes:
        """The head of the last request, in lower case."""
        return self.ledger.requests[-1].lower()

    async def _hear(self, reader: RequestReader, writer: StreamWriter) -> None:
        while True:
            head = await reader.head()
            self.bodies.append(await reader.body(head))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
