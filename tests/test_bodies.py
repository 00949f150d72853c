"""Bodies that are values: `content`, `data` and `json`, what excludes what, and what a real server reads."""

import array
import asyncio
import io
import json
import pickle
from collections import OrderedDict, UserDict
from datetime import datetime
from typing import Any

import fastfetch
import pytest
from fastfetch import Client, FetchError, Request

from tests.fetching import fetch
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

URL = "http://a.test/"
FORM = "application/x-www-form-urlencoded"


def sent(**options: Any) -> tuple[bytes | None, str | None]:
    """The body of a request with these options, and its type."""
    request = Request("POST", URL, **options)
    return request.content, request.headers.get("content-type")


class TestContent:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"a\0\xff", b"a\0\xff"),
            ("ü€", "ü€".encode()),
            (bytearray(b"ab"), b"ab"),
            (memoryview(b"abcd")[::2], b"ac"),
            (array.array("H", [1, 2]), array.array("H", [1, 2]).tobytes()),
            (b"", b""),
            ("", b""),
        ],
        ids=repr,
    )
    def test_values(self, content: Any, expected: bytes) -> None:
        assert sent(content=content) == (expected, None)
        assert sent(data=content) == (expected, None)

    def test_none_is_none(self) -> None:
        assert sent(content=None, data=None, json=None, files=None, params=None) == (None, None)

    def test_it_is_a_copy(self) -> None:
        buffer = bytearray(b"before")
        request = Request("POST", URL, content=buffer)
        buffer[:] = b"after!"
        assert request.content == b"before"

    @pytest.mark.parametrize("content", [5, 1.5, True, {"a": 1}, datetime.min, object(), len], ids=repr)
    def test_what_is_refused(self, content: Any) -> None:
        words = f"content: expected str, bytes, a buffer, a file, .*, got {type(content).__name__}"
        with pytest.raises(TypeError, match=words):
            Request("POST", URL, content=content)
        with pytest.raises(TypeError, match=words):
            asyncio.run(fastfetch.post(URL, content=content))

    def test_a_file_in_text_mode_is_refused(self) -> None:
        for option in ("content", "data"):
            with pytest.raises(TypeError, match=f"{option}: expected a file opened in binary mode"):
                sent(**{option: io.StringIO("text")})

    def test_a_lone_surrogate_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"content: .* lone surrogate"):
            sent(content="\ud800")


class TestForm:
    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            ({"a": "1", "b": "x y&"}, b"a=1&b=x+y%26"),
            ([("a", 1), ("b", 2.5), ("a", True)], b"a=1&b=2.5&a=true"),
            ((("a", "1"),), b"a=1"),
            ({"a": ["1", None, "2"], "none": None}, b"a=1&a=2"),
            ({"ü": "€\r\n", "raw": b"\xff"}, b"%C3%BC=%E2%82%AC%0D%0A&raw=%FF"),
            (UserDict({"a": "1"}), b"a=1"),
            ({"a": None}, b""),
        ],
        ids=repr,
    )
    def test_values(self, data: Any, expected: bytes) -> None:
        assert sent(data=data) == (expected, FORM)

    def test_an_empty_one_is_none(self) -> None:
        empty: tuple[Any, ...] = ({}, [], ())
        for data in empty:
            assert sent(data=data) == (None, None)

    def test_a_type_of_ones_own_stays(self) -> None:
        given = {"Content-Type": "x/form"}
        assert sent(data={"a": 1}, headers=given) == (b"a=1", "x/form")

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"a": {}}, r"data\['a'\]: expected str, .*, got dict"),
            ({"a\n": {}}, r"data\['a\\n'\]: expected str"),
            (["ab"], "data: expected a mapping .* pairs, got str"),
            (5, "data: expected str, bytes, .*, got int"),
        ],
        ids=repr,
    )
    def test_what_is_refused(self, data: Any, words: str) -> None:
        with pytest.raises(TypeError, match=words):
            sent(data=data)


class TestJson:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ({"a": [1, 2.5, None, True], "ü": "€\n"}, '{"a":[1,2.5,null,true],"ü":"€\\n"}'),
            (OrderedDict([("b", 1), ("a", 2)]), '{"b":1,"a":2}'),
            ([], "[]"),
            ({}, "{}"),
            (0, "0"),
            (False, "false"),
            ("", '""'),
            ((1, 2), "[1,2]"),
            (2**80, str(2**80)),
        ],
        ids=repr,
    )
    def test_values(self, value: Any, expected: str) -> None:
        assert sent(json=value) == (expected.encode(), "application/json")

    def test_a_type_of_ones_own_stays(self) -> None:
        given = {"content-type": "application/ld+json"}
        assert sent(json=[1], headers=given) == (b"[1]", "application/ld+json")

    def test_it_is_read_at_once(self) -> None:
        value = {"a": 1}
        request = Request("POST", URL, json=value)
        value["a"] = 2
        assert request.content == b'{"a":1}'

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
    def test_numbers_that_json_has_not(self, number: float) -> None:
        with pytest.raises(
            ValueError, match="json: Out of range float values are not JSON compliant"
        ) as caught:
            sent(json={"a": [number]})
        assert isinstance(caught.value.__cause__, ValueError)

    def test_what_is_refused(self) -> None:
        ring: list[Any] = []
        ring.append(ring)
        with pytest.raises(TypeError, match="json: Object of type datetime is not JSON serializable"):
            sent(json=datetime.min)
        with pytest.raises(ValueError, match="json: Circular reference"):
            sent(json=ring)
        with pytest.raises(ValueError, match=r"json: .* lone surrogate"):
            sent(json="\ud800")


GIVEN: dict[str, Any] = {"content": b"x", "data": {"a": 1}, "json": {"a": 1}, "files": {"f": b"x"}}


class TestConflicts:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("content", "json"),
            ("content", "data"),
            ("content", "files"),
            ("json", "data"),
            ("json", "files"),
        ],
    )
    def test_are_refused(self, one: str, other: str) -> None:
        options = {other: GIVEN[other], one: GIVEN[one]}
        words = f"{one} and {other}: expected only one of them"
        with pytest.raises(TypeError, match=words):
            Request("POST", URL, **options)
        with pytest.raises(TypeError, match=words):
            asyncio.run(fastfetch.post(URL, **options))

    def test_what_is_none_is_not_given(self) -> None:
        for one in GIVEN:
            others = dict.fromkeys(GIVEN.keys() - {one})
            assert sent(**{one: GIVEN[one]}, **others)[0] is not None


def test_requests_with_bodies_can_be_pickled() -> None:
    for options in GIVEN:
        request = Request("POST", URL, params={"a": "b c"}, tag=[1], **{options: GIVEN[options]})
        again = pickle.loads(pickle.dumps(request))
        assert (again.method, again.url, again.content, again.headers, again.tag) == (
            request.method,
            request.url,
            request.content,
            request.headers,
            request.tag,
        )


@pytest.mark.parametrize("verb", ["get", "options", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("option", GIVEN)
def test_every_verb_sends_them(route_server: RouteServer, verb: str, option: str) -> None:
    asyncio.run(getattr(fastfetch, verb)(f"{route_server.url}/status/200", **{option: GIVEN[option]}))
    (seen,) = route_server.ledger.requests
    assert seen.method == verb.upper()
    assert (int(seen.headers["content-length"]), "transfer-encoding" in seen.headers) == (
        len(seen.body),
        False,
    )
    assert seen.body


def test_httpbin_reads_them(httpbin: str) -> None:
    async def main() -> list[Any]:
        async with Client() as client:
            answers = [
                await client.post(f"{httpbin}/post", data={"a": ["1", "ü&="], "b": ""}),
                await client.post(f"{httpbin}/post", json={"ü": [1, None]}),
                await client.post(f"{httpbin}/post", content="plain", headers={"Content-Type": "text/plain"}),
            ]
        return [answer.json() for answer in answers]

    form, value, plain = asyncio.run(main())
    assert form["form"] == {"a": ["1", "ü&="], "b": ""}
    assert value["json"] == {"ü": [1, None]}
    assert json.loads(value["data"]) == {"ü": [1, None]}
    assert plain["data"] == "plain"


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD"])
    @pytest.mark.parametrize("bodied", [True, False])
    def test_redirect_method_body(
        self, route_server: RouteServer, status: int, method: str, bodied: bool
    ) -> None:
        """By the Fetch standard: https://fetch.spec.whatwg.org/#http-redirect-fetch."""
        becomes_get = (status in (301, 302) and method == "POST") or (
            status == 303 and method not in ("GET", "HEAD")
        )
        url = f"{route_server.url}/redirect-to?url=/status/200&status={status}"
        # The server says nothing to an Expect, and each hop then waits a second for it.
        expects = bodied and method == "POST"
        headers = {"X-Own": "1", "Expect": "100-continue"} if expects else {"X-Own": "1"}
        route_server.routes["/go"] = Answer.redirect("/status/200", status)
        fetch(Request(method, url, json={"a": 1} if bodied else None, headers=headers))
        first, second = route_server.ledger.requests
        body = b'{"a":1}' if bodied else b""
        assert (first.method, first.body) == (method, body)
        if becomes_get:
            assert (second.method, second.body) == ("GET", b"")
            gone = {"content-type", "content-length", "transfer-encoding", "expect"}
            assert gone & second.headers.keys() == set()
        else:
            assert (second.method, second.body) == (method, body)
            assert second.headers.get("content-type") == first.headers.get("content-type")
            assert second.headers.get("content-length") == first.headers.get("content-length")
        assert second.headers["x-own"] == "1"

    @pytest.mark.parametrize("option", GIVEN)
    @pytest.mark.parametrize("status", [307, 308])
    def test_values_are_sent_again(self, route_server: RouteServer, option: str, status: int) -> None:
        url = f"{route_server.url}/redirect-to?url=/status/200&status={status}"
        fetch(Request("POST", url, **{option: GIVEN[option]}))
        first, second = route_server.ledger.requests
        assert first.body == second.body != b""
        assert first.headers["content-length"] == second.headers["content-length"]


class TestLength:
    @pytest.mark.parametrize("length", ["0", "3", "5", "-4", "4x", "", "99999999999999999999"])
    def test_one_that_is_wrong_is_refused(self, route_server: RouteServer, length: str) -> None:
        for content in (b"four", "four"):
            with pytest.raises(FetchError, match="Content-Length") as caught:
                fetch(Request("POST", route_server.url, content=content, headers={"Content-Length": length}))
            assert isinstance(caught.value, fastfetch.InvalidRequest)
        assert route_server.ledger.requests == []

    def test_of_no_body(self, route_server: RouteServer) -> None:
        for method in ("GET", "POST"):
            with pytest.raises(
                fastfetch.InvalidRequest, match="Content-Length: 5 was given for content of 0"
            ):
                fetch(Request(method, route_server.url, headers={"Content-Length": "5"}))
        assert route_server.ledger.accepted == 0

    def test_two_are_refused(self, route_server: RouteServer) -> None:
        headers = [("Content-Length", "4"), ("Content-Length", "4")]
        with pytest.raises(fastfetch.InvalidRequest, match="Content-Length: expected one number"):
            fetch(Request("POST", route_server.url, content=b"four", headers=headers))

    def test_one_that_is_right_is_sent_once(self, route_server: RouteServer) -> None:
        fetch(Request("POST", f"{route_server.url}/echo", content=b"four", headers={"Content-Length": "4"}))
        (seen,) = route_server.ledger.requests
        assert [value for name, value in seen.header_items if name.lower() == "content-length"] == ["4"]
        assert seen.body == b"four"

    @pytest.mark.parametrize("coding", ["gzip", "gzip, chunked", "identity", "chunked, chunked"])
    def test_of_codings_there_is_only_chunked(self, route_server: RouteServer, coding: str) -> None:
        with pytest.raises(fastfetch.InvalidRequest, match=r"Transfer-Encoding: .* chunked"):
            fetch(Request("POST", route_server.url, content=b"x", headers={"Transfer-Encoding": coding}))

    def test_not_both(self, route_server: RouteServer) -> None:
        headers = {"Transfer-Encoding": "chunked", "Content-Length": "1"}
        with pytest.raises(fastfetch.InvalidRequest, match="Content-Length and Transfer-Encoding"):
            fetch(Request("POST", route_server.url, content=b"x", headers=headers))
        assert route_server.ledger.accepted == 0
