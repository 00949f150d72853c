"""`keep=`: what is held of each body: all of it, nothing, or some fields of a JSON object."""

import asyncio
import gzip
import json
import pickle
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Batch, DecodeError, Request, Response
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import times
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.usefixtures("face")

USER = {
    "name": "Ann",
    "user": {"login": "ann", "id": 7, "plan": {"name": "free", "seats": [1, 2]}},
    "tags": ["a", "b"],
    "nothing": None,
    "big": 2**80,
}


async def by_gather(urls: list[str], **options: Any) -> list[Response]:
    return list(await ff.gather(urls, **options))


async def by_batch(urls: list[str], **options: Any) -> list[Response]:
    return list(await Batch(urls, **options))


async def by_as_completed(urls: list[str], **options: Any) -> list[Response]:
    return [response async for response in ff.as_completed(urls, **options)]


EVERY_WAY = pytest.mark.parametrize("fetched", [by_gather, by_batch, by_as_completed])
Fetched = Callable[..., Awaitable[list[Response]]]


def kept(url: str, fetched: Fetched = by_gather, **options: Any) -> Response:
    """What is held of the answer from this URL."""

    async def main() -> list[Response]:
        return await fetched([url], **options)

    (response,) = asyncio.run(main())
    return response


def serving(server: RouteServer, answer: object) -> str:
    """The URL of this answer, or of this JSON."""
    server.routes["/answer"] = answer if isinstance(answer, Answer) else Answer.json(answer)
    return f"{server.url}/answer"


class TestAll:
    @EVERY_WAY
    @pytest.mark.parametrize("options", [{}, {"keep": "all"}], ids=repr)
    def test_is_the_default(
        self, fetched: Fetched, options: dict[str, Any], route_server: RouteServer
    ) -> None:
        assert kept(f"{route_server.url}/bytes/1000", fetched, **options).content == bytes(1000)


class TestHead:
    @EVERY_WAY
    def test_holds_all_but_the_body(self, fetched: Fetched, route_server: RouteServer) -> None:
        url = serving(route_server, Answer(b"x" * 1000, 404, (("X-Own", "1"),)))
        response = kept(url, fetched, keep="head")
        assert (response.status_code, response.reason, response.url) == (404, "Not Found", url)
        assert (response.headers["x-own"], response.headers["content-length"]) == ("1", "1000")
        assert (response.content, response.text, bytes(memoryview(response))) == (b"", "", b"")

    def test_the_body_was_read_all_the_same(self, route_server: RouteServer) -> None:
        """Its connection is used again, and its bytes are counted."""

        async def main() -> None:
            batch = Batch([f"{route_server.url}/bytes/1000"] * 10, keep="head", concurrency=1)
            await batch
            assert batch.progress.bytes == 10_000

        asyncio.run(main())
        assert route_server.ledger.accepted == 1

    def test_an_error_is_an_error(self) -> None:
        assert type(kept("http://127.0.0.1:1/", keep="head").error) is ff.ConnectionRefused

    def test_after_redirects(self, route_server: RouteServer) -> None:
        response = kept(f"{route_server.url}/redirect/2", keep="head")
        assert (response.status_code, len(response.history), response.content) == (200, 2, b"")


class TestFields:
    @EVERY_WAY
    @pytest.mark.parametrize(
        ("keep", "held"),
        [
            (["name"], {"name": "Ann"}),
            (("name", "tags"), {"name": "Ann", "tags": ["a", "b"]}),
            (["user.login"], {"user": {"login": "ann"}}),
            (["user.login", "user.id"], {"user": {"login": "ann", "id": 7}}),
            (["user.plan.name", "name"], {"user": {"plan": {"name": "free"}}, "name": "Ann"}),
            (["user"], {"user": USER["user"]}),
            (["nothing", "big"], {"nothing": None, "big": 2**80}),
        ],
        ids=repr,
    )
    def test_stay_where_they_are(
        self, fetched: Fetched, keep: Any, held: object, route_server: RouteServer
    ) -> None:
        """What reads a field of the whole body reads it of the held one."""
        response = kept(serving(route_server, USER), fetched, keep=keep)
        assert response.json() == held
        assert len(response.content) < len(json.dumps(USER))

    @pytest.mark.parametrize("keep", ["missing", "user.missing", "name.first", "tags.0", "missing.field"])
    def test_what_is_missing_is_left_out(self, keep: str, route_server: RouteServer) -> None:
        assert kept(serving(route_server, USER), keep=["name", keep]).json() == {"name": "Ann"}

    def test_none_of_them_is_there(self, route_server: RouteServer) -> None:
        assert kept(serving(route_server, USER), keep=["missing"]).json() == {}

    @pytest.mark.parametrize(
        "body",
        [b"<html>", b"[1, 2]", b'"name"', b"7", b'{"name": ', b'{"name": 1} x', b'{"name": \xff}'],
    )
    def test_a_body_that_is_no_json_object_is_an_error(self, body: bytes, route_server: RouteServer) -> None:
        url = serving(route_server, Answer(body))
        response = kept(url, keep=["name"])
        assert isinstance(response.error, DecodeError)
        assert (response.error.url, response.error.method, response.error.attempts) == (url, "GET", 1)
        with pytest.raises(DecodeError):
            response.json()

    def test_that_error_is_one_items_alone(self, route_server: RouteServer) -> None:
        route_server.routes["/page"] = Answer.text("<html>")
        urls = [f"{route_server.url}/json/a", f"{route_server.url}/page", f"{route_server.url}/json/b"]
        results = asyncio.run(ff.gather(urls, keep=["name"]))
        assert results.counts == {200: 2, "DecodeError": 1}

    def test_in_a_coding(self, route_server: RouteServer) -> None:
        answer = Answer(gzip.compress(json.dumps(USER).encode()), headers=(("Content-Encoding", "gzip"),))
        assert kept(serving(route_server, answer), keep=["name"]).json() == {"name": "Ann"}

    def test_it_travels(self, route_server: RouteServer) -> None:
        twin = pickle.loads(pickle.dumps(kept(serving(route_server, USER), keep=["user.login"])))
        assert twin.json() == {"user": {"login": "ann"}}

    def test_bodies_that_are_large(self, route_server: RouteServer) -> None:
        body = {"before": ["x" * 100] * 10_000, "name": "Ann", "after": {"deep": [[["y"]]] * 10_000}}
        assert (
            kept(serving(route_server, body), keep=["name"]).content.replace(b" ", b"") == b'{"name":"Ann"}'
        )


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXT, children, max_size=4),
    max_leaves=12,
)
NAMES = TEXT.filter(lambda name: "." not in name and name)


@pytest.fixture(scope="module")
def json_server() -> Iterator[RouteServer]:
    """One server for all examples."""
    with RouteServer() as server:
        yield server


@settings(max_examples=times(1_000, 50))
@given(body=st.dictionaries(NAMES, JSON, max_size=6), ascii_only=st.booleans(), data=st.data())
def test_any_fields_of_any_object(
    body: dict[str, Any], ascii_only: bool, data: st.DataObject, json_server: RouteServer
) -> None:
    """Just those that are named and there, with the values that they have."""
    fields = data.draw(st.lists(st.sampled_from([*body, "other"]), min_size=1, unique=True))
    url = serving(json_server, Answer(json.dumps(body, ensure_ascii=ascii_only).encode()))
    held = kept(url, keep=fields).json()
    assert set(held) == set(fields) & set(body)
    assert json.dumps(held, sort_keys=True) == json.dumps({name: body[name] for name in held}, sort_keys=True)


@pytest.mark.parametrize("value", ["tail", "", 5, True, ["name", 5], [""], b"head"], ids=repr)
def test_wrong(value: Any) -> None:
    for call in (Batch, ff.as_completed):
        with pytest.raises((TypeError, ValueError), match=r"^keep: expected .*, got "):
            call([], keep=value)


def test_it_is_no_option_of_a_single_request() -> None:
    options: dict[str, Any] = {"keep": "head"}
    with pytest.raises(TypeError, match="keep"):
        Request("GET", "http://a.test/", **options)
