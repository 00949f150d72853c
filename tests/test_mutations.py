"""Random mutations of good answers, held against a reading of the standards that is not ours."""

import asyncio
from asyncio import StreamWriter
from ssl import SSLContext

import pytest
from fastfetch import Client, Limits, Response, Timeout
from hpack import Decoder
from hyperframe.frame import HeadersFrame

from tests.amounts import times
from tests.conftest import RawServerFactory, Serve
from tests.figures import Measured
from tests.mutations import http2
from tests.mutations.http1 import judged
from tests.mutations.mutate import mutated
from tests.mutations.verdict import Verdict
from tests.servers.everywhere import url_of
from tests.servers.loopback import LoopbackServer, Watched
from tests.servers.raw import Handler, RequestReader

OVER_HTTP1 = times(90_000, 1_200)
OVER_HTTP2 = times(10_000, 300)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def gathered(urls: list[str], *, http1: bool = True) -> list[Response]:
    async def main() -> list[Response]:
        async with Client(
            timeout=Timeout(total=20), limits=Limits(concurrency=64), follow_redirects=False, http1=http1
        ) as client:
            return list(await client.gather(urls))

    return asyncio.run(main())


def held(results: list[Response], answers: list[bytes], verdicts: list[Verdict]) -> int:
    """Hold what became of answers against what may be made of them; how many were refused."""
    faults = [
        f"{fault}\n{answer!r}"
        for response, answer, verdict in zip(results, answers, verdicts, strict=True)
        if (fault := verdict.fault(response))
    ]
    assert faults == [], "\n\n".join([f"{len(faults)} mismatches", *faults[:5]])
    return sum(response.error is not None for response in results)


def answering(answers: list[bytes], verdicts: list[Verdict]) -> Handler:
    """Gives the answer of the number that the path says, and goes on where it is a good one."""

    async def handler(reader: RequestReader, writer: StreamWriter) -> None:
        while True:
            number = int((await reader.head()).split()[1][1:])
            writer.write(answers[number])
            await writer.drain()
            if not verdicts[number].goes_on:
                return

    return handler


@pytest.mark.torture
def test_http1(raw_server: RawServerFactory, measured: Measured) -> None:
    answers = [mutated(number) for number in range(OVER_HTTP1)]
    verdicts = [judged(answer) for answer in answers]
    server = raw_server(answering(answers, verdicts))
    results = gathered([f"{server.url}/{number}" for number in range(OVER_HTTP1)])
    failed = held(results, answers, verdicts)
    measured(
        f"{OVER_HTTP1:,} randomly mutated HTTP/1 answers, held against a reading of the standard",
        f"{OVER_HTTP1 - failed:,} read, {failed:,} refused; no panic, no hang, no mismatch",
    )


class Framed(Watched[bytes]):
    """Answers the first request on the connection with these frames, and says no more."""

    def __init__(self, server: "FrameServer") -> None:
        super().__init__(server)
        self.answers = server.answers
        self.received = bytearray()
        self.answered = False

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.answered and (number := asked(bytes(self.received))) is not None:
            self.answered = True
            self.transport.write(http2.GREETING + self.answers[number])
            self.transport.write_eof()


def asked(received: bytes) -> int | None:
    """The number in the path of the first request, once that has come."""
    received = received[len(PREFACE) :]
    while len(received) > http2.HEAD:
        size = int.from_bytes(received[:3])
        if received[3] == HeadersFrame.type and len(received) >= http2.HEAD + size:
            fields = dict(Decoder().decode(received[http2.HEAD : http2.HEAD + size], raw=True))
            return int(bytes(fields[b":path"])[1:])
        received = received[http2.HEAD + size :]
    return None


class FrameServer(LoopbackServer[bytes]):
    """At every loopback address, so that each answer has a connection of its own."""

    def __init__(self, answers: list[bytes]) -> None:
        self.answers = answers
        super().__init__()

    async def _listen(self, tls: SSLContext | None) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(self.protocol, "0.0.0.0", 0, ssl=tls, backlog=4096)

    def protocol(self) -> Watched[bytes]:
        return Framed(self)


@pytest.mark.torture
def test_http2(serve: Serve, measured: Measured) -> None:
    answers = [http2.mutated(number) for number in range(OVER_HTTP2)]
    verdicts = [http2.judged(answer) for answer in answers]
    server = serve(FrameServer(answers))
    urls = [f"{url_of(number, server.port)}/{number}" for number in range(OVER_HTTP2)]
    failed = held(gathered(urls, http1=False), answers, verdicts)
    measured(
        f"{OVER_HTTP2:,} HTTP/2 answers of randomly mutated frames, held against the h2 package",
        f"{OVER_HTTP2 - failed:,} read, {failed:,} refused; no panic, no hang, no mismatch",
    )
