"""What became of one URL of a command line, and what is written of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastfetch._display import human_bytes, human_seconds

if TYPE_CHECKING:
    from fastfetch._core import Response
    from fastfetch._exceptions import FetchError

__all__ = ["Outcome", "dumped"]

_TEXTUAL = ("text/", "application/json", "application/xml", "application/javascript")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A response, where its URL stood in the input, and how it was written there, without a password."""

    index: int
    url: str
    response: Response

    @property
    def error(self) -> FetchError | None:
        """Why there is no answer."""
        return self.response.error

    @property
    def kind(self) -> int | str:
        """The status, or the class of the error."""
        return type(self.error).__name__ if self.error else self.response.status_code

    @property
    def content(self) -> bytes:
        """The body; empty where there is no answer."""
        return b"" if self.error else self.response.content

    @property
    def content_type(self) -> str | None:
        """What the server says that the body is."""
        return None if self.error else self.response.headers.get("content-type")

    @property
    def message(self) -> str:
        """What went wrong, in words."""
        if self.error:
            return str(self.error)
        return (
            f"{self.response.method} {self.url}: {self.response.status_code} {self.response.reason}".rstrip()
        )

    def line(self) -> tuple[str, str]:
        """The status, for which there are dashes without an answer; and size, time and URL."""
        if self.error:
            status, kind = "---", f"  {self.kind}"
        else:
            status, kind = str(self.response.status_code), ""
        took = human_seconds(self.response.elapsed.total_seconds())
        return status, f"{human_bytes(len(self.content)):>8}  {took:>9}  {self.url}{kind}"

    def record(self) -> dict[str, Any]:
        """All that is known of it but the body, for JSON."""
        error, response = self.error, self.response
        return {
            "index": self.index,
            "url": self.url,
            "final_url": None if error else response.url,
            "status": None if error else response.status_code,
            "ok": response.ok,
            "error": None if error is None else str(error),
            "error_kind": None if error is None else type(error).__name__,
            "attempts": response.attempts,
            "elapsed": round(response.elapsed.total_seconds(), 6),
            "size": len(self.content),
            "content_type": self.content_type,
            "headers": None if error else dict(response.headers.items()),
        }

    def body(self) -> dict[str, str]:
        """The body, for JSON: as text where it is text, and then no byte of it is lost; else in Base64."""
        content = self.content
        if self.error:
            return {}
        encoding = self._encoding()
        if encoding is None:
            import base64

            return {"body_base64": base64.b64encode(content).decode()}
        return {"body": content.decode(encoding)} | ({} if encoding == "utf-8" else {"encoding": encoding})

    def _encoding(self) -> str | None:
        """An encoding by which the body is text and back."""
        kind = (self.content_type or "").lower()
        for encoding in ("utf-8", self.response.encoding if kind.startswith(_TEXTUAL) else ""):
            try:
                if encoding and self.content.decode(encoding).encode(encoding) == self.content:
                    return encoding
            except (UnicodeError, LookupError):
                pass
        return None


# Line ends to some readers, which JSON does not escape.
_LINE_ENDS = str.maketrans({end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"})


def dumped(record: dict[str, Any], *, ascii_only: bool = False) -> bytes:
    """A line of JSON."""
    return json.dumps(record, ensure_ascii=ascii_only).translate(_LINE_ENDS).encode() + b"\n"
