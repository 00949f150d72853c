"""A SOCKS server in this process: versions 4, 4a and 5 (RFC 1928), with users or without (RFC 1929).

    with SocksServer(user=("ann", "secret"), hosts={"origin.test": "127.0.0.1"}) as socks:
        ...
    assert socks.requests == [SocksRequest(5, "origin.test", 443, by_name=True)]
    assert socks.credentials == [b"ann:secret"]

`by_name` tells that the client left the name to be looked up here. A fault takes the place of one of the
server's answers: to the client's greeting, its login or its request.

    SocksServer(faults={"greeting": NO_METHOD})
    SocksServer(faults={"request": refusal(HOST_UNREACHABLE)})
    SocksServer(faults={"login": stall()})
"""

import ipaddress
from asyncio import StreamWriter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tests.servers.raw import RawServer, RequestReader
from tests.servers.relay import Fault, Hosts, commit, reach, relay

Step = Literal["greeting", "login", "request"]

GENERAL_FAILURE, NOT_ALLOWED, NETWORK_UNREACHABLE, HOST_UNREACHABLE = 1, 2, 3, 4
CONNECTION_REFUSED, TTL_EXPIRED, COMMAND_NOT_SUPPORTED, ADDRESS_NOT_SUPPORTED = 5, 6, 7, 8
"""The replies of SOCKS5 that are failures."""

BOUND = b"\x01\x7f\x00\x00\x01\x04\x38"
BOUND_IPV6 = b"\x04" + bytes(15) + b"\x01\x04\x38"
BOUND_NAME = b"\x03\x09localhost\x04\x38"
"""What a SOCKS5 reply may say of the address the server connected from: an IPv4 or IPv6 one, or a name."""

NO_METHOD = b"\x05\xff"
LOGIN_FAILED = b"\x01\x01"
GARBAGE = b"HTTP/1.1 400 Bad Request\r\n\r\n"
CLOSE = b""

SOCKS4_REJECTED, SOCKS4_WRONG_USER = 91, 93

_NOTHING_OFFERED, _BY_PASSWORD, _OPEN = 0xFF, 2, 0


def refusal(code: int) -> bytes:
    """The SOCKS5 reply with this failure."""
    return bytes((5, code, 0)) + BOUND


def socks4_reply(code: int) -> bytes:
    """The SOCKS4 reply with this code."""
    return bytes((0, code)) + bytes(6)


@dataclass(frozen=True, slots=True)
class SocksRequest:
    """What a client asked to be connected with."""

    version: int
    host: str
    port: int
    by_name: bool
    """Whether the host came as a name, to be looked up by the server, even where it reads like an address."""


class SocksServer(RawServer):
    """Its ledger holds the raw bytes of each request, without the login; `requests` has them parsed.

    `credentials` has each `user:password` seen, of SOCKS4 the user alone; `bound` ends its replies.
    """

    def __init__(
        self,
        *,
        user: tuple[str, str] | None = None,
        hosts: Hosts | None = None,
        faults: Mapping[Step, Fault] | None = None,
        bound: bytes = BOUND,
    ) -> None:
        self.requests: list[SocksRequest] = []
        self.credentials: list[bytes] = []
        self.user = user
        self.hosts: Hosts = hosts or {}
        self.faults: Mapping[Step, Fault] = faults or {}
        self.bound = bound
        super().__init__(self._converse)
        self.address = f"{self.host}:{self.port}"
        self.url = f"socks5h://{self.address}"

    async def _converse(self, reader: RequestReader, writer: StreamWriter) -> None:
        match await reader.readexactly(1):
            case b"\x04":
                await self._version4(reader, writer)
            case b"\x05":
                await self._version5(reader, writer)
            case other:
                raise ValueError(f"the client's first byte is {other!r}, which is no SOCKS")

    async def _version4(self, reader: RequestReader, writer: StreamWriter) -> None:
        head = await reader.readexactly(7)
        _must(head[0] == 1, "CONNECT", head)
        user = await reader.readuntil(b"\0")
        raw, address = b"\x04" + head + user, head[3:]
        # SOCKS4a: an address that cannot be means that a name follows.
        by_name = address[:3] == bytes(3) and address[3] != 0
        host = str(ipaddress.IPv4Address(address))
        if by_name:
            name = await reader.readuntil(b"\0")
            raw, host = raw + name, name[:-1].decode("latin-1")
        if user[:-1]:
            self.credentials.append(user[:-1])
        request = SocksRequest(4, host, int.from_bytes(head[1:3]), by_name)
        if self.user is not None and user[:-1].decode() != self.user[0]:
            self._note(request, raw)
            writer.write(socks4_reply(SOCKS4_WRONG_USER))
        else:
            await self._connect(request, raw, reader, writer)

    async def _version5(self, reader: RequestReader, writer: StreamWriter) -> None:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        if (fault := self.faults.get("greeting")) is not None:
            return await commit(fault, reader, writer)
        method = _OPEN if self.user is None else _BY_PASSWORD
        if method not in methods:
            writer.write(NO_METHOD)
            return None
        writer.write(bytes((5, method)))
        if method == _BY_PASSWORD and not await self._login(reader, writer):
            return None
        head = await reader.readexactly(4)
        _must(head[:3] == b"\x05\x01\x00", "CONNECT", head)
        raw, kind = head, head[3]
        if kind == 3:
            length = await reader.readexactly(1)
            name = await reader.readexactly(length[0])
            raw, host = raw + length + name, name.decode("latin-1")
        else:
            _must(kind in (1, 4), "an address of a known kind", head)
            packed = await reader.readexactly(4 if kind == 1 else 16)
            raw, host = raw + packed, str(ipaddress.ip_address(packed))
        port = await reader.readexactly(2)
        request = SocksRequest(5, host, int.from_bytes(port), kind == 3)
        return await self._connect(request, raw + port, reader, writer)

    async def _login(self, reader: RequestReader, writer: StreamWriter) -> bool:
        """Whether the client said the right user and password."""
        head = await reader.readexactly(2)
        _must(head[0] == 1, "version 1 of the login", head)
        user = await reader.readexactly(head[1])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        said = user + b":" + password
        self.credentials.append(said)
        if (fault := self.faults.get("login")) is not None:
            await commit(fault, reader, writer)
            return False
        right = self.user is not None and said == ":".join(self.user).encode()
        writer.write(b"\x01\x00" if right else LOGIN_FAILED)
        return right

    async def _connect(
        self, request: SocksRequest, raw: bytes, reader: RequestReader, writer: StreamWriter
    ) -> None:
        self._note(request, raw)
        if (fault := self.faults.get("request")) is not None:
            return await commit(fault, reader, writer)
        of4 = request.version == 4
        try:
            origin = await reach(self.hosts, request.host, request.port)
        except ConnectionRefusedError:
            writer.write(socks4_reply(SOCKS4_REJECTED) if of4 else refusal(CONNECTION_REFUSED))
        except OSError:
            writer.write(socks4_reply(SOCKS4_REJECTED) if of4 else refusal(HOST_UNREACHABLE))
        else:
            writer.write(socks4_reply(90) if of4 else b"\x05\x00\x00" + self.bound)
            await relay((reader, writer), origin)
        return None

    def _note(self, request: SocksRequest, raw: bytes) -> None:
        self.requests.append(request)
        self.ledger.note_request(raw)


def _must(right: bool, expected: str, said: bytes) -> None:
    """A client that breaks the protocol fails the test when the server closes."""
    if not right:
        raise ValueError(f"the client said {said!r} where {expected} was expected")
