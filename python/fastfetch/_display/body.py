"""The body of a response, as what it is: a picture, JSON, text or bytes; never more than a screenful."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from itertools import islice
from json import dumps
from typing import TYPE_CHECKING

from fastfetch._display import images
from fastfetch._display.markup import BLUE, GREEN, VIOLET, Html, block, element, heading, joined, text
from fastfetch._display.units import human_bytes
from fastfetch._exceptions import FetchError

if TYPE_CHECKING:
    from fastfetch._core import Response

MAX_LINES = 40
MAX_DEPTH = 6
MAX_JSON = 2_000_000  # bytes: a larger body is not decoded only to be looked at
_WIDTH = 160
_HEAD = 8_192  # bytes of text
_DUMP = 256  # bytes of anything else


def body_html(response: "Response") -> list[Html]:
    """The body under a title that says what it is taken for."""
    body = memoryview(response)
    size = human_bytes(len(body))
    if not body:
        return [heading("no body")]
    image = images.recognise(body)
    if image is not None:
        what = f"{image.type}, {image.width:,} × {image.height:,}, {size}"
        if image.is_harmless and len(body) <= images.MAX_BYTES:
            return [heading(what), _picture(image.type, response.content)]
        return [heading(f"{what}: too large to be shown"), _dump(body)]
    lines = _json(response, body) if response.decoded else None
    if lines is not None:
        return [heading(f"JSON, {size}"), _cut(lines)]
    start = response._text_of_first(_HEAD)
    if response.decoded and _is_text(start):
        is_whole = len(body) <= _HEAD
        return [heading(f"text, {response.encoding}, {size}"), _cut(_lines(start), is_whole)]
    return [heading(f"bytes, {size}"), _dump(body)]


def _picture(kind: str, content: bytes) -> Html:
    source = f"data:{kind};base64,{b64encode(content).decode()}"
    style = "max-width:100%;max-height:360px;background:#8882"
    return Html(f'<img src="{source}" alt="picture" style="{style}">')


def _cut(lines: Iterator[str], is_whole: bool = True) -> Html:
    """The first lines, and whether there are more."""
    shown = list(islice(lines, MAX_LINES + 1))
    if len(shown) > MAX_LINES or not is_whole:
        shown[MAX_LINES:] = ["…"]
    return block(*shown, width=_WIDTH)


def _lines(start: str) -> Iterator[str]:
    for line in start.split("\n"):
        yield line.rstrip("\r").expandtabs(4).replace("\xa0", " ")


def _is_text(start: str) -> bool:
    """Hardly anything in it is what no text has: whatever the server says, this decides."""
    odd = sum(c == "\ufffd" or (c < " " and c not in "\t\n\r\f\x1b") for c in start)
    return odd * 20 <= len(start)


def _dump(body: memoryview) -> Html:
    rows = [bytes(body[at : at + 16]) for at in range(0, min(len(body), _DUMP), 16)]
    lines = [
        f"{16 * row:08x}  {piece[:8].hex(' '):23}  {piece[8:].hex(' '):23}  {_ascii(piece)}"
        for row, piece in enumerate(rows)
    ]
    return block(*lines, *(["…"] if len(body) > _DUMP else []))


def _ascii(piece: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)


def _json(response: "Response", body: memoryview) -> Iterator[str] | None:
    """The lines of a body that is JSON; None where it is something else."""
    first = bytes(body[:64]).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    is_said = "json" in str(response.headers.get("content-type")).lower()
    if len(body) > MAX_JSON or not (is_said or first in (b"{", b"[")):
        return None
    try:
        return _value(response.json(), MAX_DEPTH)
    except FetchError:
        return None


def _value(value: object, depth: int, before: str = "", after: str = "") -> Iterator[Html]:
    """A value on as few lines as are easily read; `before` stands on the first, `after` on the last."""
    indent = Html("  " * (MAX_DEPTH - depth))
    if not isinstance(value, Mapping | list) or _is_short(value):
        yield joined(indent, before, _inline(value), after)
        return
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    if depth == 0:
        yield joined(indent, before, f"{opening} … {len(value):,} … {closing}", after)
        return
    yield joined(indent, before, opening)
    last = len(value) - 1
    pairs = value.items() if isinstance(value, Mapping) else ((None, item) for item in value)
    for number, (name, item) in enumerate(pairs):
        named = joined(_name(name), ": ") if name is not None else ""
        yield from _value(item, depth - 1, named, "," if number < last else "")
    yield joined(indent, closing, after)


def _is_short(value: Mapping[str, object] | list[object]) -> bool:
    """Does it fit on one line? Only what has few parts is looked at."""
    if len(value) > 8:
        return False
    parts = list(value.values()) if isinstance(value, Mapping) else value
    width = sum(map(len, value)) if isinstance(value, Mapping) else 0
    for part in parts:
        if isinstance(part, Mapping | list) and part:
            return False
        width += 4 + (len(part) if isinstance(part, str) else 8)
    return width <= 80


def _inline(value: object) -> Html:
    if isinstance(value, Mapping):
        pairs = [joined(_name(name), ": ", _scalar(item)) for name, item in value.items()]
        return joined("{", joined(pairs, by=", "), "}")
    if isinstance(value, list):
        return joined("[", joined(map(_scalar, value), by=", "), "]")
    return _scalar(value)


def _name(name: str) -> Html:
    return element("span", _quoted(name), style=f"color:{BLUE}")


def _scalar(value: object) -> Html:
    if isinstance(value, str):
        return element("span", _quoted(value), style=f"color:{GREEN}")
    if isinstance(value, Mapping | list):  # an empty one
        return Html("{}" if isinstance(value, Mapping) else "[]")
    try:
        shown = dumps(value)
    except ValueError:  # Python refuses to write out whole numbers of thousands of digits
        shown = "a very large number"
    return element("span", text(shown, _WIDTH), style=f"color:{VIOLET}")


def _quoted(value: str) -> Html:
    return text(dumps(value[: 2 * _WIDTH], ensure_ascii=False), _WIDTH)
