"""A request as a test's server saw it, and the answer it gives."""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qsl, unquote

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_BODILESS = frozenset({204, 304})
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as its bytes came."""

    head: bytes
    body: bytes

    @classmethod
    def take(cls, buffer: bytearray) -> Self | None:
        """The first request in the buffer, removed from it; None while it has not come whole."""
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head, start = bytes(buffer[:end]), end + 4
        length = _CONTENT_LENGTH.search(head)
        stop = start + (int(length[1]) if length else 0)
        if len(buffer) < stop:
            return None
        body = bytes(buffer[start:stop])
        del buffer[:stop]
        return cls(head, body)

    @property
    def method(self) -> str:
        return self._line[0]

    @property
    def target(self) -> str:
        return self._line[1]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def rest(self) -> str:
        """What follows the first segment of the path, decoded: `b/c` of `/a/b/c`."""
        return unquote(self.path[1:].partition("/")[2])

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2]))

    @property
    def header_items(self) -> list[tuple[str, str]]:
        """Header fields in the order they came, names as they were written."""
        fields = (line.partition(":") for line in self.head.decode("latin-1").split("\r\n")[1:])
        return [(name, value.strip()) for name, _, value in fields]

    @property
    def headers(self) -> dict[str, str]:
        """Header fields by lower-case name."""
        return {name.lower(): value for name, value in self.header_items}

    @property
    def _line(self) -> list[str]:
        return self.head.partition(b"\r\n")[0].decode("latin-1").split(" ")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response. `Content-Length` is added; `Connection: close` among its headers is obeyed."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def json(cls, value: object, status: int = 200) -> Self:
        return cls(json.dumps(value).encode(), status, (("Content-Type", "application/json"),))

    @classmethod
    def text(cls, text: str, status: int = 200) -> Self:
        return cls(text.encode(), status, (("Content-Type", "text/plain; charset=utf-8"),))

    @classmethod
    def redirect(cls, location: str, status: int = 302) -> Self:
        return cls(b"", status, (("Location", location),))

    @property
    def closes(self) -> bool:
        return ("Connection", "close") in self.headers

    def encode(self, *, head_only: bool) -> bytes:
        """The bytes of this answer, without its body where HTTP allows none."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, '')}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.status not in _BODILESS:
            lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        return head if head_only or self.status in _BODILESS else head + self.body
