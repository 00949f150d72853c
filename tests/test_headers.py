"""`Headers`: a case-insensitive mapping that keeps every line and every byte."""

import pickle
from collections.abc import Mapping
from typing import Any

import pytest
from fastfetch import Headers, InvalidRequest
from hypothesis import given
from hypothesis import strategies as st

TOKEN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"
names = st.text(TOKEN, min_size=1, max_size=8) | st.sampled_from(["Set-Cookie", "set-cookie", "SET-COOKIE"])
values = st.text(
    st.characters(codec="latin-1", exclude_characters=[chr(n) for n in (*range(32), 127) if n != 9])
).map(lambda text: text.strip(" \t"))
lines = st.lists(st.tuples(names, values), max_size=12)


def values_of(pairs: list[tuple[str, str]], name: str) -> list[str]:
    return [value for other, value in pairs if other.lower() == name.lower()]


@given(lines)
def test_names_have_no_case(pairs: list[tuple[str, str]]) -> None:
    headers = Headers(pairs)
    for name, _ in pairs:
        for spelling in (name, name.lower(), name.upper(), name.swapcase()):
            assert spelling in headers
            assert headers[spelling] == headers.get(spelling) == headers[name]
            assert headers.get_list(spelling) == headers.get_list(name)


@given(lines)
def test_repeated_fields_keep_their_order_and_are_joined(pairs: list[tuple[str, str]]) -> None:
    headers = Headers(pairs)
    for name, _ in pairs:
        assert headers.get_list(name) == values_of(pairs, name)
        assert headers[name] == ", ".join(values_of(pairs, name))


@given(lines)
def test_it_is_a_mapping_in_order_of_first_appearance(pairs: list[tuple[str, str]]) -> None:
    headers = Headers(pairs)
    joined = {name.lower(): ", ".join(values_of(pairs, name)) for name, _ in pairs}
    assert dict(headers) == joined
    assert list(headers) == list(headers.keys()) == list(joined)
    assert list(headers.values()) == list(joined.values())
    assert list(headers.items()) == list(joined.items())
    assert len(headers) == len(joined)
    assert bool(headers) == bool(joined)


@given(lines)
def test_every_line_and_every_byte_is_kept(pairs: list[tuple[str, str]]) -> None:
    headers = Headers(pairs)
    sent = [(name.lower(), value) for name, value in pairs]
    assert sorted(headers.multi_items()) == sorted(sent)
    assert headers.raw == [(name.encode(), value.encode("latin-1")) for name, value in headers.multi_items()]


@given(lines)
def test_every_form_of_it_makes_the_same_again(pairs: list[tuple[str, str]]) -> None:
    headers = Headers(pairs)
    for form in (headers, headers.raw, headers.multi_items(), pairs):
        again = Headers(form)
        assert again == headers
        assert again.raw == headers.raw
    assert pickle.loads(pickle.dumps(headers)).raw == headers.raw


@given(lines, lines)
def test_equal_are_those_with_the_same_values_for_each_name(
    ours: list[tuple[str, str]], theirs: list[tuple[str, str]]
) -> None:
    one, two = Headers(ours), Headers(theirs)
    assert (one == two) == (
        {name: one.get_list(name) for name in one} == {name: two.get_list(name) for name in two}
    )


def test_the_order_of_repeated_values_counts() -> None:
    assert Headers([("via", "a"), ("via", "b")]) != Headers([("via", "b"), ("via", "a")])
    assert Headers([("a", "1"), ("b", "2")]) == Headers([("B", "2"), ("A", "1")])


def test_equality_with_what_is_no_headers() -> None:
    assert Headers({"A": "1"}) == {"a": "1"}
    assert Headers({"A": "1"}) != {"a": "2"}
    assert Headers() != 5
    assert Headers() != "a: b"


def test_what_is_not_there() -> None:
    headers = Headers({"a": "1"})
    with pytest.raises(KeyError, match="missing"):
        headers["missing"]
    assert headers.get("missing") is None
    assert headers.get("missing", 5) == 5
    assert headers.get_list("missing") == []
    assert "missing" not in headers
    assert 5 not in headers


def test_it_counts_as_a_mapping() -> None:
    assert isinstance(Headers(), Mapping)
    match Headers({"Content-Type": "text/plain"}):
        case {"content-type": kind}:
            assert kind == "text/plain"
        case _:
            pytest.fail("no match")


@pytest.mark.parametrize(
    "fields",
    [
        {"X-One": "1"},
        {"X-One": b"1"},
        {b"X-One": b"1"},
        [("X-One", "1")],
        (("X-One", "1"),),
        iter([(b"X-One", "1")]),
        {"X-One": " \t1\t "},
    ],
    ids=repr,
)
def test_forms_of_fields(fields: Any) -> None:
    assert Headers(fields).raw == [(b"x-one", b"1")]


def test_no_fields() -> None:
    for headers in (Headers(), Headers({}), Headers([])):
        assert (len(headers), headers.raw, dict(headers)) == (0, [], {})


def test_text_outside_latin_1_needs_bytes() -> None:
    with pytest.raises(InvalidRequest, match="x-euro") as caught:
        Headers({"X-Euro": "€"})
    assert "€" not in str(caught.value)
    assert Headers({"X-Euro": "€".encode()}).raw == [(b"x-euro", b"\xe2\x82\xac")]


def test_more_fields_than_anybody_sends() -> None:
    assert len(Headers([(f"x-{n}", "1") for n in range(1_000)])) == 1_000
    with pytest.raises(InvalidRequest, match="fields"):
        Headers([(f"x-{n}", "1") for n in range(100_000)])


def test_secrets_are_not_shown() -> None:
    secret = dict.fromkeys(("Authorization", "Cookie", "Set-Cookie", "Proxy-Authorization"), "hunter2")
    assert "hunter2" not in repr(Headers(secret))
    assert repr(Headers({"ETag": '"x"'})) == "Headers([('etag', '\"x\"')])"


def test_it_never_changes() -> None:
    headers: Any = Headers({"a": "1"})
    with pytest.raises(TypeError):
        headers["a"] = "2"
    with pytest.raises(TypeError):
        del headers["a"]
    with pytest.raises(AttributeError):
        headers.raw = []
