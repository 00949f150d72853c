"""`Response.json()`: what is JSON and what is not, and how it is told."""

import base64
import json
import math
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastfetch import DecodeError, FetchError, Request, Response, TransportError
from hypothesis import given
from hypothesis import strategies as st

from tests.fetching import fetch
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat


@pytest.fixture(scope="module")
def server() -> Iterator[RouteServer]:
    with RouteServer() as started:
        yield started


def answer(
    server: RouteServer, body: bytes, content_type: str = "application/json", status: int = 200
) -> Response:
    server.routes["/answer"] = Answer(body, status, (("Content-Type", content_type),))
    return fetch(Request("GET", f"{server.url}/answer"))


def message(response: Response) -> str:
    """What is said of a body that is not JSON, after whose it is."""
    with pytest.raises(DecodeError) as caught:
        response.json()
    error = caught.value
    assert isinstance(error, ValueError)
    assert not isinstance(error, TransportError)
    assert (error.url, error.method, error.phase, error.attempts) == (response.url, "GET", "body", 1)
    assert str(error).isprintable()
    assert len(str(error)) < 500
    start = f"GET {response.url}: the body is not JSON: "
    assert str(error).startswith(start)
    return str(error).removeprefix(start)


def same(one: object, other: object) -> bool:
    """Equal, down to the types and the sign of zero."""
    return repr(one) == repr(other)


class TestValues:
    def test_whatever_can_be_json(self, server: RouteServer) -> None:
        """The same as from `json.loads`, with every way to write it that `json.dumps` has."""
        characters = st.characters() | st.characters(categories=["Cs"])
        text = st.text(characters) | st.sampled_from(["", "a", '"\\/\b\f\n\r\t', "\ud83d\ude00", "é" * 70])
        number = (
            st.integers() | st.integers(-(10**60), 10**60) | st.floats(allow_nan=False, allow_infinity=False)
        )
        values = st.recursive(
            st.none() | st.booleans() | number | text,
            lambda value: st.lists(value) | st.dictionaries(text, value),
            max_leaves=30,
        )

        @given(values, st.sampled_from([None, 0, 3]), st.booleans())
        def comes_back(value: object, indent: int | None, ascii_only: bool) -> None:
            written = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
            try:
                body = written.encode()
            except UnicodeEncodeError:  # half of a pair has no UTF-8, only an escape
                body = json.dumps(value, indent=indent).encode()
            assert same(answer(server, body).json(), json.loads(body))

        comes_back()

    @pytest.mark.parametrize(
        "body",
        [
            "0",
            "-0",
            "-0.0",
            "1.0",
            "1e2",
            "1E+2",
            "0.1e-6",
            "5e-324",
            "1e-400",
            "1.7976931348623157e308",
            "1e999",
            "-1e999",
            "9007199254740993.0",
            "0.1234567890123456789",
            "123456789012345678901234567890.5",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "18446744073709551616",
            "12345678901234567890123456789012345678",
            "-" + "9" * 4000,
            "1" + "0" * 19,
            "true",
            '""',
            ' \n\t\r"a" \n',
            '"\\ud800"',
            '"\\udc00\\ud800 \\ud83d\\ude00 \\ud83d"',
            '{"\\udfaa": "é\\ud800"}',
            '{"a": 1, "b": 2, "a": {"b": 3}, "\\u0061": 4}',
            '{"": {"": []}}',
            "[" * 900 + "]" * 900,
            '"\\u0000\\u001f\x7f\u2028"',
        ],
    )
    def test_as_json_loads_has_it(self, server: RouteServer, body: str) -> None:
        assert same(answer(server, body.encode()).json(), json.loads(body))

    def test_the_last_of_equal_keys_wins(self, server: RouteServer) -> None:
        assert answer(server, b'{"a": 1, "b": 2, "a": 3}').json() == {"a": 3, "b": 2}

    @pytest.mark.parametrize("length", [4_301, 10_000, 20_000])
    def test_large_integers_are_exact(self, server: RouteServer, length: int) -> None:
        """Python's own limit on the digits of an integer does not hold here, nor is it changed."""
        limit = sys.get_int_max_str_digits()
        number = answer(server, b"[-" + b"7" * length + b"]").json()[0]
        assert number == -(10**length // 9) * 7
        assert sys.get_int_max_str_digits() == limit

    def test_integers_are_not_of_any_length(self, server: RouteServer) -> None:
        said = message(answer(server, b'{"a": ' + b"7" * 1_000_000 + b"}"))
        assert said.startswith("an integer of more than 20000 digits at line 1 column 7, after '{\"a\": '")

    def test_keys_and_strings_of_every_length(self, server: RouteServer) -> None:
        """Where a string stops is looked for in steps, and keys of some lengths are kept."""
        value = {letter * length: letter * length for length in range(1, 70) for letter in "aé😀"}
        for _ in range(2):
            assert answer(server, json.dumps(value, ensure_ascii=False).encode()).json() == value

    def test_more_keys_than_are_kept(self, server: RouteServer) -> None:
        value = [{f"{prefix}{number}": number for number in range(3000)} for prefix in ("a", "key number ")]
        assert answer(server, json.dumps([value, value]).encode()).json() == [value, value]

    def test_equal_keys_are_one_string(self, server: RouteServer) -> None:
        one, two = answer(server, b'[{"name of one": 1}, {"name of one": 2}]').json()
        assert next(iter(one)) is next(iter(two))


class TestEncodings:
    TEXT = '{"a": ["é", "日本", "😀"]}'

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
    def test_said(self, server: RouteServer, encoding: str) -> None:
        body = self.TEXT.encode(encoding)
        assert answer(server, body, f"application/json; charset={encoding}").json() == json.loads(self.TEXT)

    @pytest.mark.parametrize(
        "encoding",
        ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"],
    )
    @pytest.mark.parametrize("text", [TEXT, '"日"', "1", "[]"])
    def test_seen(self, server: RouteServer, encoding: str, text: str) -> None:
        assert answer(server, text.encode(encoding)).json() == json.loads(text)

    def test_older_ones_where_they_are_said(self, server: RouteServer) -> None:
        assert answer(server, b'"caf\xe9"', "application/json; charset=iso-8859-1").json() == "café"

    def test_what_the_caller_sets_wins(self, server: RouteServer) -> None:
        response = answer(server, '"café"'.encode(), "application/json; charset=iso-8859-1")
        assert response.json() == "cafÃ©"
        response.encoding = "utf-8"
        assert response.json() == "café"

    @pytest.mark.parametrize(
        ("body", "charset", "said"),
        [
            (b'["\xff"]', "utf-8", "not UTF-8 at line 1 column 3, after '[\"' and before '\ufffd\"]'"),
            (b'["\xe9"]', "", "not UTF-8 at line 1 column 3, after '[\"' and before '\ufffd\"]'"),
            (b'["\\ud800\xed\xa0\x80"]', "", "not UTF-8 at line 1 column 9"),
            (b"[1,\n\xc0\xaf]", "", "not UTF-8 at line 2 column 1, after '[1,\\n' and before '\ufffd"),
            (b'{\n"\xc0\xaf": 1}', "", "not UTF-8 at line 2 column 2, after '{\\n\"'"),
            (b'["\x82"]', "shift_jis", "not Shift_JIS"),
            ('["a"]'.encode("utf-16")[:-1], "utf-16", "not UTF-16LE"),
            (b'\0\0\0"\0\0\xd8\0\0\0\0"', "utf-32", "not UTF-32BE"),
        ],
    )
    def test_what_is_in_none(self, server: RouteServer, body: bytes, charset: str, said: str) -> None:
        assert message(answer(server, body, f"application/json; charset={charset}")).startswith(said)


class TestFaults:
    @pytest.mark.parametrize(
        ("body", "line", "column"),
        [
            ("NaN", 1, 1),
            ("[Infinity]", 1, 2),
            ("[-Infinity]", 1, 3),
            ("[01]", 1, 2),
            ("[-01]", 1, 3),
            ("[+1]", 1, 2),
            ("[.5]", 1, 2),
            ("[1.]", 1, 4),
            ("[1e]", 1, 4),
            ("[0x1]", 1, 3),
            ("[1 000]", 1, 4),
            ("{} x", 1, 4),
            ("[1]]", 1, 4),
            ("[1,]", 1, 4),
            ('{"a": 1,}', 1, 9),
            ("{'a': 1}", 1, 2),
            ("{a: 1}", 1, 2),
            ('{"a" 1}', 1, 6),
            ('{"a": 1', 1, 8),
            ("[", 1, 2),
            ('["abc', 1, 2),
            ('["abc\\"]', 1, 2),
            ('["\t"]', 1, 3),
            ('["\\x41"]', 1, 3),
            ('["\\u12"]', 1, 3),
            ('{\r\n "a": 1,\r\n "b": oops\r\n}', 3, 7),
            ('{\n"日本é😀": 1,\n"b": "日本" x\n}', 3, 11),
            ("[1,\n\n", 3, 1),
            ("\ufeff[1,\n]", 2, 1),
            ("\ufeff\ufeff[]", 1, 1),
            ("[1\xa0]", 1, 3),
            ("/* */ 1", 1, 1),
        ],
    )
    def test_where(self, server: RouteServer, body: str, line: int, column: int) -> None:
        """Nor does Python take them, once its NaN is left out."""
        assert re.search(rf" at line {line} column {column}\b", message(answer(server, body.encode())))
        with pytest.raises(ValueError, match=r"line|constant"):
            json.loads(body.removeprefix("\ufeff"), parse_constant=lambda name: int(f"constant {name}"))

    def test_the_place_is_quoted(self, server: RouteServer) -> None:
        body = '{"name": "Grüße",\n "tags": ["a" "b"], "more": 1}'.encode()
        assert message(answer(server, body)) == (
            "expected ',' or ']' at line 2 column 15, after "
            '\'üße",\\n "tags": ["a" \' and before \'"b"], "more": 1}\''
        )
        assert (
            message(answer(server, b"[1, 2"))
            == "expected ',' or ']' at line 1 column 6, at the end, after '[1, 2'"
        )

    def test_a_quote_is_short_and_printable(self, server: RouteServer) -> None:
        hostile = "[1, \x1b[31m\n\x00\u202e" + "x" * 100_000
        assert message(answer(server, hostile.encode())) == (
            "expected a value at line 1 column 5, "
            "after '[1, ' and before '\\u{1b}[31m\\n\\0\\u{202e}xxxxxxxxxxxx'"
        )

    @pytest.mark.parametrize("body", [b"", b" \n\t", b"\xef\xbb\xbf", "\ufeff".encode("utf-16-le")])
    def test_empty(self, server: RouteServer, body: bytes) -> None:
        assert message(answer(server, body)) == "it is empty"

    def test_a_page_instead(self, server: RouteServer) -> None:
        page = b"<!DOCTYPE html>\n<html><body>Bad gateway</body></html>"
        assert message(answer(server, page, "text/html; charset=utf-8", 502)) == (
            "expected a value at line 1 column 1, before '<!DOCTYPE html>\\n<htm' "
            "(status 502, Content-Type text/html; charset=utf-8)"
        )
        assert message(answer(server, b"", status=205)) == "it is empty (status 205)"

    def test_a_hostile_content_type(self, server: RouteServer) -> None:
        said = message(answer(server, b"x", "text/\x9b31m" + "x" * 500))
        assert said.endswith(f"(Content-Type text/\ufffd31m{'x' * 51})")

    def test_nested_too_deep(self, server: RouteServer) -> None:
        deepest = b"[" * 1024 + b"]" * 1024
        value: Any = answer(server, deepest).json()
        for _ in range(1023):
            (value,) = value
        assert value == []
        for body in (b"[" + deepest + b"]", b"[" * 1_000_000, b'{"a":' * 1_000_000):
            assert message(answer(server, body)).startswith(
                "nested deeper than 1024 levels at line 1 column "
            )

    def test_any_bytes_are_read_or_refused(self, server: RouteServer) -> None:
        pieces = st.sampled_from(
            [b"[", b"]", b"{", b"}", b'"', b"\\", b"\\u", b"d8", b"1", b"-", b",", b":", b"\0", b"e"]
        )

        @given(st.binary(max_size=30) | st.lists(pieces, max_size=20).map(b"".join))
        def answers(body: bytes) -> None:
            try:
                expected = json.loads(body, parse_constant=int)
            except (ValueError, RecursionError):
                message(answer(server, body))
            else:
                assert same(answer(server, body).json(), expected)

        answers()


def test_json_test_suite(server: RouteServer) -> None:
    folder = os.environ.get("CONFORMANCE_DATA")
    if folder is None:
        pytest.skip("CONFORMANCE_DATA names no folder with json-test-suite.json")
    suite = json.loads((Path(folder) / "json-test-suite.json").read_text(encoding="utf-8"))
    wrong = {"y": 0, "n": 0}
    for name, text in suite.items():
        body = base64.b64decode(text)
        response = answer(server, body)
        try:
            value = response.json()
        except FetchError:
            accepted = False
        else:
            accepted = True
            assert same(value, json.loads(body)), name
        if name[0] != "i":
            assert accepted == (name[0] == "y"), name
            wrong[name[0]] += 1
    assert wrong == {"y": 95, "n": 188}


def test_infinity_is_what_a_number_beyond_all_doubles_becomes(server: RouteServer) -> None:
    assert answer(server, b"[1e400, -1e400]").json() == [math.inf, -math.inf]
