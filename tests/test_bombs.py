"""Small bodies that decode to large ones: memory stays within the bound, whatever they come with."""

import asyncio
import zlib
from collections.abc import Callable, Iterator

import brotli
import pytest
import zstandard
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
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

MB = 2**20
DECODED = 300 * MB
MAX_BODY = 16 * MB
SLACK = 32 * MB

Feed = Callable[[bytes], bytes]


def encoders() -> dict[str, tuple[Feed, Callable[[], bytes]]]:
    """For each coding: takes more, and comes to an end."""
    gzip, deflate = zlib.compressobj(9, wbits=31), zlib.compressobj(9)
    br, zstd = brotli.Compressor(quality=5), zstandard.ZstdCompressor(3).compressobj()
    return {
        "gzip": (gzip.compress, gzip.flush),
        "deflate": (deflate.compress, deflate.flush),
        "br": (br.process, br.finish),
        "zstd": (zstd.compress, zstd.flush),
    }


@pytest.fixture(scope="module")
def bombs() -> dict[str, bytes]:
    """A bomb of each coding, and one of two."""
    zeros = bytes(MB)

    def made(feed: Feed, end: Callable[[], bytes]) -> Iterator[bytes]:
        for _ in range(0, DECODED, MB):
            yield feed(zeros)
        yield end()

    bombs = {coding: b"".join(made(*encoder)) for coding, encoder in encoders().items()}
    bombs["gzip, zstd"] = zstandard.compress(bombs["gzip"])
    return bombs


def test_memory_stays_within_the_bound(route_server: RouteServer, bombs: dict[str, bytes]) -> None:
    urls = []
    for coding, body in bombs.items():
        assert len(body) < 400_000
        for status in (200, 302, 404, 500):
            headers = (("Content-Encoding", coding), ("Location", "/json/landed"))
            path = f"/{status}/{coding.replace(', ', '-')}"
            route_server.routes[path] = Answer(body, status, headers)
            urls.append(route_server.url + path)
    _, *lines = say("bombs", MAX_BODY, 60, *urls).splitlines()
    for url, line in zip(urls, lines, strict=True):
        error, growth = line.split()
        assert error == "LimitExceeded", url
        assert int(growth) < MAX_BODY + SLACK, f"{url}: {int(growth) / MB:.0f} MB"


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
    for line in say("bombs", MAX_BODY, 1, server.url).splitlines():
        error, growth = line.split()
        assert error in ("ProtocolError", "IncompleteBody", "LimitExceeded", "TotalTimeout"), line
        assert int(growth) < SLACK, f"{error}, {int(growth) / MB:.0f} MB"
