"""`Results.json_table`: JSON bodies as columns of types that are found out; the rows, and what fails."""

import asyncio
import signal
from typing import Any

import fastfetch
import polars
import pytest
from fastfetch import DecodeError, Results

from tests.json_tables import Bodies, Get, columns, errors, kinds, read
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer


@pytest.fixture
def get(route_server: RouteServer) -> Get:
    return Bodies(route_server)


class TestTypes:
    @pytest.mark.parametrize(
        ("values", "kind", "cells"),
        [
            ([None, None], "null", [None, None]),
            ([True, None], "bool", [True, None]),
            ([1, -(2**63), 2**63 - 1], "int64", [1, -(2**63), 2**63 - 1]),
            ([1, 2**64 - 1], "uint64", [1, 2**64 - 1]),
            ([-1, 2**63], "double", [-1.0, 2.0**63]),
            ([1, 2**64], "double", [1.0, 2.0**64]),
            ([1, -(2**63) - 1], "double", [1.0, -(2.0**63)]),
            ([1, 2.5], "double", [1.0, 2.5]),
            ([0.1, 1e308], "double", [0.1, 1e308]),
            (["a", None, "ü😀"], "string", ["a", None, "ü😀"]),
            ([[], [None]], "list<item: null>", [[], [None]]),
            ([[], [1], None, [2.5, None]], "list<item: double>", [[], [1.0], None, [2.5, None]]),
            ([[[1]], [[], ["a"]]], "list<item: list<item: string>>", [[["1"]], [[], ['"a"']]]),
            ([{}, {"b": 1}], "struct<b: int64>", [{"b": None}, {"b": 1}]),
            (
                [{"b": 1}, None, {"c": {"d": [True]}}],
                "struct<b: int64, c: struct<d: list<item: bool>>>",
                [{"b": 1, "c": None}, None, {"b": None, "c": {"d": [True]}}],
            ),
            ([{}, {}], "string", ["{}", "{}"]),
            (["a", 1], "string", ['"a"', "1"]),
            ([True, 1], "string", ["true", "1"]),
            ([[1], {"b": 1}, None], "string", ["[1]", '{"b": 1}', None]),
        ],
    )
    def test_of_all_bodies_together(self, get: Get, values: list[Any], kind: str, cells: list[Any]) -> None:
        table = get(*({"a": value} for value in values)).json_table()
        assert (kinds(table), columns(table)) == ({"a": kind}, {"a": cells})
        assert errors(table) == [None] * len(values)
        backwards = get(*({"a": value} for value in reversed(values))).json_table()
        assert columns(backwards) == {"a": cells[::-1]}

    def test_a_field_that_is_missing_is_null(self, get: Get) -> None:
        assert columns(get({"a": 1}, {"b": 2}, {}).json_table()) == {
            "a": [1, None, None],
            "b": [None, 2, None],
        }

    def test_fields_are_in_the_order_in_which_they_came(self, get: Get) -> None:
        assert list(columns(get({"c": 1, "a": 1}, {"b": 1, "a": 1, "0": 1}).json_table())) == [
            "c",
            "a",
            "b",
            "0",
        ]

    def test_of_equal_keys_the_last_one_counts(self, get: Get) -> None:
        results = get('{"a": [1, 2], "b": {"c": 1}, "a": [3], "b": {"d": 2}}', '{"a": [4]}')
        assert columns(results.json_table())["a"] == [[3], [4]]
        assert columns(results.json_table())["b"] == [{"c": None, "d": 2}, None]
        assert results[0].json()["a"] == [3]

    def test_the_text_of_mixed_values_is_as_it_came(self, get: Get) -> None:
        results = get('{"a": [1.0,  {"b":1e2}]}', '{"a": "\\u00fc"}', '{"a": 1.50}')
        assert columns(results.json_table())["a"] == ['[1.0,  {"b":1e2}]', '"\\u00fc"', "1.50"]

    def test_what_is_nested_very_deep_stays_text(self, get: Get) -> None:
        deep = "[" * 500 + "1" + "]" * 500
        results = get(f'{{"a": {deep}, "b": 1}}')
        cell = columns(results.json_table())["a"][0]
        while isinstance(cell, list):
            (cell,) = cell
        assert cell.strip("[]") == "1"
        assert len(cell) > 900
        polars.DataFrame(results.json_table())

    def test_half_a_surrogate_pair_is_no_text_of_arrow(self, get: Get) -> None:
        assert columns(get('{"a": "x\\ud800y", "b": "\\ud83d\\ude00"}').json_table()) == {
            "a": ["x\ufffdy"],
            "b": ["😀"],
        }

    def test_names_of_arrow_have_no_zeros(self, get: Get) -> None:
        results = get('{"a\\u0000b": 1}', '{"a\u2400b": 2}')
        assert columns(results.json_table()) == {"a\u2400b": [1, 2]}

    def test_fields_named_as_the_columns_of_the_table(self, get: Get) -> None:
        results = get({"_index": "x", "_error": 1, "_index_": True})
        table = results.json_table()
        assert columns(table) == {"_index_": ["x"], "_error_": [1], "_index__": [True]}
        again = results.json_table(schema={"_index_": str, "_index": int})
        assert columns(again) == {"_index_": ["x"]}

    def test_ten_thousand_fields_are_enough(self, get: Get) -> None:
        results = get({str(number): 1 for number in range(10_001)})
        with pytest.raises(ValueError, match=r"more than 10000 different fields: give a schema"):
            results.json_table()
        assert columns(results.json_table({"7": int})) == {"7": [1]}


class TestRows:
    def test_a_list_has_a_row_for_each_element(self, get: Get) -> None:
        table = get([{"a": 1}, {"a": 2}], [], {"a": 3}).json_table()
        assert read(table)["_index"].to_pylist() == [0, 0, 2]
        assert columns(table) == {"a": [1, 2, 3]}

    def test_rows_that_are_no_objects_are_values(self, get: Get) -> None:
        assert columns(get([1, 2], "3").json_table()) == {"value": [1, 2, 3]}
        assert columns(get([1, None, {"a": "x"}, {"value": 2.5}]).json_table()) == {
            "value": [1.0, None, None, 2.5],
            "a": [None, None, "x", None],
        }

    def test_null_is_a_row_of_nulls(self, get: Get) -> None:
        table = get("null", [None]).json_table()
        assert (columns(table), errors(table)) == ({}, [None, None])

    @pytest.mark.parametrize("path", ["data.items", ["data", "items"]])
    def test_at_a_path(self, get: Get, path: str | list[str]) -> None:
        bodies = [
            {"data": {"items": [{"a": 1}, {"a": 2}]}, "n": 1},
            {"data": {"items": {"a": 3}}},
            {"data": {}},
        ]
        table = get(*bodies).json_table(path=path)
        assert read(table)["_index"].to_pylist() == [0, 0, 1, 2]
        assert columns(table) == {"a": [1, 2, 3, None]}
        assert errors(table) == [None, None, None, "the body has nothing at the path data.items"]

    def test_paths_through_lists_and_odd_names(self, get: Get) -> None:
        results = get({"a.b": [{"": [1]}, {"": [2, 3]}]})
        assert columns(results.json_table(path=["a.b", 1, ""])) == {"value": [2, 3]}
        results = get({"pages": [{"x": 1}, {"x": 2}]})
        assert columns(results.json_table(path="pages.1")) == {"x": [2]}
        assert errors(results.json_table(path=["pages", 2])) == ["the body has nothing at the path pages[2]"]
        assert errors(results.json_table(path="pages.x.y"))[0] is not None

    def test_on_the_path_the_last_of_equal_keys_counts_too(self, get: Get) -> None:
        results = get('{"a": {"b": [1]}, "a": {"b": [2]}}', '{"a": {"b": [1]}, "a": 3}')
        table = results.json_table(path="a.b")
        assert columns(table) == {"value": [2, None]}
        assert errors(table) == [None, "the body has nothing at the path a.b"]

    @pytest.mark.parametrize("path", [3, "", b"a", ["a", -1], ["a", 1.0], [True]])
    def test_what_is_no_path(self, get: Get, path: Any) -> None:
        with pytest.raises((TypeError, ValueError), match=r"^path: expected keys with dots between them"):
            get({}).json_table(path=path)

    def test_no_results_have_no_rows(self) -> None:
        results = asyncio.run(fastfetch.gather([]))
        assert columns(results.json_table()) == {}
        assert columns(results.json_table({"a": int})) == {"a": []}


class TestErrors:
    def test_nothing_vanishes(self, get: Get, route_server: RouteServer) -> None:
        get({"a": 1}, Answer.json({"a": "no such page"}, 404), "<html>", b"", b'{"a": "\xff"}', '{"a": 1} x')
        urls = [f"{route_server.url}/body/{place}" for place in range(6)]
        results = asyncio.run(fastfetch.gather([*urls, "http://127.0.0.1:1/"]))
        table = results.json_table()
        assert read(table)["_index"].to_pylist() == list(range(7))
        # The types are those of what is JSON, and every answer counts.
        assert columns(table) == {"a": ["1", '"no such page"', None, None, None, None, None]}
        said = errors(table)
        assert said[:2] == [None, None]
        assert all(error is not None and error.startswith("the body is not JSON") for error in said[2:6])
        assert said[6] == str(results[6].error)
        assert columns(results.ok.json_table())["a"] == [1, None, None, None, None]

    def test_a_charset_that_is_declared_is_believed(self, get: Get) -> None:
        latin = ("Content-Type", "application/json; charset=iso-8859-1")
        results = get(Answer('{"a": "ü"}'.encode("latin-1"), 200, (latin,)), '\ufeff{"a": "ü"}')
        assert columns(results.json_table()) == {"a": ["ü", "ü"]}

    def test_the_words_are_those_of_json(self, get: Get) -> None:
        results = get('{"a": 1,\n "b": }', "[1, 2")
        for response, error in zip(results, errors(results.json_table()), strict=True):
            with pytest.raises(DecodeError) as raised:
                response.json()
            assert error is not None
            assert error in str(raised.value)


class Interrupted(Exception):
    pass


def test_an_interrupt_ends_it(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise Interrupted

    results = get([{"a": [1, 2, 3], "b": "text"}] * 20_000)
    # Some hundred gigabytes of JSON: if it went on to the end, the test would not.
    many = Results(results._rows.take([0] * 200_000))
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Interrupted):
            many.json_table()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(results.json_table()) == 20_000
