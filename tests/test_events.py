"""Server-sent events (https://html.spec.whatwg.org/#server-sent-events): read, and read again."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastfetch import (
    CertificateError,
    Client,
    DecodeError,
    IncompleteBody,
    ReadTimeout,
    ServerSentEvent,
    StatusError,
    StreamedResponse,
    Timeout,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import RawServerFactory
from tests.loops import LoopFactory, run
from tests.servers.messages import Answer
from tests.servers.pieces import Pieces, head
from tests.servers.raw import RawServer, RequestReader
from tests.servers.routes import RouteServer
from tests.servers.tls import self_signed

EVENTS = ("Content-Type", "text/event-stream")
TYPE = (": ".join(EVENTS),)
OVER = Answer(status=204)


class Answers:
    """A route that gives one answer after another; the last one for ever."""

    def __init__(self, *answers: Answer | str) -> None:
        self.left = [Answer(it.encode(), 200, (EVENTS,)) if isinstance(it, str) else it for it in answers]
        self.last_ids: list[str | None] = []

    def __call__(self, request: Any) -> Answer:
        self.last_ids.append(request.headers.get("last-event-id"))
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def put(server: RouteServer, *answers: Answer | str) -> tuple[str, Answers]:
    """The URL of a stream of events that goes on over several answers."""
    route = server.routes["/events"] = Answers(*answers)
    return f"{server.url}/events", route


@contextlib.asynccontextmanager
async def opened(url: str, method: str = "GET", **options: Any) -> AsyncIterator[StreamedResponse]:
    async with Client(**options) as client, client.stream(method, url) as response:
        yield response


def events(url: str, method: str = "GET", *, reconnect: bool = True, **options: Any) -> list[ServerSentEvent]:
    """All events of a stream."""

    async def main() -> list[ServerSentEvent]:
        async with opened(url, method, **options) as response:
            return [event async for event in response.aiter_events(reconnect=reconnect)]

    return asyncio.run(main())


def event(data: str, **rest: Any) -> ServerSentEvent:
    return ServerSentEvent(data=data, **rest)


class TestStandard:
    """The examples and rules of sections 9.2.5 and 9.2.6."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("data: a\n\n", [event("a")]),
            ("data:a\n\n", [event("a")]),
            ("data:  a\n\n", [event(" a")]),
            ("data: a\ndata: b\ndata\n\n", [event("a\nb\n")]),
            ("event: add\ndata: 7\n\n", [event("7", event="add")]),
            ("event: add\n\ndata: 7\n\n", [event("7")]),
            (": a comment\n\n:\ndata: a\n\n", [event("a")]),
            ("data\n\ndata\ndata\n\ndata:", [event(""), event("\n")]),
            ("data: a\n\nid: 1\ndata: b\n\n", [event("a"), event("b", id="1")]),
            ("id: 1\ndata: a\n\ndata: b\n\n", [event("a", id="1"), event("b", id="1")]),
            ("id: 1\ndata: a\n\nid\ndata: b\n\n", [event("a", id="1"), event("b")]),
            ("id: 1\n\ndata: b\n\n", [event("b", id="1")]),
            ("id: 1\0\ndata: a\n\n", [event("a")]),
            ("retry: 50\ndata: a\n\ndata: b\n\n", [event("a", retry=50), event("b")]),
            ("retry: 5x\nretry: -1\nretry: 1.5\ndata: a\n\n", [event("a")]),
            ("\ufeffdata: a\n\n\ufeffdata: b\n\n", [event("a")]),
            ("Data: a\nunknown: b\nDATA: c\n\n", []),
            ("data: never ended\n", []),
            ("data: \u2028 ü €\n\n", [event("\u2028 ü €")]),
            ("data: a:b\n\n", [event("a:b")]),
            ("", []),
        ],
    )
    def test_parsing(self, route_server: RouteServer, text: str, expected: list[ServerSentEvent]) -> None:
        for end in ("\n", "\r\n", "\r"):
            url, _ = put(route_server, text.replace("\n", end), OVER)
            assert events(url, reconnect=False) == expected

    def test_bytes_that_are_no_text(self, route_server: RouteServer) -> None:
        url, _ = put(route_server, Answer(b"data: a\xffb\n\n", 200, (EVENTS,)))
        assert events(url, reconnect=False) == [event("a\ufffdb")]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
    def test_pieces_may_split_anywhere(self, end: str) -> None:
        text = "\ufeff: hi\nid: ü1\nevent: e\ndata: 𝄞a\ndata: b\n\ndata: c\n\n".replace("\n", end).encode()
        expected = [event("𝄞a\nb", event="e", id="ü1"), event("c", id="ü1")]

        @given(st.lists(st.integers(1, len(text) - 1), max_size=6, unique=True))
        def split(places: list[int]) -> None:
            parts = [0, *sorted(places), len(text)]
            pieces = Pieces(*(text[a:b] for a, b in itertools.pairwise(parts)), fields=TYPE)
            with RawServer(pieces) as server:
                for _ in places:
                    pieces.go(server)
                assert events(server.url, reconnect=False) == expected

        split()

    def test_an_event_comes_as_soon_as_it_is_complete(
        self, raw_server: RawServerFactory, loop_factory: LoopFactory
    ) -> None:
        pieces = Pieces(b"data: a\n\ndata:", b" b\r\r", b"data: c\n\n", fields=TYPE)
        server = raw_server(pieces)

        async def main() -> None:
            async with opened(server.url) as response:
                stream = response.aiter_events(reconnect=False)
                for data in "abc":
                    assert (await anext(stream)).data == data
                    pieces.go(server)
                with pytest.raises(StopAsyncIteration):
                    await anext(stream)

        run(main, loop_factory)

    def test_an_event_is_bounded(self, route_server: RouteServer) -> None:
        url, _ = put(route_server, "data: " + "x" * 2**20 + "\n" + ("data: " + "x" * 2**20 + "\n") * 16)
        with pytest.raises(ValueError, match="larger than the 16777216 bytes"):
            events(url)

    def test_json(self) -> None:
        assert event('{"a": [1]}').json() == {"a": [1]}
        with pytest.raises(ValueError, match="Expecting value"):
            event("").json()

    def test_content_type_has_parameters(self, route_server: RouteServer) -> None:
        kind = ("Content-Type", "Text/Event-Stream ; charset=utf-8")
        url, _ = put(route_server, Answer(b"data: a\n\n", 200, (kind,)))
        assert events(url, reconnect=False) == [event("a")]


class TestReconnection:
    def test_with_the_last_id(self, route_server: RouteServer) -> None:
        url, route = put(
            route_server,
            "retry: 1\ndata: a\n\n",
            "id: 1\ndata: b\n\nid: lost\ndata: never ended",
            "id: ü2\ndata: c\n\n",
            "data: d\n\n",
            "id\ndata: e\n\n",
            OVER,
        )
        expected = [
            event("a", retry=1),
            event("b", id="1"),
            event("c", id="ü2"),
            event("d", id="ü2"),
            event("e"),
        ]
        assert events(url) == expected
        sent = [None, None, "1", "ü2".encode().decode("latin-1"), "ü2".encode().decode("latin-1"), None]
        assert route.last_ids == sent
        assert route_server.ledger.accepted == 1

    def test_after_a_broken_connection(self, raw_server: RawServerFactory) -> None:
        answers = iter(
            [
                head("Content-Length: 100", *TYPE) + b"retry: 1\nid: 7\ndata: a\n\ndata: ha",
                b"",
                b"",
                head("Content-Length: 9", *TYPE) + b"data: b\n\n",
                head("Content-Length: 9", "Connection: close", *TYPE) + b"data: c\n\n",
                b"HTTP/1.1 204 No Content\r\n\r\n",
            ]
        )

        async def say(reader: RequestReader, writer: asyncio.StreamWriter) -> None:
            await reader.head()
            writer.write(next(answers))

        server = raw_server(say)
        found = events(server.url)
        assert found == [event("a", id="7", retry=1), event("b", id="7"), event("c", id="7")]
        ids = [request.lower().count(b"last-event-id: 7\r\n") for request in server.ledger.requests]
        assert ids[0] == 0
        assert set(ids[1:]) == {1}

    def test_after_silence(self, raw_server: RawServerFactory) -> None:
        server = raw_server(Pieces(b"retry: 1\nid: 1\ndata: a\n\n", ends=False, fields=TYPE))

        async def main() -> None:
            async with opened(server.url, timeout=Timeout(read=0.1)) as response:
                stream = response.aiter_events()
                for _ in range(3):
                    assert (await anext(stream)).data == "a"
                await stream.aclose()

        asyncio.run(main())
        server.ledger.wait_none_open()
        assert server.ledger.accepted == 3

    def test_the_time_is_the_servers(self, route_server: RouteServer) -> None:
        url, route = put(route_server, "retry: 300\n\n", OVER)

        async def main() -> float:
            loop = asyncio.get_running_loop()
            async with opened(url) as response:
                start = loop.time()
                assert [each async for each in response.aiter_events()] == []
                return loop.time() - start

        assert 0.3 <= asyncio.run(main()) < 3
        assert len(route.last_ids) == 2

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (Answer(b"", 500), StatusError),
            (Answer(b"", 404), StatusError),
            (Answer.text("data: a\n\n"), DecodeError),
            (Answer(b"data: a\n\n", 201, (EVENTS,)), DecodeError),
            (Answer(b"data: a\n\n"), DecodeError),
        ],
    )
    @pytest.mark.parametrize("first", [True, False])
    def test_what_is_no_stream(
        self, route_server: RouteServer, answer: Answer, kind: type[Exception], first: bool
    ) -> None:
        url, route = put(route_server, *([] if first else ["retry: 1\n\n"]), answer)
        with pytest.raises(kind):
            events(url)
        assert len(route.last_ids) == (1 if first else 2)

    def test_the_words_for_it(self, route_server: RouteServer) -> None:
        url, _ = put(route_server, Answer.text("hi"))
        with pytest.raises(DecodeError) as caught:
            events(url)
        assert str(caught.value) == (
            f"GET {url}: not a stream of events: status 200, content type 'text/plain', "
            "expected 200 and 'text/event-stream'"
        )

    def test_204_says_that_there_are_none(self, route_server: RouteServer) -> None:
        url, route = put(route_server, OVER)
        assert events(url) == []
        assert len(route.last_ids) == 1

    def test_no_more_than_asked_for(self, route_server: RouteServer) -> None:
        url, route = put(route_server, "retry: 1\ndata: a\n\n")
        assert events(url, reconnect=False) == [event("a", retry=1)]
        assert len(route.last_ids) == 1

    def test_without_reconnection_a_broken_connection_is_an_error(self, raw_server: RawServerFactory) -> None:
        server = raw_server(head("Content-Length: 100", *TYPE) + b"data: a\n\n")
        with pytest.raises(IncompleteBody):
            events(server.url, reconnect=False)

    def test_without_reconnection_silence_is_an_error(self, raw_server: RawServerFactory) -> None:
        server = raw_server(Pieces(b"data: a\n\n", ends=False, fields=TYPE))
        with pytest.raises(ReadTimeout):
            events(server.url, reconnect=False, timeout=Timeout(read=0.1))

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    def test_only_a_get_is_sent_again(self, route_server: RouteServer, method: str) -> None:
        url, route = put(route_server, "retry: 1\ndata: a\n\n")
        assert events(url, method) == [event("a", retry=1)]
        assert len(route.last_ids) == 1

    def test_a_wrong_certificate_does_not_heal(self, raw_server: RawServerFactory) -> None:
        bad = raw_server(b"", tls=self_signed("127.0.0.1"))
        there = f"Location: {bad.url}"
        answers = iter(
            [
                head("Content-Length: 10", *TYPE) + b"retry: 1\n\n",
                f"HTTP/1.1 307 \r\n{there}\r\nContent-Length: 0\r\n\r\n".encode(),
            ]
        )

        async def say(reader: RequestReader, writer: asyncio.StreamWriter) -> None:
            while await reader.head():
                writer.write(next(answers))

        with pytest.raises(CertificateError):
            events(raw_server(say).url)


class TestLeaving:
    """However the loop is left, the connection is closed: the first one, and any that followed it."""

    @pytest.fixture(params=[1, 2], ids=["first", "second"])
    def endless(self, request: pytest.FixtureRequest, raw_server: RawServerFactory) -> RawServer:
        """A stream that stays open, at once or from its second connection on."""
        count: int = request.param

        async def say(reader: RequestReader, writer: asyncio.StreamWriter) -> None:
            await reader.head()
            ends = server.ledger.accepted < count
            writer.write(
                head("Connection: close", *TYPE) + b"retry: 1\ndata: %d\n\n" % server.ledger.accepted
            )
            if not ends:
                await reader.read()

        server = raw_server(say)
        server.wanted = str(count)  # type: ignore[attr-defined]
        return server

    def leave(self, server: RawServer, how: Callable[[Any], Any]) -> None:
        async def main() -> None:
            async with Client() as client:
                async with client.stream("GET", server.url) as response:
                    stream = response.aiter_events()
                    while (await anext(stream)).data != server.wanted:  # type: ignore[attr-defined]
                        pass
                    await how(stream)
                await asyncio.to_thread(server.ledger.wait_none_open)

        asyncio.run(main())

    def test_by_the_end_of_the_block(self, endless: RawServer) -> None:
        async def nothing(stream: Any) -> None:
            pass

        self.leave(endless, nothing)

    def test_by_closing_the_iterator(self, endless: RawServer) -> None:
        async def close(stream: Any) -> None:
            await stream.aclose()
            await asyncio.to_thread(endless.ledger.wait_none_open)

        self.leave(endless, close)

    def test_by_cancellation(self, endless: RawServer) -> None:
        async def cancel(stream: Any) -> None:
            waits = asyncio.create_task(anext(stream))
            await asyncio.sleep(0)
            waits.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waits
            await asyncio.to_thread(endless.ledger.wait_none_open)

        self.leave(endless, cancel)

    def test_by_break(self, route_server: RouteServer) -> None:
        url, _ = put(route_server, "data: a\n\ndata: b\n\n")

        async def main() -> str:
            async with opened(url) as response:
                async for each in response.aiter_events():
                    if each.data == "a":
                        break
            return each.data

        assert asyncio.run(main()) == "a"
        route_server.ledger.wait_none_open()
