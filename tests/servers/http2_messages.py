"""An HTTP/2 request as a test's server saw it, and frames for it to say."""

from dataclasses import dataclass, field

Fields = list[tuple[str, str]]


class ClientGone(ConnectionError):
    """The client ended the connection, or reset the stream. A handler may let it pass."""


@dataclass
class Http2Request:
    """One request; what follows its head is added as it comes."""

    connection: int
    """Which of the ledger's connections it came on."""
    stream_id: int
    fields: Fields
    """Pseudo-header fields and header fields, in the order they came."""
    received: bytearray = field(default_factory=bytearray)
    """As much of the body as has come."""
    trailers: Fields = field(default_factory=list)
    ended: bool = False
    """Whether the client has said all of it."""
    reset: int | None = None
    """The code with which the client took it back."""

    @property
    def body(self) -> bytes:
        return bytes(self.received)

    @property
    def pseudo(self) -> dict[str, str]:
        """Pseudo-header fields without their colon: method, scheme, authority, path."""
        return {name[1:]: value for name, value in self.fields if name.startswith(":")}

    @property
    def header_items(self) -> Fields:
        """Header fields in the order they came."""
        return [(name, value) for name, value in self.fields if not name.startswith(":")]

    @property
    def headers(self) -> dict[str, str]:
        """Header fields by name."""
        return dict(self.header_items)


def frame(
    kind: int, stream_id: int, payload: bytes = b"", *, flags: int = 0, length: int | None = None
) -> bytes:
    """A frame of any kind with any flags, and with a wrong length where one is given."""
    size = len(payload) if length is None else length
    return size.to_bytes(3) + bytes((kind, flags)) + stream_id.to_bytes(4) + payload


def encoded(fields: Fields) -> list[tuple[bytes, bytes]]:
    """Fields as h2 takes them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


def decoded(headers: object) -> Fields:
    """Fields as h2 gives them."""

    def text(part: bytes | str) -> str:
        return part if isinstance(part, str) else part.decode("latin-1")

    assert isinstance(headers, list)
    return [(text(name), text(value)) for name, value in headers]
