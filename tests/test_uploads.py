"""A body on its way: `Expect: 100-continue`, answers that come before it is sent, and what is waited for."""

import asyncio
import threading
import time
from asyncio import StreamWriter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import fastfetch
import pytest
from fastfetch import Client, Request, Timeout, TotalTimeout, WriteTimeout
from h2.errors import ErrorCodes

from tests.conftest import Http2ServerFactory, RawServerFactory
from tests.fetching import fetch
from tests.scripted import until
from tests.servers.http2 import Http2Stream, each
from tests.servers.messages import Answer
from tests.servers.raw import RequestReader, reset
from tests.servers.raw import deaf as deaf_handler
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large"
LARGE = 100 * 2**20


EXPECT = {"Expect": "100-continue"}


class TestExpect:
    def test_the_body_waits_for_the_word(self, raw_server: RawServerFactory) -> None:
        told, bodies = list[bool](), list[bytes]()

        async def server(reader: RequestReader, writer: StreamWriter) -> None:
            head = await reader.head()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.2)
            told.append(True)
            writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
            bodies.append(await reader.body(head))
            writer.write(OK)

        url = raw_server(server).url
        assert fetch(Request("POST", url, content=b"body", headers=EXPECT)).ok
        assert fetch(Request("POST", url, content=iter([b"bo", b"dy"]), headers=EXPECT)).ok
        assert (told, bodies) == ([True, True], [b"body", b"body"])

    def test_but_not_for_ever(self, raw_server: RawServerFactory) -> None:
        bodies = list[bytes]()

        async def server(reader: RequestReader, writer: StreamWriter) -> None:
            bodies.append(await reader.body(await reader.head()))
            writer.write(OK)

        begin = time.monotonic()
        # The time that is ours to wait is none of the server's silence.
        timeout = Timeout(read=0.5, write=0.5)
        url = raw_server(server).url
        assert fetch(Request("POST", url, content=b"body", headers=EXPECT, timeout=timeout)).ok
        assert bodies == [b"body"]
        assert time.monotonic() - begin >= 1

    @pytest.mark.parametrize("status", [b"417 Expectation Failed", b"413 Content Too Large", b"200 OK"])
    @pytest.mark.parametrize("closes", [b"", b"Connection: close\r\n"], ids=["stays", "closes"])
    def test_an_answer_in_its_place_leaves_it_unsent(
        self, raw_server: RawServerFactory, status: bytes, closes: bytes
    ) -> None:
        received = list[bytes]()
        pulled = threading.Event()

        def chunks() -> Iterator[bytes]:
            pulled.set()
            yield b"body"

        async def server(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(b"HTTP/1.1 " + status + b"\r\n" + closes + b"Content-Length: 3\r\n\r\nwhy")
            received.append(await reader.read())

        url = raw_server(server).url
        for content in (b"body", chunks()):
            response = fetch(Request("POST", url, content=content, headers=EXPECT))
            assert (response.status_code, response.content) == (int(status[:3]), b"why")
        assert not pulled.is_set()
        assert fetch(Request("GET", f"{raw_server(OK).url}/")).ok
        assert received == [b"", b""]

    def test_without_a_body_there_is_nothing_to_wait_for(self, route_server: RouteServer) -> None:
        assert fetch(Request("POST", f"{route_server.url}/echo", headers=EXPECT, timeout=0.9)).ok


class TestEarlyAnswers:
    """A server may answer and close before it has read all: what it says counts, and not the broken pipe."""

    @pytest.fixture(params=["plain", "tls"])
    def refusing(
        self, request: pytest.FixtureRequest, raw_server: RawServerFactory, authority: Authority
    ) -> str:
        async def server(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            await reader.readexactly(1000)
            writer.write(TOO_LARGE)
            await writer.drain()

        return raw_server(server, tls=authority.context("127.0.0.1") if request.param == "tls" else None).url

    def refused(self, url: str, authority: Authority, **options: Any) -> None:
        request = Request("POST", url, **options)
        response = fetch(request, tls=fastfetch.TLS(ca=authority.ca_file))
        assert (response.status_code, response.content) == (413, b"too large")

    @pytest.mark.parametrize("attempt", range(5))
    def test_bytes(self, refusing: str, authority: Authority, attempt: int) -> None:
        self.refused(refusing, authority, content=bytes(LARGE))

    def test_chunks(self, refusing: str, authority: Authority) -> None:
        self.refused(refusing, authority, content=(bytes(2**20) for _ in range(100)))

    def test_files(
        self, refusing: str, authority: Authority, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        path = tmp_path_factory.mktemp("large") / "file"
        with path.open("w+b") as file:
            file.truncate(LARGE)
            file.seek(0)
            self.refused(refusing, authority, files={"f": file})

    def test_a_long_answer_comes_whole(self, raw_server: RawServerFactory) -> None:
        size = 3 * 2**20

        async def server(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            await reader.readexactly(1000)
            writer.write(f"HTTP/1.1 413 No\r\nContent-Length: {size}\r\n\r\n".encode() + bytes(size))
            await writer.drain()
            await reader.read()

        response = fetch(Request("POST", raw_server(server).url, content=bytes(LARGE)))
        assert (response.status_code, len(response.content)) == (413, size)

    def test_both_sides_may_talk_at_once(self, raw_server: RawServerFactory) -> None:
        async def echo(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while chunk := await reader.chunk():
                writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                await writer.drain()
            writer.write(b"0\r\n\r\n")

        server = raw_server(echo)
        response = fetch(Request("POST", server.url, content=(bytes(2**20) for _ in range(20))))
        assert response.content == bytes(20 * 2**20)

    def test_the_iterator_ends_with_the_answer(self, raw_server: RawServerFactory) -> None:
        async def server(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            await reader.chunk()
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
            await reader.read()

        closed = asyncio.Event()

        async def chunks() -> AsyncIterator[bytes]:
            try:
                yield b"chunk"
                await asyncio.Event().wait()
            finally:
                closed.set()

        raw = raw_server(server)

        async def main() -> None:
            async with Client() as client:
                assert (await client.post(raw.url, content=chunks())).status_code == 403
                await asyncio.wait_for(closed.wait(), 5)
                # What was not sent whole is not a connection for another request.
                await asyncio.to_thread(raw.ledger.wait_none_open)

        asyncio.run(main())

    def test_none_at_all_is_an_error(self, raw_server: RawServerFactory) -> None:
        async def leaves(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            await reader.readexactly(1000)
            reset(writer)

        with pytest.raises(fastfetch.ConnectError, match="connection lost"):
            fetch(Request("POST", raw_server(leaves).url, content=bytes(LARGE)))

    @pytest.mark.parametrize("code", [ErrorCodes.NO_ERROR, None], ids=["reset", "open"])
    def test_over_http2(
        self, h2_server: Http2ServerFactory, authority: Authority, code: ErrorCodes | None
    ) -> None:
        async def refuse(stream: Http2Stream) -> None:
            await stream.answer(Answer.text("too large", 413))
            if code is not None:
                stream.reset(code)

        tls = authority.context("127.0.0.1", alpn=("h2",))
        server = h2_server(each(refuse), tls=tls)

        async def main() -> None:
            async with Client(tls=fastfetch.TLS(ca=authority.ca_file)) as client:
                for content in (bytes(LARGE), (bytes(2**20) for _ in range(100))):
                    response = await client.post(server.url, content=content)
                    assert (response.status_code, response.text) == (413, "too large")

        asyncio.run(main())


class TestTimeouts:
    @pytest.fixture
    def deaf(self, raw_server: RawServerFactory) -> str:
        return raw_server(deaf_handler).url

    @pytest.mark.parametrize("streamed", [False, True])
    def test_a_server_that_takes_nothing(self, deaf: str, streamed: bool) -> None:
        content = (bytes(2**20) for _ in range(100)) if streamed else bytes(LARGE)
        with pytest.raises(WriteTimeout) as caught:
            fetch(Request("POST", deaf, content=content, timeout=Timeout(write=0.3, read=5)))
        assert caught.value.phase == "send"

    def test_over_http2_too(self, h2_server: Http2ServerFactory, authority: Authority) -> None:
        async def silent(stream: Http2Stream) -> None:
            await stream.taken_back()

        tls = authority.context("127.0.0.1", alpn=("h2",))
        server = h2_server(each(silent), tls=tls, acknowledges=False)
        with pytest.raises(WriteTimeout):
            fetch(
                Request("POST", server.url, content=bytes(LARGE), timeout=Timeout(write=0.3, read=5)),
                tls=fastfetch.TLS(ca=authority.ca_file),
            )

    def test_an_iterator_of_the_callers_may_take_its_time(self, raw_server: RawServerFactory) -> None:
        async def server(reader: RequestReader, writer: StreamWriter) -> None:
            head = await reader.head()
            await reader.body(head)
            writer.write(OK)

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(3):
                await asyncio.sleep(0.4)
                yield b"chunk"

        timeout = Timeout(write=0.2, read=0.2)
        assert fetch(Request("POST", raw_server(server).url, content=chunks(), timeout=timeout)).ok

    def test_but_no_longer_than_all_may_take(self, raw_server: RawServerFactory) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"chunk"
            await asyncio.Event().wait()

        async def server(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            await reader.read()

        with pytest.raises(TotalTimeout):
            fetch(Request("POST", raw_server(server).url, content=chunks(), timeout=0.4))

    def test_a_server_that_reads_and_says_nothing(self, raw_server: RawServerFactory) -> None:
        async def server(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            await reader.read()

        url = raw_server(server).url
        with pytest.raises(fastfetch.ReadTimeout):
            fetch(
                Request(
                    "POST", url, content=iter([b"chunk"]), timeout=Timeout(connect=60, write=60, read=0.3)
                )
            )


def test_a_cancelled_upload_leaves_nothing(raw_server: RawServerFactory) -> None:
    async def deaf(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        await reader.readexactly(1000)
        await asyncio.sleep(0.2)
        await reader.read()

    server = raw_server(deaf)

    async def main() -> None:
        async with Client() as client:
            task = asyncio.ensure_future(client.post(server.url, content=bytes(LARGE)))
            await asyncio.to_thread(server.ledger.wait_requests, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(server.ledger.wait_none_open)

    asyncio.run(main())


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("size", [LARGE, 5 * 2**20])
@pytest.mark.parametrize("given_up", ["cancelled", "late"])
def test_an_upload_that_is_given_up_does_not_wait_for_the_server(
    raw_server: RawServerFactory, authority: Authority, scheme: str, size: int, given_up: str
) -> None:
    """Nobody takes what was about to be written: its connection ends all the same."""
    server = raw_server(deaf_handler, tls=authority.context("127.0.0.1") if scheme == "https" else None)

    async def main() -> None:
        async with Client(tls=fastfetch.TLS(ca=authority.ca_file)) as client:
            timeout = Timeout(write=0.2, read=0.2) if given_up == "late" else None
            upload = client.post(server.url, content=bytes(size), timeout=timeout)
            if timeout is not None:
                with pytest.raises(fastfetch.TimeoutException):
                    await upload
            else:
                task = asyncio.ensure_future(upload)
                await asyncio.to_thread(server.ledger.wait_requests, 1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            await until(lambda: not client.statistics().open)

    asyncio.run(main())
