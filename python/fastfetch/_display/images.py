"""Which pictures a browser may be given: told by their first bytes, never by what a server says."""

from dataclasses import dataclass

MAX_BYTES = 1_000_000
"""A notebook file holds each picture that it shows."""

MAX_PIXELS = 25_000_000
"""A few bytes may unpack to more than a browser has memory for."""

_JPEG_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = {0x01, *range(0xD0, 0xD9)}
_JPEG_SEGMENTS = 1_000


@dataclass(frozen=True)
class Image:
    """What the first bytes of a picture say of it."""

    type: str
    width: int
    height: int

    @property
    def is_harmless(self) -> bool:
        """Has it a size that can be shown?"""
        return 0 < self.width * self.height <= MAX_PIXELS


def recognise(body: bytes | memoryview) -> Image | None:
    """The picture that a body is: PNG, JPEG, GIF or WebP. SVG is markup with scripts, and no picture here.

    >>> recognise(b"GIF89a\\x02\\x00\\x01\\x00")
    Image(type='image/gif', width=2, height=1)
    """
    head = bytes(body[:32])
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" and len(head) >= 24:
        return Image("image/png", int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big"))
    if head[:6] in (b"GIF87a", b"GIF89a") and len(head) >= 10:
        return Image("image/gif", int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little"))
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP" and len(head) >= 30:
        return _webp(head)
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(body)
    return None


def _webp(head: bytes) -> Image | None:
    kind = head[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
    elif kind == b"VP8L" and head[20] == 0x2F:
        bits = int.from_bytes(head[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    else:
        return None
    return Image("image/webp", width, height)


def _jpeg(body: bytes | memoryview) -> Image | None:
    at = 2
    for _ in range(_JPEG_SEGMENTS):
        head = bytes(body[at : at + 9])
        if len(head) < 9 or head[0] != 0xFF:
            return None
        if head[1] == 0xFF or head[1] in _JPEG_ALONE:  # a byte of filling, or a marker without a segment
            at += 1 if head[1] == 0xFF else 2
        elif head[1] in _JPEG_HEADERS:
            height, width = int.from_bytes(head[5:7], "big"), int.from_bytes(head[7:9], "big")
            return Image("image/jpeg", width, height)
        else:
            at += 2 + max(2, int.from_bytes(head[2:4], "big"))
    return None
