"""Floods of frames: memory stays within the bound."""

import asyncio

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.conftest import Http2ServerFactory
from tests.programs.running import say
from tests.servers.http2 import Http2Connection
from tests.servers.tls import Authority

MB = 2**20
SLACK = 32 * MB


@pytest.mark.parametrize("kind", ["ping", "settings", "empty data", "continuation", "reset", "window"])
def test_floods_of_http2(
    h2_server: Http2ServerFactory, authority: Authority, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Frames that cost their sender nothing, without end: the request fails, and nothing piles up."""

    async def flood(connection: Http2Connection) -> None:
        stream = (await connection.request()).request.stream_id
        head = HeadersFrame(stream, connection.block((":status", "200")))
        if kind == "empty data":
            head.flags.add("END_HEADERS")
        if kind in ("empty data", "continuation"):
            connection.say(head)
        frame = {
            "ping": PingFrame(0, b"01234567"),
            "settings": SettingsFrame(0, settings={SettingsFrame.MAX_FRAME_SIZE: 16_384}),
            "empty data": DataFrame(stream),
            "continuation": ContinuationFrame(stream),
            "reset": RstStreamFrame(stream, 8),
            "window": WindowUpdateFrame(0, 1),
        }[kind].serialize()
        while not connection.gone_away:
            if connection.transport.get_write_buffer_size() < MB:
                connection.say(frame * 1000)
            await asyncio.sleep(0)

    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    server = h2_server(flood, tls=authority.context("127.0.0.1", alpn=("h2",)))
    for line in say("bombs", 16 * MB, 1, server.url).splitlines():
        error, growth = line.split()
        assert error in ("ProtocolError", "IncompleteBody", "LimitExceeded", "TotalTimeout"), line
        assert int(growth) < SLACK, f"{error}, {int(growth) / MB:.0f} MB"
