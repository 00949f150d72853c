"""A server whose answers are faulty as the path says, one of `FAULTS`; at any other they are good."""

from asyncio import StreamWriter

from tests.servers.raw import RequestReader, reset

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

_SAID = {
    "/garbage": b"\x00\xff this is no HTTP\r\n\r\n",
    "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
    "/cut-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "/bad-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
    "/bad-gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "/long-head": b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 2**20 + b"\r\n\r\n",
    "/closed": b"",
}
"""What is said, and then the connection is closed."""

LOOP = b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n"

FAULTS = (*_SAID, "/reset", "/silent", "/loop")


async def faulty(reader: RequestReader, writer: StreamWriter) -> None:
    """A handler of `RawServer`."""
    while True:
        head = await reader.head()
        path = head.split(b" ", 2)[1].decode()
        if path in _SAID:
            writer.write(_SAID[path])
            break
        match path:
            case "/reset":
                reset(writer)
                break
            case "/silent":
                await reader.read()
                break
            case "/loop":
                writer.write(LOOP)
            case _:
                writer.write(OK)
