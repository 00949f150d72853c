"""The demo's own web server: asyncio streams and nothing else. The path of a URL says what its answer is."""

import asyncio
import json
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def running() -> Iterator[str]:
    """Start the server and give its address; stop it on leaving.

    It runs in a process of its own: a thread would share the interpreter lock with the client, and the
    demo would show the speed of the server. It ends when its standard input does, so never outlives us.
    """
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


def body(path: str) -> bytes:
    """The body that the server sends for a path, for the client to compare with."""
    match path.split("/")[1:]:
        case ["json", number]:
            return json.dumps({"id": int(number), "name": f"item {number}", "tags": ["a", "b"]}).encode()
        case ["file", size]:
            return bytes(range(256)) * (int(size) // 256)
        case _:
            return f"This is {path}\n".encode()


async def answer(path: str, writer: asyncio.StreamWriter) -> None:
    """Do what the path asks for."""
    match path.split("/")[1:]:
        case ["slow", milliseconds]:
            await asyncio.sleep(int(milliseconds) / 1000)
            respond(writer, "200 OK", body(path))
        case ["redirect", "1"]:
            respond(writer, "302 Found", b"", "Location: /json/1")
        case ["redirect", hops]:
            respond(writer, "302 Found", b"", f"Location: /redirect/{int(hops) - 1}")
        case ["missing"]:
            respond(writer, "404 Not Found", body(path))
        case ["broken"]:
            respond(writer, "500 Internal Server Error", body(path))
        case ["truncated"]:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + bytes(400))
            writer.close()
        case ["reset"]:
            # Closing a socket that lingers for zero seconds sends a reset instead of an orderly end.
            linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        case _:
            respond(writer, "200 OK", body(path))


def respond(writer: asyncio.StreamWriter, status: str, content: bytes, *headers: str) -> None:
    """Send one complete answer."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers, "", ""])
    writer.write(head.encode() + content)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection until the client closes it."""
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            await answer(request.split(b" ")[1].decode(), writer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        pass  # the client has closed the connection, or the demo is over
    finally:
        writer.close()


async def main() -> None:
    """Serve on a free port, tell it to the process that started us, and stop when that closes our input."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the demo; when it ends, so do we
    asyncio.run(main())
