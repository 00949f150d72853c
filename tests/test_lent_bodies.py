"""A body that never changes is sent from where it lies: it is held while it is needed, and let go of then."""

import asyncio
import sys
import threading
import time
from asyncio import StreamWriter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Client, Request, Timeout, sync

from tests.conftest import Http2ServerFactory, RawServerFactory
from tests.fetching import fetch
from tests.loops import LoopFactory, run
from tests.programs.running import say
from tests.servers.bodies import BodyServer
from tests.servers.http2 import Http2Stream, each
from tests.servers.messages import Answer
from tests.servers.messages import Request as Received
from tests.servers.raw import RequestReader, deaf, never_read
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

pytestmark = pytest.mark.compat

PATIENCE = 10.0

SIZE = 2**20
"""Large enough not to be copied."""

LARGE = 64 * 2**20
"""More than a connection takes before its server reads."""

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def body(size: int = SIZE) -> bytes:
    """Bytes of which nobody else has a reference."""
    return bytes(range(256)) * (size // 256)


async def let_go(content: object, holders: int) -> None:
    """Waits, with nothing of fastfetch's, until no more than these refer to it."""
    deadline = time.monotonic() + PATIENCE
    # One more here: the argument of this function.
    while sys.getrefcount(content) > holders + 1:
        assert time.monotonic() < deadline, "it is still held"
        await asyncio.sleep(0.001)


class Buffer(bytearray):
    """A class of the caller's own."""


class Bytes(bytes):
    """A class of the caller's own."""


class Text(str):
    """A class of the caller's own."""


@pytest.mark.parametrize(
    "make",
    [
        body,
        lambda: Bytes(body()),
        lambda: bytearray(body()),
        lambda: Buffer(body()),
        lambda: memoryview(body()),
        lambda: memoryview(body() + body())[::2],
        lambda: "ü€" * SIZE,
        lambda: Text("ü€" * SIZE),
        lambda: iter([body(), bytearray(body()), "ü" * SIZE, b"end"]),
    ],
    ids=[
        "bytes",
        "bytes' child",
        "bytearray",
        "bytearray's child",
        "view",
        "steps",
        "str",
        "str's child",
        "chunks",
    ],
)
def test_what_is_given_is_what_arrives(heard: BodyServer, make: Callable[[], Any]) -> None:
    def expected(content: Any) -> bytes:
        return content.encode() if isinstance(content, str) else bytes(content)

    content = make()
    whole = b"".join(map(expected, make())) if isinstance(content, Iterator) else expected(content)
    assert fetch(Request("POST", heard.url, content=content)).ok
    assert heard.bodies == [whole]


def test_json_forms_and_files(heard: BodyServer) -> None:
    content = body()
    text = "ü" * SIZE
    assert fetch(Request("POST", heard.url, json=text)).ok
    assert fetch(Request("POST", heard.url, data={"a": text})).ok
    assert fetch(Request("POST", heard.url, files=[("a", content), ("b", bytearray(content))])).ok
    json, form, files = heard.bodies
    assert json.decode() == f'"{text}"'
    assert form == b"a=" + b"%C3%BC" * SIZE
    assert files.count(content) == 2


def test_a_buffer_is_sent_as_it_was_when_it_was_given(heard: BodyServer) -> None:
    content = bytearray(body())
    given = bytes(content)
    requests = [Request("POST", heard.url, content=each) for each in (content, memoryview(content))]
    content[:] = bytes(SIZE)
    assert [fetch(request).ok for request in requests] == [True, True]
    assert heard.bodies == [given, given]


def test_a_request_says_what_its_body_is() -> None:
    content = body()
    request = Request("POST", "http://127.0.0.1/", content=content)
    assert request.content == content
    assert request.with_header("a", "b").content == content


def test_a_request_holds_it(heard: BodyServer) -> None:
    content = body()
    before = sys.getrefcount(content)
    request = Request("POST", heard.url, content=content)
    assert sys.getrefcount(content) == before + 1
    assert fetch(request).ok
    other = request.with_header("a", "b")
    del request
    assert sys.getrefcount(content) == before + 1
    del other
    assert sys.getrefcount(content) == before


def test_what_is_never_awaited_holds_nothing() -> None:
    content = body()
    before = sys.getrefcount(content)
    coroutine = Client().post("http://127.0.0.1:1/", content=content)
    with pytest.warns(RuntimeWarning, match="never awaited"):
        del coroutine
    assert sys.getrefcount(content) == before


async def awaited(client: Client, url: str, content: Any) -> None:
    assert (await client.post(url, content=content)).ok


async def gathered(client: Client, url: str, content: Any) -> None:
    requests = [Request("PUT", url, content=content) for _ in range(20)]
    assert (await client.gather(requests)).counts == {200: 20}


async def completed(client: Client, url: str, content: Any) -> None:
    requests = (Request("PUT", url, content=content) for _ in range(20))
    assert [response.ok async for response in client.as_completed(requests)] == [True] * 20


async def chunked(client: Client, url: str, content: Any) -> None:
    assert (await client.post(url, content=[content, content])).ok


async def streamed(client: Client, url: str, content: Any) -> None:
    async with client.stream("POST", url, content=content) as response:
        assert response.status_code == 200


WAYS = [awaited, gathered, completed, chunked, streamed]


class TestLetGo:
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("make", [body, lambda: "ü" * SIZE], ids=["bytes", "str"])
    def test_after_the_answer(
        self,
        heard: BodyServer,
        loop_factory: LoopFactory,
        way: Callable[[Client, str, Any], Awaitable[None]],
        make: Callable[[], object],
    ) -> None:
        async def main() -> None:
            async with Client() as client:
                content = make()
                before = sys.getrefcount(content)
                for _ in range(3):
                    await way(client, heard.url, content)
                await let_go(content, before)

        run(main, loop_factory)

    def test_not_before(self, route_server: RouteServer) -> None:
        async def main() -> None:
            async with Client() as client:
                content = body()
                before = sys.getrefcount(content)
                task = asyncio.ensure_future(client.post(f"{route_server.url}/gate/body", content=content))
                await asyncio.to_thread(route_server.ledger.wait_requests, 1)
                assert sys.getrefcount(content) > before
                route_server.open_gate("body")
                assert (await task).ok
                del task
                await let_go(content, before)

        asyncio.run(main())

    def test_by_the_waiting_face(self, heard: BodyServer) -> None:
        content = body()
        before = sys.getrefcount(content)
        with sync.Client() as client:
            assert client.gather([Request("PUT", heard.url, content=content)] * 20).counts == {200: 20}
            for _ in range(3):
                assert client.post(heard.url, content=content).ok
            # It was the call itself that let go.
            assert sys.getrefcount(content) == before

    def test_where_the_request_was_made_before_the_loop(self, heard: BodyServer) -> None:
        content = body()
        before = sys.getrefcount(content)
        requests = [Request("PUT", heard.url, content=content)]

        async def main() -> None:
            async with Client() as client:
                assert (await client.gather(requests)).counts == {200: 1}
                requests.clear()
                await let_go(content, before)

        asyncio.run(main())

    def test_after_a_cancel(self, raw_server: RawServerFactory, loop_factory: LoopFactory) -> None:
        server = raw_server(deaf)

        async def main() -> None:
            async with Client() as client:
                content = body(LARGE)
                before = sys.getrefcount(content)
                task = asyncio.ensure_future(client.post(server.url, content=content))
                await asyncio.to_thread(server.ledger.wait_requests, 1)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                del task
                await let_go(content, before)

        run(main, loop_factory)

    def test_after_a_timeout(self, raw_server: RawServerFactory) -> None:
        server = raw_server(deaf)

        async def main() -> None:
            async with Client() as client:
                content = body(LARGE)
                before = sys.getrefcount(content)
                with suppress(ff.WriteTimeout):
                    await client.post(server.url, content=content, timeout=Timeout(write=0.2))
                await let_go(content, before)

        asyncio.run(main())

    def test_after_an_answer_that_came_before_its_end(self, raw_server: RawServerFactory) -> None:
        async def refuse(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
            await writer.drain()
            await never_read(writer)

        server = raw_server(refuse)

        async def main() -> None:
            async with Client() as client:
                content = body(LARGE)
                before = sys.getrefcount(content)
                assert (await client.post(server.url, content=content)).status_code == 413
                await let_go(content, before)

        asyncio.run(main())

    @pytest.mark.parametrize("way", WAYS)
    def test_over_http2(
        self,
        h2_server: Http2ServerFactory,
        authority: Authority,
        way: Callable[[Client, str, Any], Awaitable[None]],
    ) -> None:
        async def hear(stream: Http2Stream) -> None:
            await stream.body()
            await stream.answer(Answer.text("heard"))

        server = h2_server(each(hear), tls=authority.context("127.0.0.1", alpn=("h2",)))

        async def main() -> None:
            async with Client(tls=ff.TLS(ca=authority.ca_file)) as client:
                content = body()
                before = sys.getrefcount(content)
                await way(client, server.url, content)
                await let_go(content, before)

        asyncio.run(main())

    def test_on_several_loops_at_once(self, heard: BodyServer) -> None:
        """Only one of them is told of what comes back; the others see it with their answers."""
        content = body()
        before = sys.getrefcount(content)
        loops = 4
        together = threading.Barrier(loops)

        async def main() -> None:
            async with Client() as client:
                assert (await client.post(heard.url, content=content)).ok
                await asyncio.to_thread(together.wait, PATIENCE)
                for _ in range(10):
                    assert (await client.post(heard.url, content=content)).ok

        threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(loops)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        del threads, thread
        asyncio.run(let_go(content, before))

    def test_with_the_last_thing_that_fastfetch_does(self, heard: BodyServer) -> None:
        """After the exit handler nobody but the program itself has a body that was on its way."""
        assert say("lent", heard.url) == "0 held\n"


class TestAgain:
    """It is there to be sent once more, whole."""

    def test_after_a_redirect(self, route_server: RouteServer) -> None:
        bodies = list[bytes]()

        def landed(request: Received) -> Answer:
            bodies.append(request.body)
            return Answer.text("landed")

        route_server.routes["/landed"] = landed
        url = f"{route_server.url}/redirect-to?url=/landed&status=307"
        assert fetch(Request("POST", url, content=body())).text == "landed"
        assert bodies == [body()]

    def test_after_a_failure(self, route_server: RouteServer) -> None:
        bodies = list[bytes]()

        def third(request: Received) -> Answer:
            bodies.append(request.body)
            return Answer(status=200 if len(bodies) == 3 else 503)

        route_server.routes["/third"] = third
        retry = ff.Retry(attempts=3, backoff=0.001, statuses=[503], budget=None)
        assert fetch(Request("PUT", f"{route_server.url}/third", content=body()), retry=retry).ok
        assert bodies == [body()] * 3

    def test_while_the_caller_forgets_it(self, raw_server: RawServerFactory) -> None:
        """Nobody but the request has it, and it arrives whole."""
        bodies = list[bytes]()

        async def slow(reader: RequestReader, writer: StreamWriter) -> None:
            head = await reader.head()
            forgotten.wait(PATIENCE)
            bodies.append(await reader.body(head))
            writer.write(OK)

        forgotten = threading.Event()
        server = raw_server(slow)

        async def main() -> None:
            async with Client() as client:
                task = asyncio.ensure_future(client.post(server.url, content=body(LARGE)))
                await asyncio.to_thread(server.ledger.wait_requests, 1)
                # What takes the place of what was freed.
                others = [bytes([number]) * LARGE for number in range(2)]
                forgotten.set()
                assert (await task).ok
                assert [other[0] for other in others] == [0, 1]

        asyncio.run(main())
        assert bodies == [body(LARGE)]
