"""Faults of content codings (RFC 9110, section 8.4): cut, damaged, mistaken, unknown, too many, and bombs."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import brotli
import zstandard
from fastfetch import DecodeError, LimitExceeded

from tests.coding import CODINGS, Encode, chained, raw_deflate, zstd
from tests.faults.answers import coded, lettered
from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.stage import Stage

TEXT = b"".join(b"line %d of a text that gets shorter; " % n for n in range(2000))
GZIP, BR, ZSTD, DEFLATE = gzip.compress(TEXT), brotli.compress(TEXT), zstd(TEXT), zlib.compress(TEXT)
DECODED = Delivered(TEXT, words="the whole, decoded")
WITHOUT_JUNK = Delivered(TEXT, words="the whole; what follows is ignored, as in browsers")
EMPTY = Delivered(b"", words="an empty body")
CUT = Fails(DecodeError, "body", "cut short")

MB = 2**20
BOMB = 300 * MB
MAX_BODY = 16 * MB


def declared(name: str) -> Fails:
    return Fails(DecodeError, "body", f"declared {name}, got")


def raw_body(body: bytes, status: int = 200) -> Delivered:
    return Delivered(
        body, status, decoded=False, words="the body as it came; the response says that it is not decoded"
    )


def no_body(status: int) -> Delivered:
    return Delivered(b"", status, words="an empty body")


def variant(what: str, body: bytes, *codings: str, expected: Delivered | Fails, status: int = 200) -> Fault:
    """A body under these `Content-Encoding` lines; its row gives it a name."""
    return Fault("", what, coded(body, *codings, status=status), expected, then=b"clean")


def zstd_window(log: int) -> bytes:
    """A frame that asks for a window of 2**log bytes, of one empty block (RFC 8878, section 3.1.1)."""
    return b"\x28\xb5\x2f\xfd" + bytes((0, (log - 10) << 3)) + b"\x01\0\0"


@cache
def bomb(coding: str) -> bytes:
    """300 MB of zeros in this coding, or in two."""
    if coding == "gzip, zstd":
        return zstandard.compress(bomb("gzip"))
    feed, end = encoder(coding)
    zeros = bytes(MB)
    return b"".join([*(feed(zeros) for _ in range(BOMB // MB)), end()])


def encoder(coding: str) -> tuple[Encode, Callable[[], bytes]]:
    """Takes more, and comes to an end."""
    if coding == "br":
        br = brotli.Compressor(quality=5)
        return br.process, br.finish
    if coding == "zstd":
        zstd = zstandard.ZstdCompressor(3).compressobj()
        return zstd.compress, zstd.flush
    deflate = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    return deflate.compress, deflate.flush


def bombs() -> Iterator[Fault]:
    """Each coding, as an answer, as the body of a redirect and as that of an error."""
    what = {200: "", 302: ", in a redirect", 500: ", in an answer of status 500"}
    for coding in ("gzip", "br", "zstd", "deflate", "gzip, zstd"):
        for status, where in what.items():

            def perform(stage: Stage, coding: str = coding, status: int = status) -> str:
                return coded(bomb(coding), coding, status=status, more=(("Location", "/then"),))(stage)

            yield Fault(
                "",
                f"a small body in {coding} that becomes 300 MB{where}",
                perform,
                Fails(LimitExceeded, "body", f"larger than max_body={MAX_BODY}", {"limit": MAX_BODY}),
                options={"max_body": MAX_BODY},
                fills=True,
                then=b"clean",
            )


FAULTS = [
    *lettered(
        "D01",
        [
            *(
                variant(f"{name} cut in the middle", encode(TEXT)[:-50], wire, expected=CUT)
                for name, (wire, encode) in CODINGS.items()
            ),
            variant("gzip without its trailer", GZIP[:-8], "gzip", expected=CUT),
            variant(
                "gzip with a wrong checksum",
                GZIP[:-8] + bytes(4) + GZIP[-4:],
                "gzip",
                expected=declared("gzip"),
            ),
            variant("gzip with a wrong size", GZIP[:-4] + bytes(4), "gzip", expected=declared("gzip")),
            variant(
                "gzip with zeros inside",
                GZIP[:200] + bytes(20) + GZIP[220:],
                "gzip",
                expected=declared("gzip"),
            ),
            variant("zstd with a wrong checksum", ZSTD[:-4] + bytes(4), "zstd", expected=declared("zstd")),
            variant(
                "deflate with a wrong checksum",
                DEFLATE[:-4] + bytes(4),
                "deflate",
                expected=declared("deflate"),
            ),
            variant("a second gzip member, cut", GZIP + gzip.compress(b"two")[:15], "gzip", expected=CUT),
            variant("cut gzip in an answer of status 404", GZIP[:-50], "gzip", expected=CUT, status=404),
        ],
    ),
    *lettered(
        "D02",
        [
            variant(
                f"plain text, declared {name}",
                b"plain text",
                name,
                # Brotli has no sign of its own: what is none may look like the beginning of it.
                expected=CUT if name == "br" else declared(name.removeprefix("x-")),
            )
            for name in ("gzip", "x-gzip", "br", "zstd", "deflate")
        ],
    ),
    *lettered(
        "D03",
        [
            variant(
                "two gzip members",
                gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]),
                "gzip",
                expected=DECODED,
            ),
            variant(
                "empty gzip members before another", gzip.compress(b"") * 50 + GZIP, "gzip", expected=DECODED
            ),
            variant("two zstd frames", zstd(TEXT[:1000]) + zstd(TEXT[1000:]), "zstd", expected=DECODED),
            variant(
                "a zstd frame to be skipped",
                zstd(TEXT[:1000]) + b"\x50\x2a\x4d\x18\x04\0\0\0skip" + zstd(TEXT[1000:]),
                "zstd",
                expected=DECODED,
            ),
        ],
    ),
    *lettered(
        "D04",
        [
            variant("text after gzip", GZIP + b"junk", "gzip", expected=WITHOUT_JUNK),
            variant("zeros after gzip", GZIP + bytes(512), "gzip", expected=WITHOUT_JUNK),
            variant(
                "what nearly is a gzip member after gzip", GZIP + b"\x1fjunk", "gzip", expected=WITHOUT_JUNK
            ),
            variant("text after zstd", ZSTD + b"junk", "zstd", expected=declared("zstd")),
        ],
    ),
    *lettered(
        "D05",
        [
            variant(
                "Content-Encoding: gzip, gzip",
                chained(["gzip", "gzip"], TEXT),
                "gzip, gzip",
                expected=DECODED,
            ),
            variant(
                "gzip twice, in two lines", chained(["gzip", "gzip"], TEXT), "gzip", "gzip", expected=DECODED
            ),
            *(
                variant(f"Content-Encoding: {name.strip()}", GZIP, name, expected=DECODED)
                for name in ("GZIP", "x-gzip", "X-GZip", "identity, gzip", "gzip,, ", ",gzip")
            ),
            variant(
                "five codings one over the other",
                chained(["gzip"] * 5, TEXT),
                ", ".join(["gzip"] * 5),
                expected=DECODED,
            ),
        ],
    ),
    *lettered(
        "D06",
        [
            variant("deflate, as zlib wraps it", DEFLATE, "deflate", expected=DECODED),
            variant("raw deflate, as some servers send it", raw_deflate(TEXT), "deflate", expected=DECODED),
        ],
    ),
    *lettered(
        "D07",
        [
            variant(
                f"{count} codings one over the other{', in as many lines' if apart else ''}",
                chained(["gzip"] * count, b"text"),
                *(["gzip"] * count if apart else [", ".join(["gzip"] * count)]),
                expected=Fails(LimitExceeded, "body", "more than 5 chained content codings"),
            )
            for count in (6, 60)
            for apart in (False, True)
        ],
    ),
    *lettered("D08", bombs()),
    *lettered(
        "D09",
        [
            variant(f"Content-Encoding: {name}, which nobody knows", GZIP, name, expected=raw_body(GZIP))
            for name in ("sdch", "gzip, aes128gcm", "exi, gzip", "gzip;q=1")
        ],
    ),
    *lettered(
        "D10",
        [
            *(
                variant(f"an empty body, declared {name}", b"", name, expected=EMPTY)
                for name in ("gzip", "br", "zstd", "deflate", "gzip, br")
            ),
            *(
                variant(
                    f"status {status} with Content-Encoding: gzip",
                    b"",
                    "gzip",
                    expected=no_body(status),
                    status=status,
                )
                for status in (204, 304)
            ),
            replace(
                variant("an answer to HEAD with Content-Encoding: gzip", GZIP, "gzip", expected=EMPTY),
                method="HEAD",
            ),
            variant(
                "a part (206) of something in gzip",
                GZIP[100:200],
                "gzip",
                expected=raw_body(GZIP[100:200], 206),
                status=206,
            ),
        ],
    ),
    *lettered(
        "D11",
        [
            variant(f"zstd with a window of {size}", zstd_window(log), "zstd", expected=declared("zstd"))
            for size, log in (("2 GB", 31), ("128 MB", 27), ("16 MB", 24))
        ],
    ),
    Fault(
        "D11d",
        "brotli with a window beyond its standard",
        coded(b"\x11\x1e" + BR, "br"),
        declared("br"),
        then=b"clean",
    ),
]
