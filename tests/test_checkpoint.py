"""`checkpoint=`: the same call again fetches only what is missing or failed, and returns everything."""

import asyncio
import pickle
from asyncio import StreamWriter
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Batch, CheckpointError, Client, InvalidRequest, Request, Response, Retry

from tests.conftest import RawServerFactory
from tests.scripted import YES, Script, asked, busy, names, until
from tests.servers.messages import Answer
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer

Items = Iterable[str | Request]


async def by_gather(items: Items, **options: Any) -> list[Response]:
    return list(await ff.gather(items, **options))


async def by_batch(items: Items, **options: Any) -> list[Response]:
    return list(await Batch(items, **options))


async def in_order(items: Items, **options: Any) -> list[Response]:
    return [response async for response in ff.as_completed(items, ordered=True, **options)]


EVERY_WAY = pytest.mark.parametrize("fetched", [by_gather, by_batch, in_order])
Fetched = Callable[..., Coroutine[Any, Any, list[Response]]]


@pytest.fixture(params=[str, Path])
def checkpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A file that is not there yet: its path as `str` or `Path`."""
    return request.param(tmp_path / "job.db")


class Moody:
    """A server that hangs up in the middle of its answer until it works."""

    def __init__(self, url: str) -> None:
        self.url, self.works = url, False


@pytest.fixture
def raw(raw_server: RawServerFactory) -> Moody:
    async def answer(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + (b"whole" if moody.works else b"half"))

    moody = Moody(raw_server(answer).url)
    return moody


def parts(response: Response) -> list[object]:
    """What a stored response says as the fetched one did."""
    answer = [response.status_code, response.reason, response.http_version, response.headers.raw]
    return [response.url, response.method, *answer, response.content]


@pytest.mark.usefixtures("face")
class TestResume:
    @EVERY_WAY
    def test_what_is_stored_is_not_fetched_again(
        self, fetched: Fetched, checkpoint: Any, route_server: RouteServer
    ) -> None:
        odd = Answer(b"\x00\xff", 299, (("X-Latin", "caf\xe9"), ("X-Two", "1"), ("X-Two", "2")))
        route_server.routes["/odd"] = odd
        urls = [*names(route_server, range(20)), f"{route_server.url}/odd", f"{route_server.url}/redirect/2"]
        first = asyncio.run(fetched(urls, checkpoint=checkpoint))
        before = len(route_server.ledger.requests)
        again = asyncio.run(fetched(urls, checkpoint=checkpoint))
        assert [parts(response) for response in again] == [parts(response) for response in first]
        assert all(response.error is None for response in again)
        assert len(route_server.ledger.requests) == before
        assert [parts(each) for each in pickle.loads(pickle.dumps(again))] == [parts(each) for each in first]

    @EVERY_WAY
    def test_what_is_missing_or_failed_is(
        self, fetched: Fetched, checkpoint: Any, raw: Moody, route_server: RouteServer
    ) -> None:
        urls = [*names(route_server, range(5)), raw.url, "no url"]
        first = asyncio.run(fetched(urls, checkpoint=checkpoint))
        assert [response.error is None for response in first] == [True] * 5 + [False] * 2
        raw.works = True
        more = [*urls, *names(route_server, range(5, 8))]
        again = asyncio.run(fetched(more, checkpoint=checkpoint))
        assert [response.error is None for response in again] == [True] * 6 + [False] + [True] * 3
        assert sorted(asked(route_server)) == [f"/json/{n}" for n in range(8)]

    @pytest.mark.parametrize(
        ("status", "fetched_again"),
        [
            *((status, True) for status in (408, 429, 500, 502, 503, 504)),
            *((status, False) for status in (201, 204, 400, 401, 403, 404, 410, 501)),
        ],
    )
    def test_by_status(
        self, status: int, fetched_again: bool, checkpoint: Any, route_server: RouteServer
    ) -> None:
        """Those that a `Retry` would try again have failed; any other is an answer."""
        route_server.routes["/answer"] = Script(busy(status=status), YES)
        urls = [f"{route_server.url}/answer"]
        codes = [asyncio.run(by_gather(urls, checkpoint=checkpoint))[0].status_code for _ in range(3)]
        assert codes == ([status, 200, 200] if fetched_again else [status] * 3)

    def test_by_status_of_ones_own_choice(self, checkpoint: Any, route_server: RouteServer) -> None:
        route_server.routes["/answer"] = Script(busy(status=404), busy(status=503), YES)
        urls, retry = [f"{route_server.url}/answer"], Retry(attempts=1, statuses=(404,))
        for status in (404, 503, 503):
            (response,) = asyncio.run(by_gather(urls, checkpoint=checkpoint, retry=retry))
            assert response.status_code == status

    @EVERY_WAY
    def test_in_another_order_with_more_and_fewer(
        self, fetched: Fetched, checkpoint: Any, route_server: RouteServer
    ) -> None:
        asyncio.run(fetched(names(route_server, range(20)), checkpoint=checkpoint))
        changed = [25, *range(19, 4, -1), 24]
        again = asyncio.run(fetched(names(route_server, changed), checkpoint=checkpoint))
        assert [response.json()["name"] for response in again] == [str(number) for number in changed]
        assert sorted(asked(route_server)[20:]) == ["/json/24", "/json/25"]

    @EVERY_WAY
    def test_equal_urls(self, fetched: Fetched, checkpoint: Any, route_server: RouteServer) -> None:
        route_server.routes["/count"] = Script(*(Answer.text(str(n)) for n in range(9)))
        urls = [f"{route_server.url}/count"] * 3
        first = asyncio.run(fetched(urls, checkpoint=checkpoint, concurrency=1))
        again = asyncio.run(fetched(urls, checkpoint=checkpoint, concurrency=1))
        assert [each.text for each in first] == [each.text for each in again] == ["0", "1", "2"]

    @EVERY_WAY
    def test_methods_and_bodies_are_told_apart(
        self, fetched: Fetched, checkpoint: Any, route_server: RouteServer
    ) -> None:
        url = f"{route_server.url}/echo"
        bodies: list[dict[str, Any]] = [
            {"content": b"a"},
            {"content": b"b"},
            {"json": {"a": 1}},
            {"data": {"a": "1"}},
            {},
        ]
        items = [Request("POST", url, **body) for body in bodies]
        items += [Request("PUT", url, content=b"a"), Request("GET", url), Request("GET", f"{url}?q")]
        first = asyncio.run(fetched(items, checkpoint=checkpoint))
        again = asyncio.run(fetched(reversed(items), checkpoint=checkpoint))
        assert [response.json() for response in reversed(again)] == [response.json() for response in first]
        assert len(route_server.ledger.requests) == 8

    def test_a_relative_url_is_known_by_the_whole(self, checkpoint: Any, route_server: RouteServer) -> None:
        async def main() -> None:
            with RouteServer() as other:
                for server, name in ((route_server, "one"), (other, "other")):
                    server.routes["/which"] = Answer.text(name)
                for server, name in ((route_server, "one"), (other, "other"), (route_server, "one")):
                    async with Client(base_url=server.url) as client:
                        results = await client.gather(["/which", "/which#part"], checkpoint=checkpoint)
                        assert [response.text for response in results] == [name] * 2
                assert asked(route_server) == asked(other) == ["/which"] * 2

        asyncio.run(main())

    def test_tags_are_those_of_the_call(self, checkpoint: Any, route_server: RouteServer) -> None:
        url = f"{route_server.url}/json/a"
        for tag in (1, object()):
            (response,) = asyncio.run(by_gather([Request("GET", url, tag=tag)], checkpoint=checkpoint))
            assert response.tag is tag
        assert len(route_server.ledger.requests) == 1

    @pytest.mark.parametrize("keep", ["head", ["name"]])
    def test_what_is_kept_is_what_is_stored(
        self, keep: Any, checkpoint: Any, route_server: RouteServer
    ) -> None:
        urls = names(route_server, range(5))
        first = asyncio.run(by_gather(urls, checkpoint=checkpoint, keep=keep))
        again = asyncio.run(by_gather(urls, checkpoint=checkpoint, keep=keep))
        assert [parts(response) for response in again] == [parts(response) for response in first]
        assert len(route_server.ledger.requests) == 5

    def test_with_dedupe(self, checkpoint: Any, route_server: RouteServer) -> None:
        urls = names(route_server, range(5)) * 3
        for _ in range(2):
            responses = asyncio.run(by_gather(urls, checkpoint=checkpoint, dedupe=True))
            assert [response.json()["name"] for response in responses] == [str(n) for n in range(5)] * 3
        assert len(route_server.ledger.requests) == 5

    def test_progress_counts_what_is_stored(self, checkpoint: Any, route_server: RouteServer) -> None:
        urls = names(route_server, range(5))

        async def main() -> None:
            for _ in range(2):
                batch = Batch(urls, checkpoint=checkpoint)
                await batch
                assert (batch.progress.total, batch.progress.done, batch.progress.ok) == (5, 5, 5)

        asyncio.run(main())

    def test_bodies_of_all_sizes(self, checkpoint: Any, route_server: RouteServer) -> None:
        sizes = [0, 1, 4095, 4096, 4097, 100_000, 5_000_000]
        urls = [f"{route_server.url}/bytes/{size}" for size in sizes]
        for _ in range(2):
            responses = asyncio.run(by_gather(urls, checkpoint=checkpoint))
            assert [response.content for response in responses] == [bytes(size) for size in sizes]
        assert len(route_server.ledger.requests) == 7


async def cut_short(server: RouteServer, checkpoint: Any) -> tuple[list[str], Batch]:
    """60 URLs, and a batch of them that was cancelled when 50 were done and the others in flight."""
    urls = [*names(server, range(50)), *(f"{server.url}/gate/{number}" for number in range(10))]
    batch = Batch(urls, checkpoint=checkpoint)
    task = asyncio.ensure_future(batch)
    await until(lambda: batch.progress.done == 50)
    await asyncio.to_thread(server.ledger.wait_requests, 60)
    task.cancel()
    await asyncio.wait([task])
    # The I/O thread hears of it a moment later, and what it drops is not to be answered before.
    await until(lambda: batch.progress.in_flight == 0)
    for number in range(10):
        server.open_gate(str(number))
    return urls, batch


class TestCutShort:
    def test_cancelled(self, checkpoint: Any, route_server: RouteServer) -> None:
        async def main() -> None:
            urls, batch = await cut_short(route_server, checkpoint)
            assert (await batch).counts == {200: 60}
            assert (await Batch(urls, checkpoint=checkpoint)).counts == {200: 60}

        asyncio.run(main())
        assert len(route_server.ledger.requests) == 70

    def test_cancelled_and_called_anew(self, checkpoint: Any, route_server: RouteServer) -> None:
        """As a cell of a notebook is that is run again, while the old batch is still at hand."""

        async def main() -> None:
            urls, batch = await cut_short(route_server, checkpoint)
            assert (await ff.gather(urls, checkpoint=checkpoint)).counts == {200: 60}
            assert len(batch.results) == 50

        asyncio.run(main())
        assert sorted(asked(route_server)[60:]) == [f"/gate/{number}" for number in range(10)]

    @pytest.mark.parametrize("ordered", [False, True])
    def test_a_loop_that_was_left(self, ordered: bool, checkpoint: Any, route_server: RouteServer) -> None:
        """What was read is stored."""
        urls = names(route_server, range(200))

        async def main() -> list[str]:
            read = []
            completed = ff.as_completed(urls, checkpoint=checkpoint, ordered=ordered, concurrency=5)
            async for response in completed:
                read.append(f"/json/{response.json()['name']}")
                if len(read) == 50:
                    break
            await completed.aclose()
            before = len(asked(route_server))
            again = await ff.gather(urls, checkpoint=checkpoint)
            assert [response.json()["name"] for response in again] == [str(n) for n in range(200)]
            assert set(read).isdisjoint(asked(route_server)[before:])
            return read

        assert len(set(asyncio.run(main()))) == 50

    def test_by_a_deadline(self, checkpoint: Any, route_server: RouteServer) -> None:
        urls = [*names(route_server, range(10)), f"{route_server.url}/gate/shut"]
        first = asyncio.run(by_gather(urls, checkpoint=checkpoint, deadline=0.5))
        assert [response.error is None for response in first] == [True] * 10 + [False]
        route_server.open_gate("shut")
        assert all(response.ok for response in asyncio.run(by_gather(urls, checkpoint=checkpoint)))
        assert len(route_server.ledger.requests) == 12


class TestRefused:
    @EVERY_WAY
    def test_a_body_that_can_be_read_only_once(
        self, fetched: Fetched, checkpoint: Any, route_server: RouteServer
    ) -> None:
        """It is no part of what the item is known by; the others are fetched."""
        streamed = Request("POST", f"{route_server.url}/echo", content=(piece for piece in (b"a", b"b")))
        responses = asyncio.run(fetched([*names(route_server, [1]), streamed], checkpoint=checkpoint))
        assert responses[0].ok
        assert isinstance(responses[1].error, InvalidRequest)
        assert "checkpoint" in str(responses[1].error)
        assert asked(route_server) == ["/json/1"]

    def test_two_batches_at_once(self, checkpoint: Any, route_server: RouteServer) -> None:
        async def main() -> None:
            first = asyncio.create_task(ff.gather([f"{route_server.url}/gate/shut"], checkpoint=checkpoint))
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            with pytest.raises(CheckpointError, match="in use"):
                await ff.gather(names(route_server, [1]), checkpoint=checkpoint)
            route_server.open_gate("shut")
            assert (await first).counts == {200: 1}
            assert (await ff.gather(names(route_server, [1]), checkpoint=checkpoint)).counts == {200: 1}

        asyncio.run(main())
        assert asked(route_server) == ["/gate/shut", "/json/1"]

    @pytest.mark.parametrize("value", [5, True, b"", [], ""], ids=repr)
    def test_wrong(self, value: Any) -> None:
        for call in (Batch, ff.as_completed):
            with pytest.raises((TypeError, ValueError), match=r"^checkpoint: expected .*, got "):
                call([], checkpoint=value)


def test_no_client_is_shut_out_of_its_own(checkpoint: Any, route_server: RouteServer) -> None:
    """A client's settings are not part of what an item is known by."""

    async def main() -> None:
        for headers in ({"X-Own": "1"}, {"X-Own": "2"}):
            async with Client(headers=headers) as client:
                assert (await client.gather(names(route_server, [1]), checkpoint=checkpoint)).counts == {
                    200: 1
                }

    asyncio.run(main())
    assert len(route_server.ledger.requests) == 1
