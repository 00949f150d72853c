"""`Results.json_table` with a schema: which types there are, how they are said, and what does not fit."""

import datetime
import decimal
import types
from typing import Any

import polars
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.json_tables import Bodies, Get, columns, errors, kinds, read
from tests.servers.routes import RouteServer


@pytest.fixture
def get(route_server: RouteServer) -> Get:
    return Bodies(route_server)


@pytest.fixture(scope="module")
def shared_get() -> Any:
    """One server for all examples."""
    with RouteServer() as server:
        yield Bodies(server)


DAY, NOON = datetime.date(2026, 11, 29), datetime.datetime(2026, 11, 29, 12, 30)
UTC = datetime.UTC
ZONES = [UTC, *(datetime.timezone(datetime.timedelta(minutes=minutes)) for minutes in (-1439, -90, 60, 345))]


class TestSchema:
    @pytest.mark.parametrize(
        ("kind", "arrow", "value", "cell"),
        [
            (int, "int64", 5, 5),
            (float, "double", 5, 5.0),
            (str, "string", "x", "x"),
            (bool, "bool", False, False),
            (int | None, "int64", None, None),
            (datetime.date, "date32[day]", "2026-11-29", DAY),
            (
                datetime.datetime,
                "timestamp[us, tz=UTC]",
                "2026-11-29T13:30:00+01:00",
                NOON.replace(tzinfo=UTC),
            ),
            ("timestamp[s]", "timestamp[s]", "2026-11-29 12:30", NOON),
            (
                "timestamp[ms, tz=UTC]",
                "timestamp[ms, tz=UTC]",
                "2026-11-29T12:30:00Z",
                NOON.replace(tzinfo=UTC),
            ),
            ("int8", "int8", -128, -128),
            ("uint64", "uint64", 2**64 - 1, 2**64 - 1),
            ("int16", "int16", 2.0, 2),
            ("int64", "int64", 1e3, 1000),
            ("float32", "float", 0.5, 0.5),
            ("float16", "halffloat", 0.5, 0.5),
            ("large_string", "large_string", "x", "x"),
            (
                "string_view",
                "string_view",
                "a string of more than twelve bytes",
                "a string of more than twelve bytes",
            ),
            ("decimal128(10, 2)", "decimal128(10, 2)", 12.5, decimal.Decimal("12.50")),
            ("decimal(5)", "decimal128(5, 0)", "123", decimal.Decimal(123)),
            ("json", "string", {"x": [1]}, '{"x": [1]}'),
            ("null", "null", None, None),
            (list[int], "list<item: int64>", [1, None], [1, None]),
            (["int8"], "list<item: int8>", [1], [1]),
            ("list<timestamp[s]>", "list<item: timestamp[s]>", ["2026-11-29T12:30"], [NOON]),
            ({"b": float}, "struct<b: double>", {"b": 1, "c": 2}, {"b": 1.0}),
            ([{"b": str}], "list<item: struct<b: string>>", [{"b": "x"}], [{"b": "x"}]),
            (types.GenericAlias(list, ({"b": str},)), "list<item: struct<b: string>>", [{}], [{"b": None}]),
            (pa.large_list(pa.int8()), "large_list<item: int8>", [1], [1]),
        ],
    )
    def test_types(self, get: Get, kind: Any, arrow: str, value: Any, cell: Any) -> None:
        table = get({"x": [{"deep": 1}], "a": value}).json_table({"a": kind})
        assert (kinds(table), columns(table), errors(table)) == ({"a": arrow}, {"a": [cell]}, [None])

    @pytest.mark.parametrize(
        ("kind", "value", "error"),
        [
            (int, "5", 'a: expected int64, got "5"'),
            (int, 1.5, "a: expected int64, got 1.5"),
            (int, 2**63, "a: expected int64, got 9223372036854775808"),
            ("uint8", -1, "a: expected uint8, got -1"),
            (str, 5, "a: expected a string, got 5"),
            (str, {"b": 1}, "a: expected a string, got an object"),
            (bool, 0, "a: expected bool, got 0"),
            (float, "x" * 100, f'a: expected float64, got "{"x" * 39}…'),
            (float, "\u0085", 'a: expected float64, got "\\u0085"'),
            ("null", 0, "a: expected null, got 0"),
            (list[int], 1, "a: expected a list, got 1"),
            (list[int], [1, [2]], "a[1]: expected int64, got a list"),
            ({"b": {"c": bool}}, {"b": {"c": 1}}, "a.b.c: expected bool, got 1"),
            ({"b": int}, [1], "a: expected an object, got a list"),
            (datetime.date, "29.11.2026", 'a: expected a date as YYYY-MM-DD, got "29.11.2026"'),
            ("timestamp[ns]", "9999-01-01", 'a: expected a time in ISO 8601, got "9999-01-01"'),
            ("decimal(3, 1)", 1.25, "a: expected decimal128(3, 1), got 1.25"),
            (pa.field("a", pa.int8(), nullable=False), None, "a: expected a value, got null"),
        ],
    )
    def test_what_does_not_fit_is_said(self, get: Get, kind: Any, value: Any, error: str) -> None:
        table = get({"a": value, "z": 1}, {"z": 2}).json_table({"z": int, "a": kind})
        if isinstance(kind, pa.Field):
            assert errors(table) == [error, "a: expected a value, got nothing"]
            return
        assert errors(table) == [error, None]
        assert columns(table) == {"z": [None, 2], "a": [None, None]}

    def test_other_rows_live_on(self, get: Get) -> None:
        rows = [
            {"a": [1, 2], "b": {"c": "x"}},
            {"a": [3, "no"], "b": {"c": "y"}},
            7,
            {"a": [4], "b": {"c": "z"}},
        ]
        table = get(rows, {"a": []}).json_table({"a": list[int], "b": {"c": str}})
        assert columns(table) == {
            "a": [[1, 2], None, None, [4], []],
            "b": [{"c": "x"}, None, None, {"c": "z"}, None],
        }
        assert errors(table) == [
            None,
            'a[1]: expected int64, got "no"',
            "the row: expected an object, got 7",
            None,
            None,
        ]

    def test_the_schema_of_an_earlier_table(self, get: Get) -> None:
        first = get({"a": 1, "b": {"c": [True]}, "_error": 5}, {"a": "x"}).json_table()
        again = get({"b": {"c": []}}, {"a": [1], "d": 3}).json_table(schema=first)
        assert read(again).schema.equals(read(first).schema, check_metadata=True)
        assert columns(again) == {"a": [None, "[1]"], "b": [{"c": []}, None], "_error_": [None, None]}

    def test_schemas_of_others(self, get: Get) -> None:
        results = get({"a": 1, "b": ["x"]})
        wanted = {"a": "int16", "b": "list<item: string>"}
        assert (
            kinds(results.json_table(pa.schema([("a", pa.int16()), ("b", pa.list_(pa.string()))]))) == wanted
        )
        of_polars: dict[str, Any] = {"a": polars.Int16, "b": polars.List(polars.String)}
        found = polars.DataFrame(results.json_table(polars.Schema(of_polars)))
        assert (found["a"].to_list(), found["b"].to_list()) == ([1], [["x"]])

    @pytest.mark.parametrize(
        ("schema", "message"),
        [
            (3, "schema: expected a mapping of names to types, or what has __arrow_c_schema__, got 3"),
            ({"a": "int65"}, "got 'int65' for field 'a'"),
            ({"a": {"b": bytes}}, "got bytes for field 'a.b'"),
            ({"a": list}, "got list for field 'a'"),
            ({"a": [int, str]}, "for field 'a'"),
            ({"a": int | str}, "for field 'a'"),
            ({1: int}, "schema: expected names of fields, got 1"),
            ({"a": "decimal(39)"}, "schema: expected 1 to 38 digits, got 'decimal(39)' for field 'a'"),
            (
                pa.schema([("a", pa.struct([("b", pa.binary())]))]),
                "schema: field 'a.b': expected one of null, bool",
            ),
            (
                pa.schema([("a", pa.int8()), ("a", pa.int8())]),
                "schema: field 'a': there are two fields of this name",
            ),
        ],
    )
    def test_what_is_no_schema(self, get: Get, schema: Any, message: str) -> None:
        with pytest.raises((TypeError, ValueError)) as raised:
            get({}).json_table(schema)
        assert message in str(raised.value)

    def test_a_schema_within_itself_has_no_end(self, get: Get) -> None:
        schema: dict[str, Any] = {}
        schema["a"] = schema
        with pytest.raises(ValueError, match="nested deeper than 64 levels"):
            get({}).json_table(schema)

    @given(
        moments=st.lists(
            st.datetimes(
                datetime.datetime(2, 1, 1), datetime.datetime(9998, 1, 1), timezones=st.sampled_from(ZONES)
            ),
            min_size=1,
            max_size=20,
        ),
        kind=st.sampled_from(["datetime", "timestamp[us, tz=UTC]"]),
    )
    def test_times_are_those_of_python(
        self, shared_get: Get, moments: list[datetime.datetime], kind: str
    ) -> None:
        schema = {"value": datetime.datetime if kind == "datetime" else kind}
        table = shared_get([moment.isoformat() for moment in moments]).json_table(schema)
        assert errors(table) == [None] * len(moments)
        assert columns(table)["value"] == moments
