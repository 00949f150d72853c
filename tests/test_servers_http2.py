"""The HTTP/2 servers themselves, asked with the h2 package before fastfetch is."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    PingReceived,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
    UnknownFrameReceived,
)
from h2.settings import SettingCodes
from hyperframe.frame import DataFrame, PingFrame

from tests.conftest import Http2ServerFactory
from tests.servers.http2 import Http2Connection, Http2Server, Http2Stream, Settings, each
from tests.servers.http2_messages import frame
from tests.servers.ledger import PATIENCE
from tests.servers.messages import Answer
from tests.servers.nginx import FILES, Nginx
from tests.servers.tls import Authority

E = TypeVar("E", bound=Event)


class H2Client:
    """A blocking client: says requests, and hears until it has heard enough."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.h2 = H2Connection(H2Configuration())
        self.events: list[Event] = []
        self.h2.initiate_connection()
        self.flush()

    def ask(self, path: str, body: bytes = b"", *, more: bool = False) -> int:
        stream_id = self.h2.get_next_available_stream_id()
        method = "POST" if body or more else "GET"
        fields = [(":method", method), (":scheme", "http"), (":authority", "a.test"), (":path", path)]
        self.h2.send_headers(stream_id, [*fields, ("x-one", "1")], end_stream=not (body or more))
        if body:
            self.h2.send_data(stream_id, body, end_stream=not more)
        self.flush()
        return stream_id

    def hear(self, enough: Callable[[list[Event]], bool]) -> None:
        while not enough(self.events):
            data = self.connection.recv(2**16)
            assert data, f"the server left after {self.events}"
            for event in self.h2.receive_data(data):
                self.events.append(event)
                if isinstance(event, DataReceived):
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.flush()

    def hear_one(self, kind: type[E]) -> E:
        self.hear(lambda events: any(isinstance(event, kind) for event in events))
        return self.of(kind)[0]

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def body(self, stream_id: int) -> bytes:
        return b"".join(event.data for event in self.of(DataReceived) if event.stream_id == stream_id)

    def flush(self) -> None:
        self.connection.sendall(self.h2.data_to_send())


@contextmanager
def client_of(url: str, authority: Authority | None = None) -> Iterator[H2Client]:
    host, port = urlsplit(url).hostname, urlsplit(url).port
    with socket.create_connection((host, port), timeout=PATIENCE) as plain:
        if authority is None:
            yield H2Client(plain)
            return
        context = ssl.create_default_context(cafile=str(authority.ca_file))
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False) as secure:
            assert secure.selected_alpn_protocol() == "h2"
            yield H2Client(secure)


@pytest.mark.parametrize("secure", [False, True])
def test_answers_whole_and_records_the_request(
    secure: bool, authority: Authority, h2_server: Http2ServerFactory
) -> None:
    tls = authority.context("127.0.0.1", alpn=("h2",)) if secure else None
    server = h2_server(Answer(b"x" * 200_000, headers=(("X-Two", "2"),)), tls=tls)
    with client_of(server.url, authority if secure else None) as client:
        stream_id = client.ask("/path?q=1", b"body")
        client.hear_one(StreamEnded)
        assert dict(client.of(ResponseReceived)[0].headers) == {
            b":status": b"200",
            b"x-two": b"2",
            b"content-length": b"200000",
        }
        assert client.body(stream_id) == b"x" * 200_000
    [request] = server.ledger.requests
    assert request.pseudo == {"method": "POST", "scheme": "http", "authority": "a.test", "path": "/path?q=1"}
    assert (request.header_items, request.body, request.ended) == ([("x-one", "1")], b"body", True)
    server.ledger.wait_none_open()


def test_five_hundred_streams_at_once(h2_server: Http2ServerFactory) -> None:
    all_there = asyncio.Event()

    async def when_all_are_there(stream: Http2Stream) -> None:
        if len(server.ledger.requests) == 500:
            all_there.set()
        await all_there.wait()
        await stream.answer(Answer(b"x" * 1000))

    server = h2_server(each(when_all_are_there))
    with client_of(server.url) as client:
        client.hear_one(RemoteSettingsChanged)
        # Set by the peer in a real client; 100 is what this one assumes.
        client.h2.remote_settings[SettingCodes.MAX_CONCURRENT_STREAMS] = 500
        client.h2.remote_settings.acknowledge()
        for number in range(500):
            client.ask(f"/{number}")
        client.hear(lambda events: len(client.of(StreamEnded)) == 500)
    assert (server.peak, server.ledger.accepted) == (500, 1)


def test_settings(h2_server: Http2ServerFactory) -> None:
    chosen: Settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 7, SettingCodes.INITIAL_WINDOW_SIZE: 10}
    server = h2_server(Answer(), settings=chosen, acknowledges=False)
    with client_of(server.url) as client:
        changed = client.hear_one(RemoteSettingsChanged).changed_settings
        assert {code: change.new_value for code, change in changed.items()} == chosen
        stream_id = client.ask("/", b"0123456789", more=True)
        server.heard.wait(DataReceived)
        assert client.h2.local_flow_control_window(stream_id) == 0


def test_a_stream_says_all_there_is_to_say(h2_server: Http2ServerFactory) -> None:
    async def talk(stream: Http2Stream) -> None:
        stream.start(103, ("link", "</style.css>"))
        stream.start(200)
        await stream.data(b"one")
        await stream.data(b"two")
        stream.trailers(("x-sum", "6"))

    with client_of(h2_server(each(talk)).url) as client:
        stream_id = client.ask("/")
        client.hear_one(StreamEnded)
        assert dict(client.of(InformationalResponseReceived)[0].headers)[b":status"] == b"103"
        assert (client.body(stream_id), client.of(TrailersReceived)[0].headers) == (
            b"onetwo",
            [(b"x-sum", b"6")],
        )


def test_resets_one_stream_and_serves_the_next(h2_server: Http2ServerFactory) -> None:
    async def first_fails(stream: Http2Stream) -> None:
        if stream.request.stream_id == 1:
            stream.reset(ErrorCodes.REFUSED_STREAM)
        else:
            await stream.answer(Answer(b"yes"))

    with client_of(h2_server(each(first_fails)).url) as client:
        client.ask("/")
        assert client.hear_one(StreamReset).error_code == ErrorCodes.REFUSED_STREAM
        stream_id = client.ask("/")
        client.hear_one(StreamEnded)
        assert client.body(stream_id) == b"yes"


def test_sees_a_client_reset_a_stream(h2_server: Http2ServerFactory) -> None:
    taken_back = threading.Event()

    async def wait(stream: Http2Stream) -> None:
        assert await stream.taken_back() == ErrorCodes.CANCEL
        taken_back.set()

    server = h2_server(each(wait))
    with client_of(server.url) as client:
        stream_id = client.ask("/")
        client.h2.reset_stream(stream_id, ErrorCodes.CANCEL)
        client.flush()
        assert server.heard.wait(StreamReset)[0].stream_id == stream_id
        assert taken_back.wait(PATIENCE)
    assert server.ledger.requests[0].reset == ErrorCodes.CANCEL


def test_goes_away_and_still_answers(h2_server: Http2ServerFactory) -> None:
    async def leave(connection: Http2Connection) -> None:
        stream = await connection.request()
        connection.goaway(debug=b"bye")
        await stream.answer(Answer(b"last"))

    with client_of(h2_server(leave).url) as client:
        client.ask("/")
        # h2's client takes GOAWAY for the end; the bytes after it are looked at without it.
        left = b""
        while data := client.connection.recv(2**16):
            left += data
        events = client.h2.receive_data(left[: left.index(b"bye") + 3])
        [end] = [event for event in events if isinstance(event, ConnectionTerminated)]
        assert (end.error_code, end.last_stream_id, end.additional_data) == (0, 1, b"bye")
        assert left.endswith(DataFrame(1, b"last", flags=["END_STREAM"]).serialize())


def test_says_frames_of_any_kind(h2_server: Http2ServerFactory) -> None:
    async def odd(connection: Http2Connection) -> None:
        stream = await connection.request()
        connection.say(frame(0xEE, 0, b"what"), PingFrame(0, b"are you?"), frame(0xEF, 0, flags=1))
        await stream.answer(Answer(b"yes"))

    with client_of(h2_server(odd).url) as client:
        client.ask("/")
        client.hear_one(StreamEnded)
        assert len(client.of(UnknownFrameReceived)) == 2
        assert client.of(PingReceived)[0].ping_data == b"are you?"


def test_cuts_without_a_word(authority: Authority, h2_server: Http2ServerFactory) -> None:
    async def cut(connection: Http2Connection) -> None:
        await connection.request()
        connection.cut()

    server = h2_server(cut, tls=authority.context("127.0.0.1", alpn=("h2",)))
    with client_of(server.url, authority) as client:
        client.ask("/")
        with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
            client.hear_one(ResponseReceived)


def test_a_client_that_breaks_the_protocol_fails_the_test(h2_server: Http2ServerFactory) -> None:
    server = h2_server(Answer())
    with socket.create_connection((server.host, server.port), timeout=PATIENCE) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        while client.recv(2**16):
            pass
    with pytest.raises(ExceptionGroup, match="broke the protocol"):
        server.close()


def test_a_failing_handler_fails_the_test() -> None:
    async def wrong(stream: Http2Stream) -> None:
        raise ValueError("wrong")

    server = Http2Server(each(wrong))
    with client_of(server.url) as client:
        client.ask("/")
        while client.connection.recv(2**16):
            pass
    with pytest.raises(ExceptionGroup) as caught:
        server.close()
    assert caught.group_contains(ValueError, match="wrong")


def test_nginx(nginx: Nginx, authority: Authority) -> None:
    with client_of(nginx.https, authority) as client:
        ids = {name: client.ask(f"/{name}") for name in FILES}
        client.hear(lambda events: len(client.of(StreamEnded)) == len(FILES))
        assert {name: client.body(ids[name]) for name in FILES} == FILES
    assert nginx.accesses()[-1].protocol == "HTTP/2.0"
