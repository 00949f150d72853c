"""A panic, wherever it is, is a `FetchError`: the process lives, the client serves on, no permit is lost.

Needs a build with the feature `injection`, as `make test` makes it: there a test names the point that is to
panic. No wheel has the feature.
"""

import asyncio
import gzip
import os
import re
import sys
import time
from asyncio import StreamWriter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fastfetch
import pytest
from fastfetch import TLS, Client, FetchError, Limits, Request, Retry, Timeout

from tests.amounts import SLACK
from tests.conftest import RawServerFactory
from tests.house.repository import ROOT, naming, rust
from tests.servers.messages import Answer
from tests.servers.messages import Request as Asked
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

TOLD = re.compile(r"fastfetch: internal error at src/[\w/]+\.rs:\d+:\d+; please report it")
SAID = re.compile(r"internal error at src/[\w/]+\.rs:\d+:\d+ \(a panic in fastfetch; please report it\)")

IN_AN_EXCHANGE = ["resolve", "connect", "tls", "send", "poll", "head"]
IN_AN_EXCHANGE += ["cookies", "body", "decode", "drop", "redirect"]
"""What a POST to a redirect over TLS passes, until the coded answer is there."""

IN_A_BATCH = ["retry", "crowd", "worker", "keep"]
"""What an item of a batch passes besides."""

UNNOTICED = ["gate", "io", "wake"]
"""After these, all goes on as if nothing had been."""

ON_THE_WAY = ["queue", "answer"]
"""What an answer passes on its way to Python."""

ELSEWHERE = ["stream", "read", "checkpoint", "table", "json table", "abort"]

INJECTION = sys.modules.get("fastfetch._injection")
if INJECTION is None and os.environ.get("CI") != "true":
    pytest.skip("built without the feature `injection`: make test", allow_module_level=True)
inject: Callable[..., None] = vars(INJECTION)["panics"]

BOTH_FACES = pytest.mark.parametrize("face", ["awaited", "sync"], indirect=True)

CAP = 4
"""How many requests of a client may be in flight."""


@contextmanager
def panicking(point: str, times: int = 1) -> Iterator[None]:
    """Within this, the point panics so many times."""
    inject(point, times)
    try:
        yield
    finally:
        inject(point, 0)


@pytest.fixture(autouse=True)
def each_panic_is_told_in_one_line(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """What a panic prints, and nothing else; and no test without a panic."""
    yield
    out, err = capfd.readouterr()
    assert (out, [line for line in err.splitlines() if not TOLD.fullmatch(line)]) == ("", [])
    assert err.count("\n") in (1, 2)


class Site(RouteServer):
    """Redirects to a coded answer with a cookie; `/together` answers several requests at once."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(tls=authority.context("localhost", "127.0.0.1"))
        body = gzip.compress(b'{"a": 1}')
        headers = (("content-encoding", "gzip"), ("set-cookie", "a=b"))
        self.routes["/coded"] = Answer(body, headers=headers)
        self.routes["/together"] = self._together
        self._met = asyncio.Barrier(CAP)

    @property
    def named(self) -> str:
        """Its URL with a name to be looked up."""
        return self.url.replace("127.0.0.1", "localhost")

    async def _together(self, asked: Asked) -> Answer:
        await self._met.wait()
        return Answer.text("together")

    def request(self, url: str | None = None) -> Request:
        return Request("POST", f"{url or self.named}/redirect-to?status=307&url=/coded", content=b"x")


@pytest.fixture
def site(authority: Authority) -> Iterator[Site]:
    with Site(authority) as site:
        yield site


@pytest.fixture
def options(authority: Authority) -> dict[str, Any]:
    """A client whose requests are bounded in number and in time."""
    limits, timeout = Limits(concurrency=CAP, per_host=CAP), Timeout(total=10)
    return {"tls": TLS(ca=authority.ca_pem), "limits": limits, "timeout": timeout, "trust_env": False}


@contextmanager
def in_time() -> Iterator[None]:
    """Nothing waits for what a panic has taken away."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < 2 + SLACK


def check_internal(error: BaseException | None, kind: type[FetchError] = FetchError) -> None:
    assert type(error) is kind
    assert SAID.search(str(error))


async def check_lives(client: Any, site: Site) -> None:
    """The client serves on: as many requests as may be in flight are, together."""
    for _ in range(2):
        answers = await client.gather([f"{site.url}/together"] * CAP)
        assert answers.counts == {200: CAP}
    answer = await client.send(site.request())
    assert (answer.json(), answer.history[0].status_code) == ({"a": 1}, 307)


@BOTH_FACES
@pytest.mark.parametrize("point", [*IN_AN_EXCHANGE, *ON_THE_WAY, "retry"])
def test_l31_one_request(face: str, point: str, site: Site, options: dict[str, Any]) -> None:
    async def main() -> None:
        async with Client(**options) as client:
            with panicking(point), pytest.raises(FetchError) as caught, in_time():
                await client.send(site.request())
            check_internal(caught.value)
            if point in IN_AN_EXCHANGE:
                assert (caught.value.method, caught.value.attempts) == ("POST", 1 + (point == "decode"))
                assert str(caught.value.url).startswith(site.named)
            await check_lives(client, site)

    asyncio.run(main())


@BOTH_FACES
@pytest.mark.parametrize("point", [*IN_AN_EXCHANGE, *IN_A_BATCH])
def test_l31_one_of_a_batch(face: str, point: str, site: Site, options: dict[str, Any]) -> None:
    async def main() -> None:
        async with Client(**options) as client:
            # One name to look up: its lookup is shared by all who ask.
            items = [site.request(), *[site.request(site.url)] * 11]
            with panicking(point), in_time():
                results = await client.gather(items)
            assert len(results.ok) == 11
            check_internal(results.failed[0].error)
            await check_lives(client, site)

    asyncio.run(main())


@BOTH_FACES
@pytest.mark.parametrize("point", [*IN_AN_EXCHANGE, *IN_A_BATCH])
def test_l31_one_of_as_completed(face: str, point: str, site: Site, options: dict[str, Any]) -> None:
    async def main() -> None:
        async with Client(**options) as client:
            items = [site.request(), *[site.request(site.url)] * 11]
            with panicking(point), in_time():
                answers = [answer async for answer in client.as_completed(items)]
            errors = [answer.error for answer in answers if answer.error is not None]
            assert (len(answers), len(errors)) == (12, 1)
            check_internal(errors[0])
            await check_lives(client, site)

    asyncio.run(main())


@BOTH_FACES
@pytest.mark.parametrize("point", UNNOTICED)
def test_l31_what_nobody_notices(face: str, point: str, site: Site, options: dict[str, Any]) -> None:
    async def main() -> None:
        async with Client(**options) as client:
            with panicking(point), in_time():
                answers = await client.gather([site.request(site.url)] * 12)
                if point == "wake":
                    # Where nobody is woken, nothing has panicked.
                    inject(point, 0)
                    with panicking("head"), pytest.raises(FetchError):
                        await client.send(site.request())
            assert answers.counts == {200: 12}
            await check_lives(client, site)

    asyncio.run(main())


@BOTH_FACES
def test_l31_a_batch_whose_answer_is_lost_can_be_awaited_again(
    face: str, site: Site, options: dict[str, Any]
) -> None:
    async def main() -> None:
        async with Client(**options) as client:
            batch = fastfetch.Batch([site.request(site.url)] * 12, client=client)
            with panicking("queue"), pytest.raises(FetchError) as caught, in_time():
                await batch
            check_internal(caught.value)
            assert (await batch).counts == {200: 12}
            await check_lives(client, site)

    asyncio.run(main())


@BOTH_FACES
def test_l31_what_drives_as_completed(face: str, site: Site, options: dict[str, Any]) -> None:
    async def main() -> None:
        async with Client(**options) as client:
            with panicking("stream"), pytest.raises(FetchError) as caught, in_time():
                async for _ in client.as_completed([f"{site.url}/coded"] * 3):
                    pass
            check_internal(caught.value)
            await check_lives(client, site)

    asyncio.run(main())


async def read(client: Any, request: Request) -> bytes:
    async with client.stream(request.method, request.url, content=b"x") as response:
        return b"".join([piece async for piece in response.aiter_bytes()])


@BOTH_FACES
@pytest.mark.parametrize("point", [*IN_AN_EXCHANGE, "read", "retry"])
def test_l31_a_streamed_answer(face: str, point: str, site: Site, options: dict[str, Any]) -> None:
    async def main() -> None:
        async with Client(**options) as client:
            with panicking(point), pytest.raises(FetchError) as caught, in_time():
                await read(client, site.request())
            check_internal(caught.value)
            await check_lives(client, site)

    asyncio.run(main())


def test_l31_a_streamed_answer_does_not_end_as_if_it_were_whole(
    site: Site, options: dict[str, Any], raw_server: RawServerFactory
) -> None:
    async def answer(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await reader.read()

    async def main() -> None:
        async with Client(**options) as client, client.stream("GET", raw_server(answer).url) as response:
            pieces = response.aiter_bytes()
            assert await anext(pieces) == b"first"
            with panicking("read"), pytest.raises(FetchError) as caught, in_time():
                await anext(pieces)
            check_internal(caught.value)
            with pytest.raises(RuntimeError, match="begun to be"):
                await response.aread()
            await check_lives(client, site)

    asyncio.run(main())


@BOTH_FACES
def test_l31_what_keeps_answers(face: str, site: Site, options: dict[str, Any], tmp_path: Path) -> None:
    async def main() -> None:
        async with Client(**options) as client:
            urls, file = [f"{site.url}/coded?{n}" for n in range(6)], tmp_path / "job.db"
            with panicking("checkpoint"), pytest.raises(FetchError) as caught, in_time():
                await client.gather(urls, checkpoint=file)
            check_internal(caught.value, fastfetch.CheckpointError)
            assert (await client.gather(urls, checkpoint=file)).counts == {200: 6}
            await check_lives(client, site)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("point", "made"),
    [
        ("table", lambda results: results.table()),
        ("table", lambda results: results.to_arrow()),
        ("json table", lambda results: results.json_table()),
    ],
)
def test_l31_tables(point: str, made: Callable[[Any], Any], site: Site, options: dict[str, Any]) -> None:
    async def main() -> None:
        async with Client(**options) as client:
            results = await client.gather([f"{site.url}/coded"] * 3)
            with panicking(point), pytest.raises(Exception, match=SAID) as caught, in_time():
                made(results)
            # What reads the columns of another library's own accord raises an error of that library's.
            assert isinstance(caught.value, FetchError | OSError | ValueError)
            assert len(made(results)) == 3
            await check_lives(client, site)

    asyncio.run(main())


def test_l31_where_python_drops_something(site: Site, options: dict[str, Any]) -> None:
    async def main() -> None:
        async with Client(**options) as client:
            waiting = asyncio.create_task(client.get(f"{site.url}/never"))
            await asyncio.to_thread(site.ledger.wait_accepted, 1)
            with panicking("abort"):
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
            await check_lives(client, site)

    asyncio.run(main())


def test_l31_it_is_not_repeated(site: Site, options: dict[str, Any]) -> None:
    """A fault of ours would only be met again."""

    async def main() -> None:
        retry = Retry(attempts=3, backoff=0)
        async with Client(**options, retry=retry) as client:
            with panicking("head", times=2), pytest.raises(FetchError) as caught:
                await client.get(f"{site.url}/coded")
            check_internal(caught.value)
            assert caught.value.attempts == 1
            inject("head", 0)
            await check_lives(client, site)

    asyncio.run(main())


def test_l31_every_point_is_tried(capfd: pytest.CaptureFixture[str]) -> None:
    with panicking("answer"), pytest.raises(FetchError):
        asyncio.run(fastfetch.sleep(0.001))
    points = {
        point
        for name in naming(r"injection::point")
        for point in re.findall(r"injection::point\(\"([^\"]+)\"\)", rust(name))
    }
    assert points == {*IN_AN_EXCHANGE, *IN_A_BATCH, *UNNOTICED, *ON_THE_WAY, *ELSEWHERE}


def test_l31_no_wheel_has_it(capfd: pytest.CaptureFixture[str]) -> None:
    with panicking("answer"), pytest.raises(FetchError):
        asyncio.run(fastfetch.sleep(0.001))
    for name in ("pyproject.toml", ".ci/run"):
        assert "injection" not in (ROOT / name).read_text()
