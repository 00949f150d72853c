"""`Results` to work with: parts by host, bodies as values, functions over all of them."""

import asyncio
import pickle
from typing import Any

import fastfetch
import pytest
from fastfetch import ConnectionRefused, DecodeError, InvalidURL, Request, Response, Results, StatusError

from tests.conftest import Serve
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

NOWHERE = "http://127.0.0.1:1"


def gather(*items: Any, **options: Any) -> Results:
    return asyncio.run(fastfetch.gather(items, **options))


@pytest.fixture
def mixed(route_server: RouteServer) -> Results:
    """JSON, a refused connection, JSON of an error status, no JSON, no URL."""
    route_server.routes["/gone"] = Answer(b'{"name": null}', 410)
    at = route_server.url
    return gather(
        f"{at}/json/a",
        f"{NOWHERE}/x",
        f"{at}/gone",
        f"{at}/bytes/3",
        Request("GET", f"{at}/json/b", tag=7),
        5,
    )


class TestByHost:
    def test_parts_in_input_order_the_largest_first(self, mixed: Results, route_server: RouteServer) -> None:
        hosts = mixed.by_host()
        assert list(hosts) == [f"127.0.0.1:{route_server.port}", "127.0.0.1:1", ""]
        assert [type(part) for part in hosts.values()] == [Results] * 3
        one, two, three = hosts.values()
        assert list(one) == [mixed[0], mixed[2], mixed[3], mixed[4]]
        assert list(two) == [mixed[1]]
        assert list(three) == [mixed[5]]
        assert one[3].tag == 7
        assert one.counts == {200: 3, 410: 1}

    def test_the_host_is_the_one_that_answered(self, route_server: RouteServer, serve: Serve) -> None:
        other = serve(RouteServer())
        results = gather(
            f"{other.url}/redirect-to?url={route_server.url}/json/a", f"{route_server.url}/json/b"
        )
        assert {host: len(part) for host, part in results.by_host().items()} == {
            f"127.0.0.1:{route_server.port}": 2
        }

    @pytest.mark.parametrize(
        ("url", "host"),
        [
            ("http://me:secret@LOCALHOST:1/?x=a@b", "localhost:1"),
            ("http://127.1:1", "127.0.0.1:1"),
            ("https://[::1]:1/#frag", "[::1]:1"),
            ("http://host:99999/", ""),
            ("http://me:secret@", ""),
            ("ftp://host/", ""),
            ("", ""),
        ],
    )
    def test_names(self, url: str, host: str) -> None:
        assert list(gather(url).by_host()) == [host]

    def test_what_the_url_of_a_scheme_leaves_out(self) -> None:
        results = gather("http://localhost:80/", "https://localhost:443/", "http://localhost:443/", timeout=2)
        assert {host: len(part) for host, part in results.by_host().items()} == {
            "localhost": 2,
            "localhost:443": 1,
        }

    def test_of_nothing_and_of_parts(self, mixed: Results) -> None:
        assert gather().by_host() == {}
        assert {host: len(part) for host, part in mixed[1:3].by_host().items()} == {
            host: 1 for host in mixed.by_host() if host
        }


class TestJson:
    def test_all(self, mixed: Results) -> None:
        assert mixed.ok.by_host() != {}
        assert (mixed[:1] and mixed[:1].json()) == [{"name": "a"}]
        assert mixed[4:5].json() == [{"name": "b"}]
        assert gather().json() == []

    def test_the_first_failure_is_raised(self, mixed: Results) -> None:
        with pytest.raises(ConnectionRefused):
            mixed.json()
        with pytest.raises(DecodeError):
            mixed[2:].json()

    def test_a_default_takes_the_failing_places(self, mixed: Results) -> None:
        values = [{"name": "a"}, None, {"name": None}, None, {"name": "b"}, None]
        assert mixed.json(default=None) == values
        nothing = object()
        assert [value is nothing for value in mixed.json(default=nothing)] == [
            value is None for value in values
        ]


class TestMap:
    def test_in_order_and_of_failed_ones_too(self, mixed: Results) -> None:
        assert mixed.map(lambda response: response.url) == [response.url for response in mixed]
        assert mixed.map(lambda response: response.ok, default=None) == [
            True,
            False,
            False,
            True,
            True,
            False,
        ]

    def test_failures_of_requests_are_raised_or_give_way(self, mixed: Results) -> None:
        def name(response: Response) -> Any:
            return response.raise_for_status().json()["name"]

        assert mixed.map(name, default="-") == ["a", "-", "-", "-", "b", "-"]
        with pytest.raises(ConnectionRefused):
            mixed.map(name)
        with pytest.raises(StatusError):
            mixed[2:].map(name)

    def test_what_is_the_functions_own_fault_is_raised_and_placed(self, mixed: Results) -> None:
        with pytest.raises(KeyError, match="nom") as caught:
            mixed.map(lambda response: response.json()["nom"], default=None)
        assert caught.value.__notes__ == [f"raised for results[0], {mixed[0]!r}"]

    def test_what_a_callback_raised_is_a_failure_of_its_request(self, route_server: RouteServer) -> None:
        def refuse(response: Response) -> None:
            raise LookupError("not this one")

        results = gather(f"{route_server.url}/json/a", on_response=refuse)
        assert results.map(Response.json, default="-") == results.json(default="-") == ["-"]
        for _ in range(2):
            with pytest.raises(LookupError) as caught:
                results.json()
        assert not hasattr(caught.value, "__notes__")


class TestSubclasses:
    def test_parts_are_of_the_class_of_the_whole(self, mixed: Results, route_server: RouteServer) -> None:
        class Mine(Results):
            __slots__ = ()

        mine = Mine(mixed._rows, mixed._client)
        parts = [mine[1:], mine.ok, mine.failed, *mine.by_host().values()]
        assert {type(part) for part in parts} == {Mine}
        assert type(asyncio.run(mine.retry_failed())) is Mine

    def test_pickled_too(self, mixed: Results) -> None:
        twin = pickle.loads(pickle.dumps(mixed))
        assert type(twin) is Results
        assert {host: part.counts for host, part in twin.by_host().items()} == {
            host: part.counts for host, part in mixed.by_host().items()
        }


def test_failures_keep_their_classes_in_the_parts() -> None:
    results = gather("no url", f"{NOWHERE}/x")
    assert [type(part.errors[0]) for part in results.by_host().values()] == [InvalidURL, ConnectionRefused]
