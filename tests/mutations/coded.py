"""Content codings undone by decoders that have nothing in common with ours."""

import zlib
from collections.abc import Callable

import brotli
import zstandard

MOST_CODINGS = 5

WINDOW = 8 << 20
"""The largest that zstd may have (RFC 9659)."""


class Broken(Exception):
    """The bytes are not what they are declared to be."""


Decode = Callable[[bytes], tuple[bytes, bool]]
"""The data, and whether something came after its end that is ignored."""


def _inflated(data: bytes, wbits: int) -> tuple[bytes, bytes]:
    """The data of one stream, and what comes after it."""
    decoder = zlib.decompressobj(wbits)
    try:
        text = decoder.decompress(data)
    except zlib.error as error:
        raise Broken(str(error)) from error
    if not decoder.eof:
        raise Broken("cut short")
    return text, decoder.unused_data


def gzip(data: bytes) -> tuple[bytes, bool]:
    """All members (RFC 1952), which zeros may pad."""
    text, rest = _inflated(data, 31)
    while (after := rest.lstrip(b"\0")) and after.startswith(b"\x1f"):
        if len(after) == 1:
            raise Broken("cut short after the first byte of a member")
        if not after.startswith(b"\x1f\x8b"):
            break
        more, rest = _inflated(after, 31)
        text += more
    return text, bool(rest)


def deflate(data: bytes) -> tuple[bytes, bool]:
    """RFC 1950, or RFC 1951 where it has no such head."""
    is_zlib = len(data) > 1 and data[0] & 15 == 8 and data[0] >> 4 <= 7 and int.from_bytes(data[:2]) % 31 == 0
    text, rest = _inflated(data, 15 if is_zlib else -15)
    return text, bool(rest)


def br(data: bytes) -> tuple[bytes, bool]:
    """RFC 7932. It says itself where it ends; the decoder does not, unless it is fed byte by byte."""
    decoder, text = brotli.Decompressor(), b""
    for at in range(len(data)):
        try:
            text += decoder.process(data[at : at + 1])
        except brotli.error as error:
            raise Broken(str(error)) from error
        if decoder.is_finished():
            return text, at + 1 < len(data)
    raise Broken("cut short")


def zstd(data: bytes) -> tuple[bytes, bool]:
    """All frames (RFC 8878); nothing else may come after one."""
    text = b""
    while data:
        decoder = zstandard.ZstdDecompressor(max_window_size=WINDOW).decompressobj()
        try:
            text += decoder.decompress(data)
        except zstandard.ZstdError as error:
            raise Broken(str(error)) from error
        if not decoder.eof:
            raise Broken("cut short")
        data = decoder.unused_data
    return text, False


KNOWN: dict[bytes, Decode] = {b"gzip": gzip, b"x-gzip": gzip, b"deflate": deflate, b"br": br, b"zstd": zstd}


def decoded(body: bytes, declared: list[bytes]) -> tuple[bytes, bool]:
    """A body with these values of Content-Encoding undone, and whether anything was ignored."""
    names = [name.strip(b" \t").lower() for value in declared for name in value.split(b",")]
    names = [name for name in names if name and name != b"identity"]
    if len(names) > MOST_CODINGS:
        raise Broken("too many codings")
    ignored = False
    if body and all(name in KNOWN for name in names):
        for name in reversed(names):
            body, junk = KNOWN[name](body) if body else (b"", False)
            ignored |= junk
    return body, ignored
