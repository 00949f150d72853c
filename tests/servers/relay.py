"""What the proxies written here share: where they connect to, how they pass bytes on, how they go wrong."""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Mapping

Fault = bytes | Callable[[StreamReader, StreamWriter], Awaitable[None]]
"""What a proxy does in place of its next step: these bytes, then the end of the connection; or this."""

Pair = tuple[StreamReader, StreamWriter]

Hosts = Mapping[str, str]
"""The addresses of the names a proxy knows, `localhost` apart. It asks no name server."""


async def commit(fault: Fault, reader: StreamReader, writer: StreamWriter) -> None:
    """Go wrong in this way."""
    if isinstance(fault, bytes):
        writer.write(fault)
    else:
        await fault(reader, writer)


def stall(said: bytes = b"") -> Fault:
    """Say this much, and nothing more until the client has left."""

    async def fault(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(said)
        await reader.read()

    return fault


async def reach(hosts: Hosts, host: str, port: int) -> Pair:
    """A connection to a host on loopback; any other is an `OSError`, as a real network's refusal would be."""
    address = {"localhost": "127.0.0.1", **hosts}.get(host, host)
    if address != "::1" and not address.startswith("127."):
        raise OSError(f"{host!r} is not on loopback")
    return await asyncio.open_connection(address, port)


async def relay(client: Pair, origin: Pair) -> None:
    """Pass on everything both ways until both sides have ended."""
    try:
        await asyncio.gather(pass_on(client[0], origin[1]), pass_on(origin[0], client[1]))
    finally:
        await end(origin[1])


async def end(writer: StreamWriter) -> None:
    """Close a connection, and see it closed before this server's loop may end."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def pass_on(source: StreamReader, sink: StreamWriter) -> None:
    """Pass on everything one way, the end included."""
    with contextlib.suppress(OSError):
        while data := await source.read(2**16):
            sink.write(data)
            await sink.drain()
    if sink.can_write_eof():
        with contextlib.suppress(OSError):
            sink.write_eof()
    else:
        sink.close()
