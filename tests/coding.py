"""Content codings as servers apply them, by encoders that have nothing in common with ours."""

import gzip
import zlib
from collections.abc import Callable, Iterable

import brotli
import zstandard

Encode = Callable[[bytes], bytes]


def raw_deflate(data: bytes) -> bytes:
    """What some servers mean by deflate: RFC 1951 without the wrapping of RFC 1950."""
    encoder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoder.compress(data) + encoder.flush()


def zstd(data: bytes) -> bytes:
    """A frame with a checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


CODINGS: dict[str, tuple[str, Encode]] = {
    "gzip": ("gzip", gzip.compress),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstd),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
}
"""By a name of ours: the name on the wire, and the encoder."""


def chained(names: Iterable[str], data: bytes) -> bytes:
    """Data in these codings, applied one after the other."""
    for name in names:
        data = CODINGS[name][1](data)
    return data
