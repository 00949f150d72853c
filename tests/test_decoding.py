"""Content codings: whole, chained, cut short, mistaken, and those left alone."""

import asyncio
import gzip
import zlib
from asyncio import StreamWriter

import brotli
import pytest
import zstandard
from fastfetch import Client, DecodeError, LimitExceeded, Request, Response

from tests.coding import CODINGS, Encode, chained, zstd
from tests.conftest import RawServerFactory
from tests.fetching import failure, fault, fetch
from tests.servers.messages import Answer
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer

TEXT = b"".join(b"line %d of a text that gets shorter; " % n for n in range(2000))
GZIP, BR, ZSTD, DEFLATE = gzip.compress(TEXT), brotli.compress(TEXT), zstd(TEXT), zlib.compress(TEXT)
EACH = pytest.mark.parametrize(("wire", "encode"), CODINGS.values(), ids=CODINGS)


def coded(server: RouteServer, body: bytes, *codings: str, status: int = 200) -> str:
    """The URL of this body under these `Content-Encoding` lines."""
    server.routes["/coded"] = Answer(body, status, tuple(("Content-Encoding", name) for name in codings))
    return f"{server.url}/coded"


def answer(
    server: RouteServer, body: bytes, *codings: str, method: str = "GET", status: int = 200
) -> Response:
    return fetch(Request(method, coded(server, body, *codings, status=status)))


class TestWhole:
    @EACH
    @pytest.mark.parametrize("size", [1, 100, len(TEXT)])
    def test_each_coding(self, route_server: RouteServer, wire: str, encode: Encode, size: int) -> None:
        body = encode(TEXT[:size])
        response = answer(route_server, body, wire)
        assert response.content == TEXT[:size]
        assert response.headers["content-encoding"] == wire
        assert response.headers["content-length"] == str(len(body))

    @EACH
    def test_what_does_not_shrink(self, route_server: RouteServer, wire: str, encode: Encode) -> None:
        noise = zlib.compress(b"".join(b"%d" % (n * n) for n in range(50_000)))
        assert answer(route_server, encode(noise), wire).content == noise

    @EACH
    def test_one_byte_at_a_time(self, raw_server: RawServerFactory, wire: str, encode: Encode) -> None:
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in encode(TEXT))
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {wire}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        assert fetch(Request("GET", raw_server(head + chunks + b"0\r\n\r\n").url)).content == TEXT

    @pytest.mark.parametrize(
        "parts",
        [
            [gzip.compress(b"one"), gzip.compress(b"two")],
            [gzip.compress(b"")] * 50 + [gzip.compress(b"onetwo")],
            [zstd(b"one"), zstd(b"two")],
            [zstd(b"one"), b"\x50\x2a\x4d\x18\x04\0\0\0skip", zstd(b"two")],
        ],
        ids=["gzip members", "empty members", "zstd frames", "skippable frame"],
    )
    def test_several_in_a_row(self, route_server: RouteServer, parts: list[bytes]) -> None:
        name = "gzip" if parts[0].startswith(b"\x1f\x8b") else "zstd"
        assert answer(route_server, b"".join(parts), name).content == b"onetwo"

    @pytest.mark.parametrize(
        "names", [["gzip", "gzip"], ["deflate", "br"], ["zstd", "gzip", "br"], ["gzip"] * 5], ids=",".join
    )
    @pytest.mark.parametrize("separate", [False, True], ids=["one line", "lines"])
    def test_chained(self, route_server: RouteServer, names: list[str], separate: bool) -> None:
        lines = names if separate else [", ".join(names)]
        assert answer(route_server, chained(names, TEXT), *lines).content == TEXT

    @pytest.mark.parametrize(
        "name", ["GZIP", "x-gzip", "X-GZip", " gzip ", "identity, gzip", "gzip,, ", ",gzip"]
    )
    def test_other_ways_to_say_gzip(self, route_server: RouteServer, name: str) -> None:
        assert answer(route_server, GZIP, name).content == TEXT

    def test_of_any_status(self, route_server: RouteServer) -> None:
        for status in (201, 299, 404, 500):
            response = answer(route_server, GZIP, "gzip", status=status)
            assert (response.status_code, response.content) == (status, TEXT)

    @pytest.mark.parametrize(
        "junk", [b"junk", b"\0" * 512, b"\x1fjunk"], ids=["text", "zeros", "nearly gzip"]
    )
    def test_junk_after_gzip_is_ignored(self, route_server: RouteServer, junk: bytes) -> None:
        assert answer(route_server, GZIP + junk, "gzip").content == TEXT


class TestLeftAlone:
    @pytest.mark.parametrize(
        "names", [("sdch",), ("gzip", "aes128gcm"), ("exi, gzip",), ("gzip;q=1",)], ids=str
    )
    def test_what_is_not_known(self, route_server: RouteServer, names: tuple[str, ...]) -> None:
        response = answer(route_server, GZIP, *names)
        assert response.content == GZIP
        assert response.headers.get_list("content-encoding") == list(names)

    @pytest.mark.parametrize("name", ["gzip", "br", "zstd", "deflate", "gzip, br", "identity", ""])
    def test_no_body_at_all(self, route_server: RouteServer, name: str) -> None:
        assert answer(route_server, b"", name).content == b""

    @pytest.mark.parametrize("name", ["gzip", "br", "zstd", "deflate"])
    def test_head(self, route_server: RouteServer, name: str) -> None:
        response = answer(route_server, GZIP, name, method="HEAD")
        assert (response.content, response.headers["content-encoding"]) == (b"", name)

    @pytest.mark.parametrize("status", [204, 304])
    def test_statuses_without_a_body(self, route_server: RouteServer, status: int) -> None:
        assert answer(route_server, b"", "gzip", status=status).content == b""

    def test_a_part_of_something_coded(self, route_server: RouteServer) -> None:
        part = GZIP[100:200]
        response = answer(route_server, part, "gzip", status=206)
        assert (response.status_code, response.content) == (206, part)


class TestDamaged:
    @EACH
    def test_cut(self, route_server: RouteServer, wire: str, encode: Encode) -> None:
        """At every place: nothing that was cut is ever taken for whole."""
        whole = encode(TEXT[:1000])
        cuts = range(1, len(whole))
        for cut in cuts:
            route_server.routes[f"/{cut}"] = Answer(whole[:cut], headers=(("Content-Encoding", wire),))

        async def main() -> list[Exception | None]:
            async with Client() as client:
                results = await client.gather([f"{route_server.url}/{cut}" for cut in cuts])
                return [response.error for response in results]

        errors = asyncio.run(main())
        assert {type(error) for error in errors} == {DecodeError}
        assert all("cut short" in str(error) for error in errors)

    @EACH
    def test_of_an_error_answer_too(self, route_server: RouteServer, wire: str, encode: Encode) -> None:
        assert (
            type(failure(Request("GET", coded(route_server, encode(TEXT)[:-1], wire, status=404))))
            is DecodeError
        )

    def test_a_second_member_cut(self, route_server: RouteServer) -> None:
        for end in (1, 2, 5, 10, 15):
            url = coded(route_server, GZIP + gzip.compress(b"two")[:end], "gzip")
            assert type(failure(Request("GET", url))) is DecodeError, end

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("gzip", GZIP[:-8] + bytes(4) + GZIP[-4:]),
            ("gzip", GZIP[:-4] + bytes(4)),
            ("zstd", ZSTD[:-4] + bytes(4)),
            ("deflate", DEFLATE[:-4] + bytes(4)),
            ("zstd", ZSTD + b"junk"),
            ("gzip", GZIP[:200] + bytes(20) + GZIP[220:]),
        ],
        ids=["gzip crc", "gzip size", "zstd checksum", "zlib adler", "zstd junk", "gzip inside"],
    )
    def test_damaged(self, route_server: RouteServer, name: str, body: bytes) -> None:
        error = fault(coded(route_server, body, name), DecodeError, "body", f"declared {name}, got")
        assert isinstance(error, ValueError)

    @pytest.mark.parametrize("name", ["gzip", "x-gzip", "br", "zstd", "deflate"])
    @pytest.mark.parametrize(
        "body", [b"plain text", b"<!DOCTYPE html><html></html>", TEXT], ids=["text", "html", "long"]
    )
    def test_a_plain_body_declared_coded(self, route_server: RouteServer, name: str, body: bytes) -> None:
        # brotli has no sign of its own: what is not brotli may look like the beginning of it.
        words = "br" if name == "br" else f"declared {name.removeprefix('x-')}, got"
        fault(coded(route_server, body, name), DecodeError, "body", words)

    def test_the_body_is_not_in_the_message(self, route_server: RouteServer) -> None:
        error = failure(Request("GET", coded(route_server, b"hunter2 " * 50, "gzip")))
        assert "hunter2" not in f"{error} {error!r} {error.__cause__!r} {vars(error)}"

    def test_the_connection_serves_on(self, route_server: RouteServer) -> None:
        url = coded(route_server, b"plain", "gzip")

        async def main() -> int:
            async with Client() as client:
                for _ in range(5):
                    with pytest.raises(DecodeError):
                        await client.get(url)
                return (await client.get(f"{route_server.url}/json/a")).status_code

        assert asyncio.run(main()) == 200


class TestBounds:
    @pytest.mark.parametrize("count", [6, 60])
    @pytest.mark.parametrize("separate", [False, True], ids=["one line", "lines"])
    def test_more_codings_than_anybody_needs(
        self, route_server: RouteServer, count: int, separate: bool
    ) -> None:
        lines = ["gzip"] * count if separate else [", ".join(["gzip"] * count)]
        url = coded(route_server, chained(["gzip"] * count, b"text"), *lines)
        fault(url, LimitExceeded, "body", "5 chained content codings")

    @pytest.mark.parametrize("log", [24, 27, 31])
    def test_zstd_windows_larger_than_allowed(self, route_server: RouteServer, log: int) -> None:
        # RFC 8878, section 3.1.1.1.2: the head of a frame asks for this window; one empty last block follows.
        frame = b"\x28\xb5\x2f\xfd" + bytes((0, (log - 10) << 3)) + b"\x01\0\0"
        fault(coded(route_server, frame, "zstd"), DecodeError, "body", "declared zstd")

    def test_zstd_windows_of_8_mb(self, route_server: RouteServer) -> None:
        parameters = zstandard.ZstdCompressionParameters(window_log=23, compression_level=1)
        body = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        data = TEXT * 150
        assert len(data) > 2**23
        assert answer(route_server, body.compress(data) + body.flush(), "zstd").content == data

    def test_brotli_windows_that_are_no_part_of_the_standard(self, route_server: RouteServer) -> None:
        # RFC 7932, section 9.1 reserves this first byte; "large window" brotli uses it.
        fault(coded(route_server, b"\x11\x1e" + BR, "br"), DecodeError, "body", "declared br")

    def test_the_limit_counts_decoded_bytes(self, route_server: RouteServer) -> None:
        url = coded(route_server, GZIP, "gzip")
        assert fetch(Request("GET", url), max_body=len(TEXT)).content == TEXT
        error = fault(url, LimitExceeded, "body", f"max_body={len(TEXT) - 1}", max_body=len(TEXT) - 1)
        assert error.limit == len(TEXT) - 1

    def test_and_never_coded_ones(self, route_server: RouteServer) -> None:
        """A body that a coding makes longer passes where its content does."""
        body = gzip.compress(b"short")
        assert fetch(Request("GET", coded(route_server, body, "gzip")), max_body=5).content == b"short"


def test_bytes_after_a_bomb_are_not_read(raw_server: RawServerFactory) -> None:
    """Where a body is too large, the rest of it is not waited for."""

    async def forever(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(10**6)))
        await reader.read()

    error = failure(Request("GET", raw_server(forever).url), max_body=1000, timeout=5)
    assert type(error) is LimitExceeded
