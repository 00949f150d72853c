"""`params`: what comes of them in the URL, as a real server reads it."""

import asyncio
import enum
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import fastfetch
import pytest
from fastfetch import InvalidURL, Request

from tests.servers.routes import RouteServer

URL = "http://a.test/p"


class Colour(enum.StrEnum):
    RED = "red"


def query(params: Any, url: str = URL) -> str:
    """The query of a request with these params."""
    return urlsplit(Request("GET", url, params=params).url).query


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"a": "1", "b": "x y"}, "a=1&b=x+y"),
        ([("a", "1"), ("b", "2"), ("a", "3")], "a=1&b=2&a=3"),
        ((("a", "1"),), "a=1"),
        ({"a": ["1", "2"], "b": ("3", 4)}, "a=1&a=2&b=3&b=4"),
        ([("a", [1, None, 2])], "a=1&a=2"),
        ({"a": None, "b": "x"}, "b=x"),
        ({"a": ""}, "a="),
        ({"": "x"}, "=x"),
        ({"i": 1, "f": 1.5, "e": 1e100, "yes": True, "no": False}, "i=1&f=1.5&e=1e%2B100&yes=true&no=false"),
        (
            {"big": 2**80, "exact": Decimal("1.10"), "colour": Colour.RED},
            f"big={2**80}&exact=1.10&colour=red",
        ),
        ({"ü": "€", "raw": b"\xff"}, "%C3%BC=%E2%82%AC&raw=%FF"),
        ({1: 2}, "1=2"),
        ({"a": "&=#?+%/ ;"}, "a=%26%3D%23%3F%2B%25%2F+%3B"),
        (iter([("a", 1)]), "a=1"),
        ({}, ""),
        ([], ""),
        (None, ""),
    ],
    ids=repr,
)
def test_values(params: Any, expected: str) -> None:
    assert query(params) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1&b=%20+", "a=1&b=%20+"),
        ("?a=1", "a=1"),
        ("", ""),
        ("ü=#x", "%C3%BC=%23x"),
        ("flag", "flag"),
    ],
)
def test_text_is_a_query_already(text: str, expected: str) -> None:
    assert query(text) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{URL}?x=%7e&&y", f"{URL}?x=%7e&&y&a=1"),
        (f"{URL}?", f"{URL}?a=1"),
        (f"{URL}#part", f"{URL}?a=1#part"),
        (f"{URL}?a=0#p?q", f"{URL}?a=0&a=1#p?q"),
        ("http://a.test", "http://a.test/?a=1"),
    ],
)
def test_they_follow_what_the_url_has(url: str, expected: str) -> None:
    assert Request("GET", url, params={"a": 1}).url == expected
    assert Request("GET", url, params="a=1").url == expected


def test_without_any_the_url_stays() -> None:
    for url in (f"{URL}?", f"{URL}?#", f"{URL}?a"):
        nothing: tuple[Any, ...] = ({}, [], "", None, {"a": None})
        for params in nothing:
            assert Request("GET", url, params=params).url == url


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        (5, TypeError, "params: expected a mapping or an iterable of .name, value. pairs, got int"),
        (b"a=1", TypeError, "params: expected a mapping .*, got bytes"),
        (["ab"], TypeError, "params: expected a mapping .* pairs, got str"),
        ([("a", "b", "c")], TypeError, "params: expected a mapping .* pairs, got tuple"),
        ({"a": {}}, TypeError, r"params\['a'\]: expected str, int, float, bool, bytes or None, got dict"),
        ({"a": [[]]}, TypeError, r"params\['a'\]: expected str, .* got list"),
        ({"a": object()}, TypeError, r"params\['a'\]: expected str, .* got object"),
        ({None: "a"}, TypeError, "params: expected str, .* got NoneType"),
        ({"a": "\ud800"}, ValueError, r"params\['a'\]: .* lone surrogate"),
        ({"\ud800": "a"}, ValueError, "params: .* lone surrogate"),
        ("\ud800", ValueError, "params: .* lone surrogate"),
        ("a=\r\nb", InvalidURL, "params: .* control character"),
    ],
    ids=repr,
)
def test_what_is_refused(params: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Request("GET", URL, params=params)
    with pytest.raises(error, match=words):
        asyncio.run(fastfetch.get(URL, params=params))


def test_an_exception_of_the_mapping_itself_comes_as_it_is() -> None:
    def pairs() -> Any:
        yield ("a", 1)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        Request("GET", URL, params=pairs())


def test_a_server_reads_them(route_server: RouteServer) -> None:
    params = {"name": ["a b", "ü&=", "%41"], "empty": ""}
    response = asyncio.run(fastfetch.get(f"{route_server.url}/echo?own=1", params=params))
    target = response.json()["target"]
    assert parse_qsl(urlsplit(target).query, keep_blank_values=True) == [
        ("own", "1"),
        ("name", "a b"),
        ("name", "ü&="),
        ("name", "%41"),
        ("empty", ""),
    ]
    assert response.url == route_server.url + target


@pytest.mark.parametrize("verb", ["get", "head", "options", "post", "put", "patch", "delete"])
def test_every_verb_takes_them(route_server: RouteServer, verb: str) -> None:
    asyncio.run(getattr(fastfetch, verb)(f"{route_server.url}/echo", params={"a": [1, 2]}))
    (seen,) = route_server.ledger.requests
    assert (seen.method, seen.target) == (verb.upper(), "/echo?a=1&a=2")
