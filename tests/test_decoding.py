"""Content codings: whole, chained, cut at every place, bounded. tests/faults/coding.py has more faults."""

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
        "names", [["gzip", "gzip"], ["deflate", "br"], ["zstd", "gzip", "br"], ["gzip"] * 5], ids=",".join
    )
    @pytest.mark.parametrize("separate", [False, True], ids=["one line", "lines"])
    def test_chained(self, route_server: RouteServer, names: list[str], separate: bool) -> None:
        lines = names if separate else [", ".join(names)]
        assert answer(route_server, chained(names, TEXT), *lines).content == TEXT

    @EACH
    def test_a_little_that_is_much_when_it_is_decoded(
        self, route_server: RouteServer, wire: str, encode: Encode
    ) -> None:
        """One piece on the wire, decoded in several goes so that others have a turn; streamed, and whole.

        However much it is, whoever streams it is given a bounded piece of it at a time.
        """
        much = bytes(range(256)) * 65_536
        url = coded(route_server, encode(much), wire)

        async def streamed() -> list[bytes]:
            async with Client() as client, client.stream("GET", url) as response:
                return [piece async for piece in response.aiter_bytes()]

        pieces = asyncio.run(streamed())
        assert b"".join(pieces) == much
        assert max(map(len, pieces)) <= 2 * 2**20
        assert fetch(Request("GET", url)).content == much

    def test_of_any_status(self, route_server: RouteServer) -> None:
        for status in (201, 299, 404, 500):
            response = answer(route_server, GZIP, "gzip", status=status)
            assert (response.status_code, response.content) == (status, TEXT)


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

    @pytest.mark.parametrize("name", ["gzip", "x-gzip", "br", "zstd", "deflate"])
    @pytest.mark.parametrize("body", [b"<!DOCTYPE html><html></html>", TEXT], ids=["html", "long"])
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
    def test_zstd_windows_of_8_mb(self, route_server: RouteServer) -> None:
        parameters = zstandard.ZstdCompressionParameters(window_log=23, compression_level=1)
        body = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        data = TEXT * 150
        assert len(data) > 2**23
        assert answer(route_server, body.compress(data) + body.flush(), "zstd").content == data

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
