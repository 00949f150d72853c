"""`Results`: a sequence in input order, and what can be asked of it as a whole."""

import asyncio
from asyncio import StreamWriter
from collections import Counter
from collections.abc import Sequence
from typing import Any

import fastfetch
import pytest
from fastfetch import Client, ConnectionRefused, InvalidRequest, InvalidURL, Request, Response, Results
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import RawServerFactory
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.usefixtures("face")

NOTHING: tuple[Any, ...] = ()


def gather(*items: Any) -> Results:
    return asyncio.run(fastfetch.gather(items))


def urls(responses: Sequence[Response]) -> list[str]:
    return [response.url for response in responses]


def numbered(count: int) -> Results:
    """So many items, each with a URL of its own; none of them needs a network."""
    return gather(*(f"item {n}" for n in range(count)))


@pytest.fixture
def mixed(route_server: RouteServer) -> Results:
    """Two answers below 400, three above, two errors of one kind and one of another."""
    at = route_server.url
    return gather(
        f"{at}/status/404",
        f"{at}/json/a",
        "http://127.0.0.1:1/",
        f"{at}/status/404",
        "nonsense",
        f"{at}/status/500",
        Request("GET", f"{at}/json/b", tag="b"),
        "http://127.0.0.1:1/",
    )


class TestSequence:
    def test_in_input_order_whatever_comes_first(self, route_server: RouteServer) -> None:
        delays = [0.05, 0.0, 0.03, 0.01]
        results = gather(*(f"{route_server.url}/delay/{delay}" for delay in delays))
        assert [response.json()["delay"] for response in results] == delays

    def test_one_url_twice_is_two_items(self, route_server: RouteServer) -> None:
        results = gather(*[f"{route_server.url}/json/a"] * 3)
        assert len(results) == len(route_server.ledger.requests) == 3

    def test_of_nothing(self) -> None:
        results = gather()
        assert (len(results), bool(results), list(results), results.counts, results.errors) == (
            0,
            False,
            [],
            {},
            [],
        )
        assert len(results.ok) == len(results.failed) == len(results[:]) == 0
        assert results.raise_for_errors() is results
        assert repr(results) == "Results: empty"

    def test_items(self) -> None:
        results = numbered(5)
        assert (list(results), list(reversed(results))) == ([*results[:]], [*results[::-1]])
        assert [results[n].url for n in range(5)] == urls(results) == [f"item {n}" for n in range(5)]
        assert [results[n].url for n in range(-5, 0)] == urls(results)
        assert urls(list(reversed(results))) == urls(results)[::-1]
        for index in (5, -6, 10**30, -(10**30)):
            with pytest.raises(IndexError):
                results[index]
        nonsense: list[Any] = ["0", 0.0, None]
        for wrong in nonsense:
            with pytest.raises(TypeError):
                results[wrong]

    def test_an_item_is_found_where_it_is(self) -> None:
        results = numbered(5)
        assert results[3] == results[3]
        assert results[3] != results[2]
        assert results[3] in results
        assert results.index(results[3]) == 3
        assert results.count(results[3]) == 1
        assert len({*results, *results}) == 5

    def test_slices_are_those_of_a_list(self) -> None:
        sizes = [numbered(count) for count in range(8)]

        @given(st.sampled_from(sizes), st.slices(12), st.slices(8))
        def same(results: Results, one: slice, two: slice) -> None:
            part = results[one]
            assert isinstance(part, Results)
            assert urls(part) == urls(results)[one]
            assert urls(part[two]) == urls(results)[one][two]

        same()

    def test_it_never_changes(self) -> None:
        results: Any = numbered(2)
        with pytest.raises(TypeError):
            results[0] = results[1]
        with pytest.raises(TypeError):
            del results[0]
        with pytest.raises(AttributeError):
            results.ok = results


class TestWhole:
    def test_ok_and_failed(self, mixed: Results) -> None:
        assert [response.status_code for response in mixed.ok] == [200, 200]
        assert [type(response.error) for response in mixed.failed] == [
            ConnectionRefused,
            InvalidURL,
            ConnectionRefused,
        ]
        assert isinstance(mixed.ok, Results)
        assert isinstance(mixed.failed, Results)
        assert mixed.ok[1].tag == "b"
        assert [type(error) for error in mixed.errors] == [type(response.error) for response in mixed.failed]

    def test_counts_the_most_frequent_first(self, mixed: Results) -> None:
        counts = mixed.counts
        assert counts == {404: 2, 200: 2, "ConnectionRefused": 2, "InvalidURL": 1, 500: 1}
        assert list(counts.values()) == sorted(counts.values(), reverse=True)
        assert sum(counts.values()) == len(mixed)

    @given(st.lists(st.sampled_from(["one", 5, None, "http://[", b"x"]), max_size=30))
    def test_counts_and_parts_agree(self, items: list[object]) -> None:
        results = gather(*items)
        assert results.counts == Counter(type(response.error).__name__ for response in results)
        assert len(results.ok) + len(results.failed) == len(results.errors) == len(items)

    def test_raise_for_errors(self, mixed: Results) -> None:
        with pytest.raises(ExceptionGroup, match="3 of 8") as caught:
            mixed.raise_for_errors()
        kinds = [type(error) for error in caught.value.exceptions]
        assert kinds == [ConnectionRefused, InvalidURL, ConnectionRefused]
        assert mixed.ok.raise_for_errors()[0].ok

    def test_an_error_status_is_an_answer(self, route_server: RouteServer) -> None:
        results = gather(f"{route_server.url}/status/500")
        assert results.raise_for_errors() is results
        assert (results.counts, results.errors, len(results.ok), len(results.failed)) == ({500: 1}, [], 0, 0)

    def test_repr(self, mixed: Results) -> None:
        shown = repr(mixed)
        assert shown.startswith("Results: 8 URLs, 2 ok, 3 error status, 3 failed\n")
        for word in (
            "404 Not Found",
            "500 Internal Server Error",
            "ConnectionRefused",
            "InvalidURL",
            "slowest:",
        ):
            assert word in shown


class TestRetryFailed:
    def test_what_failed_is_fetched_again_into_its_place(self, raw_server: RawServerFactory) -> None:
        tries: Counter[bytes] = Counter()

        async def odd_ones_fail_first(reader: RequestReader, writer: StreamWriter) -> None:
            path = (await reader.head()).split()[1]
            tries[path] += 1
            if int(path[1:]) % 2 == 0 or tries[path] > 2:  # a GET that is not answered is sent once more
                writer.write(
                    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(path) + path
                )

        server = raw_server(odd_ones_fail_first)

        async def main() -> tuple[Results, Results]:
            # The name resolves for this client only: it must be the one that tries again.
            async with Client(resolve={"flaky.test": f"127.0.0.1:{server.port}"}) as client:
                first = await client.gather(
                    Request("GET", f"http://flaky.test/{n}", tag=n) for n in range(10)
                )
                return first, await first.retry_failed()

        first, second = asyncio.run(main())
        assert first.counts == {200: 5, "ProtocolError": 5}
        assert second.counts == {200: 10}
        assert [response.text for response in second] == [f"/{n}" for n in range(10)]
        assert [response.tag for response in second] == list(range(10))
        assert tries == {b"/%d" % n: 1 + n % 2 * 2 for n in range(10)}

    def test_what_still_fails_stays_failed(self) -> None:
        results = gather("http://127.0.0.1:1/", "nonsense", 5, None)
        again = asyncio.run(results.retry_failed())
        assert (
            again.counts == results.counts == {"ConnectionRefused": 1, "InvalidURL": 1, "InvalidRequest": 2}
        )
        assert [str(error) for error in again.errors[1:]] == [str(error) for error in results.errors[1:]]
        assert isinstance(again[3].error, InvalidRequest)

    def test_options(self, route_server: RouteServer) -> None:
        async def main() -> Results:
            results = await fastfetch.gather([f"{route_server.url}/delay/0.2"], timeout=0.05)
            assert results.counts == {"TotalTimeout": 1}
            return await results.retry_failed(timeout=5, headers={"X-Again": "1"})

        assert asyncio.run(main()).counts == {200: 1}
        assert route_server.ledger.requests[-1].headers["x-again"] == "1"

    def test_nothing_failed(self, route_server: RouteServer) -> None:
        results = gather(f"{route_server.url}/json/a")
        again = asyncio.run(results.retry_failed())
        assert urls(again) == urls(results)
        assert len(route_server.ledger.requests) == 1
