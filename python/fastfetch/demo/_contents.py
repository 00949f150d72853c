"""The bodies that the demo site sends, the same every time."""

from __future__ import annotations

import functools
import json
import struct
import zlib
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

BLOCK = bytes(range(256)) * 2**10
"""Files are made of this, repeated."""

HOSTILE_FIELDS = (
    ("X-Script", "<script>alert('header')</script>"),
    ("X-Markup", '"><img src=x onerror=alert(1)>'),
    ("X-Bytes", "\x85\x9b31m\xff"),  # in Latin-1: control characters to some terminals, and no UTF-8
    ("X-Right-To-Left", "\u202egnp.exe".encode().decode("latin-1")),
    ("X-Formula", '=HYPERLINK("http://evil.invalid","click")'),
    ("Content-Disposition", 'attachment; filename="../../../etc/passwd"'),
    ("Link", "<javascript:alert(1)>; rel=next"),
    ("Set-Cookie", "__Host-session=stolen; Domain=example.com"),
)

HOSTILE_PAGE = """<!doctype html>
<html lang="en">
<title></title><script>alert("title")</script>
<body onload="alert('body')">
<h1>\x1b[2J\x1b[31mred\x07\u202ethgir ot tfel</h1>
<img src=x onerror="alert('image')">
<a href="javascript:alert('link')">a link</a>
</body>
</html>
""".encode()

EVENTS = b"data: tick 1\n\ndata: tick 2\n\nevent: end\ndata: of ticks\n\n"

_GIVEN = ("Ada", "Bo", "Chidi", "Dagný", "Émile", "Fatima", "Grace", "Hiro", "Ines", "Jan")
_FAMILY = ("Adeyemi", "Brown", "Costa", "Dvořák", "Eriksen", "Fischer", "Gupta", "Horáková", "Ito")
_CITIES = (
    ("Berlin", 52.52, 13.405),
    ("Lagos", 6.455, 3.394),
    ("Lima", -12.046, -77.043),
    ("Osaka", 34.694, 135.502),
    ("Reykjavík", 64.147, -21.943),
    ("Toronto", 43.653, -79.383),
)
_TAGS = ("new", "vip", "press", "beta", "partner")


def dumped(value: object) -> bytes:
    """A value as JSON."""
    return json.dumps(value, ensure_ascii=False).encode()


def plain(path: str) -> bytes:
    """What a path says that has nothing else to say."""
    return f"This is {path}\n".encode(errors="replace")


def file(size: int) -> bytes:
    """All of a file."""
    return (BLOCK * (size // len(BLOCK) + 1))[:size]


def small(number: int) -> bytes:
    """A small JSON object."""
    return dumped({"id": number, "name": f"item {number}", "tags": ["a", "b"]})


def item(number: int) -> dict[str, Any]:
    """An item of the list."""
    return {"id": number, "name": f"item {number}", "price": (number * 37 % 10_000) / 100}


def user(number: int) -> bytes:
    """A user as JSON."""
    return dumped(user_fields(number))


def user_fields(number: int) -> dict[str, Any]:
    """A user: nested, with a list of objects, and with fields that are not always there."""
    city, latitude, longitude = _CITIES[number % len(_CITIES)]
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number % len(_FAMILY)]
    fields: dict[str, Any] = {
        "id": number,
        "name": f"{given} {family}",
        "active": number % 4 != 0,
        "score": number * 7 % 101 / 4,
        "address": {"city": city, "geo": {"lat": latitude, "lon": longitude}},
        "tags": [tag for place, tag in enumerate(_TAGS) if number >> place & 1],
        "orders": [
            {
                "id": number * 10 + order,
                "total": (number * 311 + order * 97) % 20_000 / 100,
                "at": f"2026-{order + 1:02}-{number % 28 + 1:02}T12:00:00Z",
            }
            for order in range(number % 4)
        ],
        "manager": number // 10 if number >= 10 else None,
    }
    if number % 3:
        fields["email"] = f"user{number}@example.com"
    if number % 5 == 0:
        fields["company"] = {"name": f"{family} & Co", "vat": f"VAT{number:06}"}
    return fields


def page(number: int) -> bytes:
    """A page of a web site."""
    links = "\n".join(f'<li><a href="/page/{other}">Page {other}</a></li>' for other in _linked(number))
    text = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Page {number} – the demo site</title>
</head>
<body>
<h1>Page {number}</h1>
<p>The number of this page is {number:,}, its square is {number * number:,}. ☕</p>
<ul>
{links}
</ul>
</body>
</html>
"""
    return text.encode()


def _linked(number: int) -> Iterable[int]:
    return (number + 1, number * 2, number // 2)


@functools.cache
def picture(width: int = 96, height: int = 64) -> bytes:
    """A picture (PNG): every colour there is between four corners."""
    rows = (
        b"\0" + b"".join(bytes((255 * x // width, 255 * y // height, 160)) for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )


def echo(method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """A request as JSON."""
    shown = body.decode(errors="replace")
    return dumped({"method": method, "target": target, "headers": [*headers], "body": shown})


@functools.cache
def index() -> bytes:
    """The page that lists the others."""
    rows = "\n".join(
        f'<tr><td><a href="{escape(path)}">{escape(path)}</a></td><td>{escape(what)}</td></tr>'
        for path, what in _INDEX.items()
    )
    text = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>The demo site of fastfetch</title>
</head>
<body>
<h1>The demo site of fastfetch</h1>
<table>
{rows}
</table>
</body>
</html>
"""
    return text.encode()


_INDEX = {
    "/json/1": "a small JSON object",
    "/user/1": "a nested JSON object",
    "/users?page=1&per_page=20": "a page of users, a list at data.items",
    "/items?page=1&per_page=20": "a page of items, with links to the next and the last; 20 requests a second",
    "/page/1": "an HTML page that links to others",
    "/picture.png": "a picture",
    "/file/1024": "so many bytes",
    "/slow/500": "an answer after so many milliseconds",
    "/status/418": "an answer with this status",
    "/redirect/3": "so many redirects",
    "/missing": "404",
    "/broken": "500",
    "/flaky/key?fail=2": "503 so many times for this key, then 200",
    "/events": "server-sent events",
    "/truncated": "a body that ends too early",
    "/reset": "a connection that is reset",
    "/hostile": "what harms whoever shows it unescaped",
    "/private/1": "a page that robots.txt asks robots not to fetch",
    "/echo": "the request itself",
}
