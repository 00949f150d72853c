"""The site that the notebooks here fetch from: a shop with faults, and a page that attacks its reader."""

import asyncio
import json
import struct
import zlib

from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer

HELD = 120
"""The first item that is not answered until the test lets it."""

ATTACK = (
    "<script>window.canary = 'script'</script>"
    "<img src=x onerror=\"window.canary = 'onerror'\">"
    "<svg/onload=\"window.canary = 'onload'\"></svg>"
    "<iframe srcdoc=\"<script>parent.canary = 'srcdoc'</script>\"></iframe>"
    "<a href=\"javascript:window.canary = 'link'\">a prize</a>"
    "</td></tr></table></div></pre></details>--><style>* { display: none }</style>"
    "\u202egnp.elif\u202c \u2066 &lt;script&gt; ' \" ` \x00 \x1b[31m"
)
"""What a hostile site puts wherever it can."""


class Shop(RouteServer):
    """Items, some of which are missing, a picture, and worse."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = asyncio.Event()
        self.routes["/items/"] = self._item
        self.routes["/picture.png"] = Answer(picture(), headers=(("Content-Type", "image/png"),))
        for name, kind in (("html", "text/html"), ("json", "application/json"), ("svg", "image/svg+xml")):
            self.routes[f"/attack.{name}"] = hostile(kind)
        self.routes["/attack/"] = hostile("text/html")

    def open(self) -> None:
        """Answer what was held back."""
        self.in_loop(self._opened.set)

    async def _item(self, request: Request) -> Answer:
        number = int(request.rest)
        if number >= HELD:
            await self._opened.wait()
        if number % 15 == 7:
            return Answer.json({"error": "sold out"}, status=404)
        price = {"amount": round(9.5 + number * 1.25, 2), "currency": "EUR"}
        return Answer.json({"id": number, "name": f"item {number}", "price": price, "tags": ["new", "red"]})


class Attack(Answer):
    """An answer whose status line attacks too."""

    def encode(self, *, head_only: bool) -> bytes:
        return super().encode(head_only=head_only).replace(b" 200 OK\r\n", b" 200 " + _FIELD + b"\r\n", 1)


# What a header line may hold of it.
_FIELD = ATTACK.translate({0: None, 27: None}).encode()


def hostile(kind: str) -> Answer:
    """An answer that attacks with its status line, its header fields and its body."""
    body = ATTACK.encode()
    if kind == "application/json":
        body = json.dumps({ATTACK: [ATTACK, {"__html__": ATTACK}]}, ensure_ascii=False).encode()
    elif kind == "image/svg+xml":
        body = (
            b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.canary = \'svg\'">'
            b"<script>window.canary = 'svg script'</script></svg>"
        )
    field = _FIELD.decode("latin-1")
    return Attack(body, headers=(("Content-Type", kind), ("X-Prize", field), ("Set-Cookie", f"a={field}")))


def picture(side: int = 96) -> bytes:
    """A PNG of a sunset."""
    rows = b"".join(
        b"\0" + b"".join(bytes(_colour(x / side, y / side)) for x in range(side)) for y in range(side)
    )
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    )


def _colour(x: float, y: float) -> tuple[int, int, int]:
    if (x - 0.5) ** 2 + (y - 0.55) ** 2 < 0.04:
        return 255, 214, 90
    return (int(70 + 150 * y), int(60 + 70 * y), int(130 - 50 * y)) if y < 0.7 else (26, 60, 92)
