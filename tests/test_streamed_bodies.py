"""Bodies that are read while they are sent: iterators, async iterators and files."""

import asyncio
import contextvars
import io
import pickle
import threading
from asyncio import StreamWriter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import fastfetch
import pytest
from fastfetch import Client, InvalidRequest, RedirectError, Request

from tests.conftest import Http2ServerFactory, RawServerFactory
from tests.servers.bodies import BodyServer
from tests.servers.messages import Answer
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority


class Upload:
    """Chunks, and what becomes of the iterator that yields them."""

    def __init__(self, *chunks: Any, error: BaseException | None = None) -> None:
        self.chunks = chunks
        self.error = error
        self.ended = threading.Event()
        self.threads: set[int] = set()

    def sync(self) -> Iterator[Any]:
        try:
            for chunk in self.chunks:
                self.threads.add(threading.get_ident())
                yield chunk
            if self.error:
                raise self.error
        finally:
            self.threads.add(threading.get_ident())
            self.ended.set()

    async def asynchronous(self) -> AsyncIterator[Any]:
        try:
            for chunk in self.chunks:
                self.threads.add(threading.get_ident())
                await asyncio.sleep(0)
                yield chunk
            if self.error:
                raise self.error
        finally:
            self.threads.add(threading.get_ident())
            await asyncio.sleep(0)
            self.ended.set()


Kind = Callable[[Upload], Any]
BOTH = pytest.mark.parametrize("kind", [Upload.sync, Upload.asynchronous], ids=["sync", "async"])


def post(url: str, **options: Any) -> fastfetch.Response:
    return asyncio.run(fastfetch.post(url, **options))


CHUNKS = (b"a", "ü", bytearray(b"b"), memoryview(b"cde")[1:], b"", "", bytes(700_000))
WHOLE = "aübde".encode() + bytes(700_000)


class TestIterators:
    @BOTH
    @pytest.mark.parametrize("option", ["content", "data"])
    def test_are_sent_in_chunks(self, heard: BodyServer, kind: Kind, option: str) -> None:
        upload = Upload(*CHUNKS)
        post(heard.url, **{option: kind(upload)})
        assert heard.bodies == [WHOLE]
        assert b"\r\ntransfer-encoding: chunked\r\n" in heard.head
        assert b"content-length" not in heard.head
        assert b"content-type" not in heard.head
        assert upload.threads == {threading.get_ident()}
        assert upload.ended.is_set()

    @BOTH
    @pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
    def test_with_any_method(self, heard: BodyServer, kind: Kind, method: str) -> None:
        asyncio.run(fastfetch.request(method, heard.url, content=kind(Upload(b"a", b"b"))))
        assert heard.bodies == [b"ab"]

    @BOTH
    def test_of_nothing(self, heard: BodyServer, kind: Kind) -> None:
        post(heard.url, content=kind(Upload()))
        assert heard.bodies == [b""]

    @BOTH
    def test_over_http2(self, h2_server: Http2ServerFactory, authority: Authority, kind: Kind) -> None:
        server = h2_server(Answer.text("ok"), tls=authority.context("127.0.0.1", alpn=("h2",)))

        async def main() -> None:
            async with Client(tls=fastfetch.TLS(ca=authority.ca_file)) as client:
                for method in ("POST", "GET"):
                    await client.request(method, server.url, content=kind(Upload(*CHUNKS)))

        asyncio.run(main())
        assert [seen.body for seen in server.ledger.requests] == [WHOLE, WHOLE]
        assert all("content-length" not in seen.headers for seen in server.ledger.requests)

    @BOTH
    def test_a_length_of_the_callers_is_kept_to(self, heard: BodyServer, kind: Kind) -> None:
        post(heard.url, content=kind(Upload(b"ab", b"cd")), headers={"Content-Length": "4"})
        assert heard.bodies == [b"abcd"]
        assert b"\r\ncontent-length: 4\r\n" in heard.head
        assert b"transfer-encoding" not in heard.head

    @BOTH
    @pytest.mark.parametrize(
        ("length", "words"), [("3", "more bytes than announced"), ("5", "1 bytes fewer than announced")]
    )
    def test_a_length_that_does_not_hold(
        self, heard: BodyServer, kind: Kind, length: str, words: str
    ) -> None:
        upload = Upload(b"ab", b"cd")
        with pytest.raises(InvalidRequest, match=f"content: {words}"):
            post(heard.url, content=kind(upload), headers={"Content-Length": length})
        heard.ledger.wait_closed(1)
        assert heard.bodies == []
        assert upload.ended.is_set()

    @BOTH
    @pytest.mark.parametrize("chunk", [5, None, ["a"], object()], ids=repr)
    def test_chunks_of_another_type(self, heard: BodyServer, kind: Kind, chunk: Any) -> None:
        words = f"content: expected an iterator of str, bytes or buffers, got {type(chunk).__name__}"
        upload = Upload(b"a", chunk)
        with pytest.raises(TypeError, match=words):
            post(heard.url, content=kind(upload))
        assert upload.ended.wait(5)

    def test_context_variables_are_the_callers(self, heard: BodyServer) -> None:
        mine = contextvars.ContextVar("mine", default="")

        async def chunks() -> AsyncIterator[str]:
            yield mine.get()
            async with asyncio.timeout(5):  # Begun in a task, it has to end in the same.
                yield mine.get()

        async def main() -> None:
            mine.set("x")
            await fastfetch.post(heard.url, content=chunks())

        asyncio.run(main())
        assert heard.bodies == [b"xx"]


class TestExceptions:
    @BOTH
    @pytest.mark.parametrize("chunks", [(), (b"a",), (b"a", bytes(2**20))], ids=len)
    def test_come_as_they_are(self, heard: BodyServer, kind: Kind, chunks: tuple[bytes, ...]) -> None:
        error = ZeroDivisionError("mine")

        async def main() -> None:
            async with Client() as client:
                with pytest.raises(ZeroDivisionError) as caught:
                    await client.post(heard.url, content=kind(Upload(*chunks, error=error)))
                assert caught.value is error
                await asyncio.to_thread(heard.ledger.wait_none_open)
                assert (await client.post(heard.url, content=kind(Upload(b"again")))).ok

        asyncio.run(main())
        assert heard.bodies == [b"again"]

    @BOTH
    def test_in_a_batch_they_are_that_items(self, heard: BodyServer, kind: Kind) -> None:
        error = ZeroDivisionError("mine")

        async def main() -> list[Any]:
            requests = [
                Request("POST", heard.url, content=kind(Upload(b"a"))),
                Request("POST", heard.url, content=kind(Upload(b"b", error=error))),
                Request("POST", heard.url, content=kind(Upload(b"c"))),
            ]
            return list(await fastfetch.gather(requests, concurrency=1))

        first, second, third = asyncio.run(main())
        assert (first.ok, second.error, third.ok) == (True, error, True)
        assert heard.bodies == [b"a", b"c"]

    @BOTH
    def test_over_http2_the_connection_stays(
        self, h2_server: Http2ServerFactory, authority: Authority, kind: Kind
    ) -> None:
        server = h2_server(Answer.text("ok"), tls=authority.context("127.0.0.1", alpn=("h2",)))
        error = ZeroDivisionError("mine")

        async def main() -> None:
            async with Client(tls=fastfetch.TLS(ca=authority.ca_file)) as client:
                with pytest.raises(ZeroDivisionError) as caught:
                    await client.post(server.url, content=kind(Upload(b"a", error=error)))
                assert caught.value is error
                assert (await client.post(server.url, content=b"x")).ok

        asyncio.run(main())
        assert server.ledger.accepted == 1


class TestCancelling:
    @BOTH
    def test_closes_the_iterator_on_the_loops_thread(self, raw_server: RawServerFactory, kind: Kind) -> None:
        async def reads(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            while await reader.chunk():
                begun.set()

        begun = threading.Event()
        server = raw_server(reads)
        upload = Upload(*[b"chunk"] * 1_000_000)

        async def main() -> None:
            task = asyncio.ensure_future(fastfetch.post(server.url, content=kind(upload)))
            assert await asyncio.to_thread(begun.wait, 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(upload.ended.wait, 5)

        asyncio.run(main())
        assert upload.threads == {threading.get_ident()}
        server.ledger.wait_none_open()

    def test_an_iterator_that_waits_is_cancelled(self, heard: BodyServer) -> None:
        seen: list[str] = []
        waiting, closed = asyncio.Event(), asyncio.Event()

        async def chunks() -> AsyncIterator[bytes]:
            yield b"a"
            try:
                waiting.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise
            finally:
                await asyncio.sleep(0)
                seen.append("closed")
                closed.set()

        async def main() -> None:
            with pytest.raises(fastfetch.TotalTimeout):
                await fastfetch.post(heard.url, content=chunks(), timeout=0.2)
            await closed.wait()

        asyncio.run(asyncio.wait_for(main(), 10))
        assert waiting.is_set()
        assert seen == ["cancelled", "closed"]
        heard.ledger.wait_none_open()


class TestOnce:
    @BOTH
    def test_a_generator_is_sent_once(self, heard: BodyServer, kind: Kind) -> None:
        async def main() -> None:
            request = Request("POST", heard.url, content=kind(Upload(b"a")))
            assert request.content is None
            await fastfetch.send(request)
            with pytest.raises(InvalidRequest, match="content: it was read already"):
                await fastfetch.send(request)

        asyncio.run(main())
        assert heard.bodies == [b"a"]

    @BOTH
    @pytest.mark.parametrize("status", [307, 308])
    def test_a_redirect_cannot_have_it_again(
        self, route_server: RouteServer, kind: Kind, status: int
    ) -> None:
        route_server.routes["/from"] = Answer.redirect("/status/200", status)
        headers = {"Content-Length": "2"}
        with pytest.raises(RedirectError, match=r"cannot be sent again.*read only once"):
            post(f"{route_server.url}/from", content=kind(Upload(b"ab")), headers=headers)

    @pytest.mark.parametrize("status", [301, 302, 303])
    def test_one_that_drops_it_can_be_followed(self, route_server: RouteServer, status: int) -> None:
        route_server.routes["/from"] = Answer.redirect("/status/204", status)
        headers = {"Content-Length": "2"}
        answer = post(f"{route_server.url}/from", content=iter([b"ab"]), headers=headers)
        assert (answer.status_code, answer.method) == (204, "GET")

    def test_what_can_be_iterated_again_is_sent_again(self, heard: BodyServer) -> None:
        class Again:
            def __aiter__(self) -> AsyncIterator[bytes]:
                return Upload(b"a", b"b").asynchronous()

        for content in ([b"a", "b"], Again()):
            request = Request("POST", heard.url, content=content)
            for _ in range(2):
                asyncio.run(fastfetch.send(request))
        assert heard.bodies == [b"ab"] * 4

    @BOTH
    def test_it_cannot_be_pickled(self, kind: Kind) -> None:
        for content in (kind(Upload(b"a")), io.BytesIO(b"a")):
            with pytest.raises(TypeError, match="a file or an iterator cannot be pickled"):
                pickle.dumps(Request("POST", "http://a.test/", content=content))


class TestMany:
    @BOTH
    def test_gather(self, heard: BodyServer, kind: Kind) -> None:
        async def main() -> None:
            requests = [Request("POST", heard.url, content=kind(Upload(str(n), b"!"))) for n in range(50)]
            results = await fastfetch.gather(requests)
            assert results.counts == {200: 50}

        asyncio.run(main())
        assert sorted(heard.bodies) == sorted(f"{n}!".encode() for n in range(50))

    @BOTH
    def test_as_completed(self, heard: BodyServer, kind: Kind) -> None:
        async def main() -> list[bool]:
            requests = (Request("POST", heard.url, content=kind(Upload(str(n), b"!"))) for n in range(50))
            return [response.ok async for response in fastfetch.as_completed(requests, concurrency=7)]

        assert asyncio.run(main()) == [True] * 50
        assert sorted(heard.bodies) == sorted(f"{n}!".encode() for n in range(50))
