"""`Client.stream`: how the body of an answer is read, in whichever form, and what is wrong with it."""

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, Unpack

import fastfetch
import pytest
from fastfetch import BuildOptions as Options
from fastfetch import (
    Client,
    ConnectionRefused,
    DecodeError,
    FetchError,
    IncompleteBody,
    LimitExceeded,
    ProtocolError,
    ReadTimeout,
    StatusError,
    StreamedResponse,
    Timeout,
    TotalTimeout,
)

from tests.conftest import RawServerFactory
from tests.loops import LoopFactory, run
from tests.servers.messages import Answer
from tests.servers.pieces import CHUNKED, END, Pieces, chunk, head
from tests.servers.raw import silence
from tests.servers.routes import RouteServer

T = TypeVar("T")
Read = Callable[[StreamedResponse], Awaitable[T]]

BODY = bytes(range(256)) * 400


def streamed(url: str, read: Read[T], method: str = "GET", **options: Unpack[Options]) -> T:
    """What is read from a streamed answer."""

    async def main() -> T:
        async with Client() as client, client.stream(method, url, **options) as response:
            return await read(response)

    return asyncio.run(main())


async def chunks(response: StreamedResponse) -> list[bytes]:
    return [piece async for piece in response.aiter_bytes()]


async def texts(response: StreamedResponse) -> list[str]:
    return [piece async for piece in response.aiter_text()]


async def lines(response: StreamedResponse) -> list[str]:
    return [line async for line in response.aiter_lines()]


async def read(response: StreamedResponse) -> bytes:
    return await response.aread()


def put(server: RouteServer, body: bytes, *headers: tuple[str, str], status: int = 200) -> str:
    """The URL of an answer with this body."""
    server.routes["/body"] = Answer(body, status, headers)
    return f"{server.url}/body"


@pytest.mark.usefixtures("face")
class TestBytes:
    def test_all_loops(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        async def main() -> list[bytes]:
            async with fastfetch.stream("GET", put(route_server, BODY)) as response:
                return await chunks(response)

        assert b"".join(run(main, loop_factory)) == BODY

    @pytest.mark.parametrize("size", [1000, 4096, 102_399, 102_400, 10**9])
    def test_chunk_size(self, route_server: RouteServer, size: int) -> None:
        async def sized(response: StreamedResponse) -> list[bytes]:
            return [piece async for piece in response.aiter_bytes(size)]

        expected = [BODY[start : start + size] for start in range(0, len(BODY), size)]
        assert streamed(put(route_server, BODY), sized) == expected

    @pytest.mark.parametrize(
        ("size", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError), ("5", TypeError)]
    )
    def test_wrong_chunk_size(self, route_server: RouteServer, size: Any, error: type[Exception]) -> None:
        async def wrong(response: StreamedResponse) -> None:
            for iterate in (response.aiter_bytes, response.aiter_raw, response.aiter_text):
                with pytest.raises(error, match="chunk_size: expected"):
                    await anext(aiter(iterate(size)))

        streamed(put(route_server, BODY), wrong)

    def test_a_piece_is_there_as_soon_as_it_has_come(self, raw_server: RawServerFactory) -> None:
        pieces = Pieces(b"one", b"two", b"three")
        server = raw_server(pieces)

        async def main(response: StreamedResponse) -> list[bytes]:
            seen = []
            async for piece in response.aiter_bytes():
                seen.append(piece)
                pieces.go(server)
            return seen

        assert streamed(server.url, main) == [b"one", b"two", b"three"]

    def test_coded_and_as_it_came(self, route_server: RouteServer) -> None:
        packed = gzip.compress(BODY)
        url = put(route_server, packed, ("Content-Encoding", "gzip"))

        async def raw(response: StreamedResponse) -> list[bytes]:
            return [piece async for piece in response.aiter_raw(100)]

        assert b"".join(streamed(url, chunks)) == BODY
        pieces = streamed(url, raw)
        assert b"".join(pieces) == packed
        assert {len(piece) for piece in pieces[:-1]} == {100}

    @pytest.mark.parametrize("status", [200, 204, 304])
    def test_no_body(self, route_server: RouteServer, status: int) -> None:
        url = put(route_server, b"", status=status)
        assert streamed(url, chunks) == []
        assert streamed(url, read) == b""
        assert streamed(url, texts) == streamed(url, lines) == []
        assert streamed(put(route_server, BODY), chunks, method="HEAD") == []


@pytest.mark.usefixtures("face")
class TestText:
    @pytest.mark.parametrize(
        ("kind", "body", "text"),
        [
            ("", "Grüße €".encode(), "Grüße €"),
            ("text/plain; charset=iso-8859-15", b"\xa4", "€"),
            ("text/plain; charset=shift_jis", "日本".encode("shift_jis"), "日本"),
            ("text/plain; charset=nonsense", "ü".encode(), "ü"),
            ("text/plain; charset=latin-1", b"\xef\xbb\xbf\xc3\xbc", "ü"),
            ("text/plain", b"a\xffb", "a\ufffdb"),
            ("text/plain", b"cut \xe2\x82", "cut \ufffd"),
            ("text/plain; charset=utf-16", "ü€𝄞".encode("utf-16-le"), "ü€𝄞"),
        ],
    )
    def test_charsets(self, route_server: RouteServer, kind: str, body: bytes, text: str) -> None:
        url = put(route_server, body, *([("Content-Type", kind)] if kind else []))
        assert "".join(streamed(url, texts)) == text

    @pytest.mark.parametrize("split", range(1, 10))
    def test_a_character_may_come_in_two_pieces(self, raw_server: RawServerFactory, split: int) -> None:
        whole = "ü€𝄞x".encode()
        pieces = Pieces(whole[:split], whole[split:])
        server = raw_server(pieces)
        pieces.go(server)
        seen = streamed(server.url, texts)
        assert "".join(seen) == "ü€𝄞x"
        assert "" not in seen

    def test_chunk_size_counts_characters(self, route_server: RouteServer) -> None:
        async def sized(response: StreamedResponse) -> list[str]:
            return [piece async for piece in response.aiter_text(2)]

        assert streamed(put(route_server, "aü€𝄞x".encode()), sized) == ["aü", "€𝄞", "x"]
        assert streamed(put(route_server, b""), sized) == []

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("a\nb\r\nc\rd", ["a", "b", "c", "d"]),
            ("a\n", ["a"]),
            ("\n\r\n\r", ["", "", ""]),
            ("a\x0bb\x0c\x1c\x85\u2028c\n", ["a\x0bb\x0c\x1c\x85\u2028c"]),
        ],
    )
    def test_lines(self, route_server: RouteServer, body: str, expected: list[str]) -> None:
        assert streamed(put(route_server, body.encode()), lines) == expected

    def test_a_line_end_may_come_in_two_pieces(self, raw_server: RawServerFactory) -> None:
        pieces = Pieces(b"a\r", b"\nb")
        server = raw_server(pieces)
        pieces.go(server)
        assert streamed(server.url, lines) == ["a", "b"]

    def test_a_line_is_bounded(self, route_server: RouteServer) -> None:
        with pytest.raises(ValueError, match="a line is longer than the 16777216 bytes"):
            streamed(put(route_server, b"x" * (2**24 + 1)), lines)


class TestWhole:
    def test_nothing_is_there_before_it_is_read(self, route_server: RouteServer) -> None:
        async def main(response: StreamedResponse) -> None:
            for touch in (lambda: response.content, lambda: response.text, response.json):
                with pytest.raises(RuntimeError, match=re.escape("`await response.aread()` first")):
                    touch()
            assert await response.aread() == await response.aread() == response.content == b'{"a": [1]}'
            assert (response.text, response.json()) == ('{"a": [1]}', {"a": [1]})

        streamed(put(route_server, b'{"a": [1]}'), main)

    def test_the_iterators_give_again_what_was_read(self, route_server: RouteServer) -> None:
        async def main(response: StreamedResponse) -> None:
            await response.aread()
            for _ in range(2):
                assert b"".join(await chunks(response)) == b"ab\nc"
                assert "".join(await texts(response)) == "ab\nc"
                assert await lines(response) == ["ab", "c"]
                assert [piece async for piece in response.aiter_bytes(3)] == [b"ab\n", b"c"]
            with pytest.raises(RuntimeError, match="read already"):
                await anext(response.aiter_raw())

        streamed(put(route_server, b"ab\nc"), main)

    def test_it_is_read_once(self, route_server: RouteServer) -> None:
        async def main(response: StreamedResponse) -> None:
            first = response.aiter_bytes(10)
            assert await anext(first) == BODY[:10]
            for again in (response.aread(), anext(response.aiter_bytes()), anext(response.aiter_lines())):
                with pytest.raises(RuntimeError, match="read already, or begun to be"):
                    await again
            assert b"".join([piece async for piece in first]) == BODY[10:]

        streamed(put(route_server, BODY), main)

    def test_nor_is_it_read_once_closed(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with fastfetch.stream("GET", put(route_server, BODY)) as response:
                pass
            assert response.status_code == 200
            with pytest.raises(RuntimeError, match="the response is closed"):
                await response.aread()

        asyncio.run(main())

    def test_a_read_that_was_cancelled_is_never_taken_for_a_whole(self, raw_server: RawServerFactory) -> None:
        pieces = Pieces(b"one", b"two")
        server = raw_server(pieces)

        async def main(response: StreamedResponse) -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(response.aread(), 0.1)
            pieces.go(server)
            with pytest.raises(RuntimeError, match="read already, or begun to be"):
                await response.aread()

        streamed(server.url, main)


class TestHead:
    def test_it_is_that_of_a_response(self, route_server: RouteServer) -> None:
        async def main() -> None:
            url = put(route_server, BODY, ("X-Two", "1"), ("X-Two", "2"), ("Link", "</next>; rel=next"))
            whole = await fastfetch.get(url)
            async with fastfetch.stream("GET", url, tag="mine") as response:
                for name in ("status_code", "reason", "http_version", "url", "method", "history", "ok"):
                    assert getattr(response, name) == getattr(whole, name)
                for name in ("links", "is_redirect", "is_success", "is_error"):
                    assert getattr(response, name) == getattr(whole, name)
                assert dict(response.headers) == dict(whole.headers)
                assert response.tag == "mine"
                assert response.connection is not None
                assert response.elapsed.total_seconds() > 0
                assert repr(response) == f"<StreamedResponse [200] GET {url}>"

        asyncio.run(main())

    def test_redirects(self, route_server: RouteServer) -> None:
        async def main(response: StreamedResponse) -> tuple[str, list[int], bytes]:
            return response.url, [hop.status_code for hop in response.history], await response.aread()

        url, hops, body = streamed(f"{route_server.url}/redirect/2", main)
        assert (url, hops, body) == (f"{route_server.url}/json/landed", [302, 302], b'{"name": "landed"}')

    def test_raise_for_status(self, route_server: RouteServer) -> None:
        async def good(response: StreamedResponse) -> bool:
            return response.raise_for_status() is response

        async def bad(response: StreamedResponse) -> None:
            with pytest.raises(StatusError, match="status 404 Not Found") as caught:
                response.raise_for_status()
            assert caught.value.response.content == b""
            await response.aread()
            with pytest.raises(StatusError) as caught:
                response.raise_for_status()
            assert caught.value.response.text == "why"

        assert streamed(put(route_server, b"ok"), good)
        streamed(put(route_server, b"why", status=404), bad)

    def test_options(self, route_server: RouteServer) -> None:
        async def main(response: StreamedResponse) -> Any:
            await response.aread()
            return response.json()

        heard = streamed(f"{route_server.url}/echo", main, "POST", content="x", headers={"x-a": "b"})
        assert (heard["method"], heard["body"]) == ("POST", "x")
        assert ["x-a", "b"] in heard["headers"]


@pytest.mark.usefixtures("face")
class TestFaults:
    """Errors come where the body is read, and say the same as those of whole answers."""

    @pytest.mark.parametrize(
        ("answer", "kind", "words"),
        [
            (head("Content-Length: 10") + b"hello", IncompleteBody, "received 5 of 10 bytes"),
            (head(CHUNKED) + chunk(b"hello"), IncompleteBody, "ended after 5 bytes"),
            (head(CHUNKED) + chunk(b"hello") + b"nonsense\r\n", ProtocolError, "chunk"),
            (head(CHUNKED, "Content-Encoding: gzip") + chunk(b"nonsense") + END, DecodeError, "gzip"),
            (
                head("Content-Encoding: gzip", "Content-Length: 20") + gzip.compress(b"hello" * 9)[:20],
                DecodeError,
                "gzip",
            ),
        ],
        ids=["length", "cut", "chunk", "corrupt", "truncated"],
    )
    def test_in_the_middle(
        self, raw_server: RawServerFactory, answer: bytes, kind: type[FetchError], words: str
    ) -> None:
        server = raw_server(answer)
        for way in (chunks, read, texts, lines):
            with pytest.raises(kind, match=words) as caught:
                streamed(server.url, way)
            error = caught.value
            assert (error.url, error.method, error.phase) == (f"{server.url}/", "GET", "body")
            assert 0 < error.elapsed < 10
        server.ledger.wait_none_open()

    def test_before_the_head(self) -> None:
        with pytest.raises(ConnectionRefused):
            streamed("http://127.0.0.1:1/", read)

    def test_silence(self, raw_server: RawServerFactory) -> None:
        server = raw_server(Pieces(b"one", b"never"))

        async def main(response: StreamedResponse) -> None:
            pieces = response.aiter_bytes()
            assert await anext(pieces) == b"one"
            with pytest.raises(ReadTimeout) as caught:
                await anext(pieces)
            assert caught.value.phase == "body"
            assert caught.value.elapsed >= 0.1

        streamed(server.url, main, timeout=Timeout(read=0.1))
        server.ledger.wait_none_open()

    @pytest.mark.awaits
    def test_the_total_timeout_ends_with_the_head(self, raw_server: RawServerFactory) -> None:
        pieces = Pieces(b"one", b"two")
        server = raw_server(pieces)

        async def main(response: StreamedResponse) -> bytes:
            await asyncio.sleep(0.2)
            pieces.go(server)
            return await response.aread()

        assert streamed(server.url, main, timeout=Timeout(total=0.1)) == b"onetwo"
        never = raw_server(silence)
        with pytest.raises(TotalTimeout):
            streamed(never.url, read, timeout=Timeout(total=0.1))

    @pytest.mark.awaits
    def test_a_slow_reader_is_no_silent_server(self, route_server: RouteServer) -> None:
        async def main(response: StreamedResponse) -> bytes:
            await asyncio.sleep(0.2)
            return await response.aread()

        assert streamed(put(route_server, BODY), main, timeout=Timeout(read=0.1)) == BODY

    @pytest.mark.parametrize("raw", [False, True], ids=["decoded", "raw"])
    def test_bounds(self, raw_server: RawServerFactory, raw: bool) -> None:
        """Of a body without a length no more is given than allowed."""
        packed = gzip.compress(bytes(2 * 10**7))
        answer = head(CHUNKED, "Content-Encoding: gzip") + chunk(packed) + END
        limit = 5000 if raw else 10**6

        async def main(response: StreamedResponse) -> None:
            sizes = []

            async def count() -> None:
                async for piece in response.aiter_raw() if raw else response.aiter_bytes():
                    sizes.append(len(piece))

            with pytest.raises(LimitExceeded, match=f"max_body={limit}") as caught:
                await count()
            assert sum(sizes) <= limit
            assert caught.value.limit == limit

        server = raw_server(answer)
        streamed(server.url, main, max_body=limit)
        server.ledger.wait_none_open()

    def test_an_announced_length_is_refused_at_once(self, route_server: RouteServer) -> None:
        with pytest.raises(LimitExceeded, match="is announced with 102400 bytes"):
            streamed(put(route_server, BODY), read, max_body=10)
