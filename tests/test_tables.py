"""Results as tables: for every library that speaks Arrow, and without any."""

import asyncio
import gc
import pickle
import sys
from collections.abc import Callable
from typing import Any

import duckdb
import fastfetch
import nanoarrow
import pandas
import polars
import pyarrow
import pytest
from fastfetch import Request, Results, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

COLUMNS = [
    "index",
    "url",
    "final_url",
    "status",
    "ok",
    "error",
    "error_kind",
    "attempts",
    "elapsed_ms",
    "queue_ms",
    "dns_ms",
    "connect_ms",
    "tls_ms",
    "first_byte_ms",
    "body_ms",
    "size",
    "content_type",
    "headers",
    "body",
    "tag",
]

Row = dict[str, Any]


def gather(*items: Any, **options: Any) -> Results:
    return asyncio.run(fastfetch.gather(items, **options))


def expected(results: Results, asked: list[str]) -> list[Row]:
    """What a table says, from the responses one by one."""

    def row(index: int) -> Row:
        response, url = results[index], asked[index]
        always = {
            "index": index,
            "url": url,
            "final_url": response.url,
            "ok": response.ok,
            "attempts": response.attempts,
            "tag": response.tag,
        }
        if response.error is not None:
            nothing = dict.fromkeys(set(COLUMNS) - {*always, "elapsed_ms"})
            kind = type(response.error).__name__
            return {**nothing, **always, "error": str(response.error), "error_kind": kind}
        timings = response.timings
        parts = {
            f"{part}_ms": getattr(timings, part) * 1e3
            for part in ("queue", "dns", "connect", "tls", "first_byte", "body")
        }
        return {
            **always,
            **parts,
            "status": response.status_code,
            "error": None,
            "error_kind": None,
            "size": len(response.content),
            "content_type": response.headers.get("content-type"),
            "headers": [{"name": n, "value": v} for n, v in response.headers.multi_items()],
            "body": response.content,
        }

    return [row(index) for index in range(len(results))]


def same(rows: list[Row], results: Results, asked: list[str]) -> None:
    for row, should in zip(rows, expected(results, asked), strict=True):
        assert list(row) == COLUMNS
        assert row["elapsed_ms"] == pytest.approx(
            results[row["index"]].elapsed.total_seconds() * 1e3, abs=1e-3
        )
        for name, value in should.items():
            approximate = name.endswith("_ms") and value is not None
            assert row[name] == (pytest.approx(value) if approximate else value), name


@pytest.fixture
def asked(route_server: RouteServer) -> list[str]:
    at = route_server.url
    route_server.routes["/odd"] = Answer(
        b"\x00\xff", 299, (("X-Latin", "caf\xe9"), ("X-Two", "1"), ("x-two", "2"), ("Content-Type", "a/b"))
    )
    return [
        f"{at}/json/a",
        f"{at}/status/404",
        "nonsense",
        f"{at}/odd",
        "http://127.0.0.1:1/",
        f"{at}/redirect/1",
    ]


@pytest.fixture
def mixed(asked: list[str]) -> Results:
    """Answers of several kinds, and errors; one carries a tag."""
    return gather(*asked[:-1], Request("GET", asked[-1], tag="a tag"))


def by_nanoarrow(results: Any) -> list[Row]:
    return list(nanoarrow.Array(nanoarrow.ArrayStream(results).read_all()).to_pylist())


def by_duckdb(results: Any) -> list[Row]:
    found = duckdb.sql("from results")
    assert found is not None
    return list(found.to_arrow_table().to_pylist())


READERS: dict[str, Callable[[Any], list[Row]]] = {
    "pyarrow": lambda table: pyarrow.table(table).to_pylist(),
    "pyarrow, stream": lambda table: pyarrow.RecordBatchReader.from_stream(table).read_all().to_pylist(),
    "polars": lambda table: polars.DataFrame(table).to_dicts(),
    "duckdb": by_duckdb,
    "nanoarrow": by_nanoarrow,
}


class TestReaders:
    @pytest.mark.parametrize("read", READERS.values(), ids=READERS)
    @pytest.mark.parametrize("made", [lambda results: results, Results.table], ids=["results", "table"])
    def test_read_what_responses_say(
        self,
        mixed: Results,
        asked: list[str],
        made: Callable[[Results], Any],
        read: Callable[[Any], list[Row]],
    ) -> None:
        table = made(mixed)
        same(read(table), mixed, asked)
        same(read(table), mixed, asked)  # As often as they like.

    def test_pandas(self, mixed: Results, asked: list[str]) -> None:
        frame = pandas.DataFrame.from_arrow(mixed)
        assert list(frame.columns) == COLUMNS
        assert frame["body"].tolist() == [row["body"] for row in expected(mixed, asked)]

    def test_schemas(self, mixed: Results) -> None:
        text, number = pyarrow.large_string(), pyarrow.float64()
        field = pyarrow.struct([pyarrow.field("name", text, False), pyarrow.field("value", text, False)])
        types = {
            "index": pyarrow.int64(),
            "status": pyarrow.int16(),
            "ok": pyarrow.bool_(),
            "attempts": pyarrow.int32(),
            "size": pyarrow.int64(),
            "headers": pyarrow.list_(pyarrow.field("item", field, False)),
            "body": pyarrow.large_binary(),
        }
        for source in (mixed, mixed.table()):
            schema = pyarrow.schema(source)
            assert schema.names == COLUMNS
            for name in COLUMNS:
                assert schema.field(name).type == types.get(name, number if name.endswith("_ms") else text), (
                    name
                )
            assert {name for name in COLUMNS if not schema.field(name).nullable} == {
                "index", "url", "final_url", "ok", "attempts", "elapsed_ms",
            }  # fmt: skip
            assert pyarrow.table(source).schema == schema

    def test_of_nothing(self) -> None:
        results = gather()
        for read in READERS.values():
            assert read(results) == read(results.table()) == []
        assert results.to_polars().shape == results.to_pandas().shape == (0, len(COLUMNS))
        assert repr(results.table(["url"])) == "Table: 0 rows, 1 column\n  url  str"

    def test_slices_and_selections(self, mixed: Results) -> None:
        assert mixed[1:3].to_polars(["index", "status"]).rows() == [(0, 404), (1, None)]
        assert mixed.failed.to_polars(["url"])["url"].to_list() == ["nonsense", "http://127.0.0.1:1/"]
        assert mixed[::-1].to_polars()["tag"].to_list()[0] == "a tag"


class TestConversions:
    def test_to_arrow(self, mixed: Results, asked: list[str]) -> None:
        same(mixed.to_arrow().to_pylist(), mixed, asked)
        mixed.to_arrow().validate(full=True)

    def test_to_polars(self, mixed: Results, asked: list[str]) -> None:
        frame = mixed.to_polars()
        same(frame.to_dicts(), mixed, asked)
        assert frame.equals(mixed.table().to_polars())

    def test_to_pandas(self, mixed: Results, asked: list[str]) -> None:
        frame = mixed.to_pandas()
        assert frame.dtypes.astype(str).to_dict() == {
            "index": "Int64",
            **dict.fromkeys(["url", "final_url", "error", "error_kind", "content_type", "tag"], "str"),
            "status": "Int16",
            "ok": "boolean",
            "attempts": "Int32",
            **{name: "float64" for name in COLUMNS if name.endswith("_ms")},
            "size": "Int64",
            "headers": str(frame["headers"].dtype),
            "body": "large_binary[pyarrow]",
        }
        assert str(frame["headers"].dtype).startswith("list<item: struct<")
        self.check_pandas(frame, mixed, asked)

    def test_to_pandas_without_pyarrow(
        self, mixed: Results, asked: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        self.check_pandas(mixed.to_pandas(), mixed, asked)

    @staticmethod
    def check_pandas(frame: Any, results: Results, asked: list[str]) -> None:
        assert list(frame.columns) == COLUMNS
        for number, row in enumerate(expected(results, asked)):
            for name, value in row.items():
                cell = frame[name].iloc[number]
                if value is None:
                    assert pandas.isna(cell), name
                elif name == "headers":
                    assert [dict(field) for field in cell] == value
                else:
                    assert cell == (pytest.approx(value) if name.endswith("_ms") else value), name

    @pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
    def test_what_is_not_installed_is_said(self, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
        results, name = gather("one"), library.replace("py", "")
        monkeypatch.setitem(sys.modules, library, None)
        for source in (results, results.table()):
            with pytest.raises(ImportError, match=rf"^to_{name}\(\) needs {library}: pip install {library}$"):
                getattr(source, f"to_{name}")()


class TestColumns:
    def test_are_those_named_in_that_order(self, mixed: Results) -> None:
        wanted = ["tag", "status", "url"]
        for table in (mixed.table(wanted), mixed.to_arrow(wanted), mixed.table(tuple(wanted))):
            assert list(table.column_names) == wanted
        assert mixed.table(wanted).num_columns == 3
        assert len(mixed.table(wanted)) == len(mixed)
        assert mixed.to_polars(wanted).columns == list(mixed.to_pandas(wanted)) == wanted

    @pytest.mark.parametrize(
        ("columns", "error", "words"),
        [
            (["statu"], ValueError, "there is no column 'statu'; did you mean 'status'?"),
            (["url", "url"], ValueError, "'url' is there twice"),
            ([], ValueError, "expected at least one name, got none"),
            ("url", TypeError, "expected a list of names, got str"),
            ([1], TypeError, "expected a list of names, got list"),
            (["fastfetch"], ValueError, "there is no column 'fastfetch'"),
        ],
    )
    def test_what_is_no_list_of_columns(self, columns: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error) as caught:
            gather("one").table(columns)
        assert str(caught.value).startswith(f"columns: {words}")

    @pytest.mark.parametrize(
        ("tags", "column"),
        [
            ([1, None, -(2**63)], [1, None, -(2**63)]),
            ([True, None, False], [True, None, False]),
            ([1, 0.5, None], [1.0, 0.5, None]),
            (["a", None, "\ud800"], ["a", None, "\ufffd" * 3]),
            ([1, True, None], ["1", "True", None]),
            ([2**63, None, 1], ["9223372036854775808", None, "1"]),
            ([("a", 1), 0.5, None], ["('a', 1)", "0.5", None]),
            ([None, None, None], [None, None, None]),
        ],
    )
    def test_tags(self, tags: list[Any], column: list[Any]) -> None:
        requests = [Request("GET", "http://127.0.0.1:1/", tag=tag) for tag in tags]
        results = gather(*requests, deadline=0.001)
        assert results.to_polars(["tag"])["tag"].to_list() == column
        assert results.to_arrow()["tag"].to_pylist() == column

    def test_an_error_of_the_callers_own(self, route_server: RouteServer) -> None:
        def refuse(response: object) -> None:
            raise LookupError("its own words")

        results = gather(f"{route_server.url}/json/a", on_response=refuse)
        assert results.to_polars(["error", "error_kind"]).rows() == [("its own words", "LookupError")]
        assert results.to_polars()["error"][0] == str(results[0].error)

    def test_errors_hide_what_urls_hold(self) -> None:
        results = gather("http://me:hunter2@127.0.0.1:1/")
        row = results.to_polars().row(0, named=True)
        assert row["url"] == "http://me:hunter2@127.0.0.1:1/"  # To be joined with what it came of.
        assert "hunter2" not in f"{row['error']} {row['final_url']}"
        assert "hunter2" not in repr(results.table()) + results.table()._repr_html_()


def test_a_table_can_be_pickled(mixed: Results) -> None:
    table = mixed.table()
    twin = pickle.loads(pickle.dumps(table))
    assert type(twin) is Table
    assert twin.to_polars().equals(table.to_polars())
    assert twin.to_arrow().schema == table.to_arrow().schema


def test_a_table_outlives_its_results(route_server: RouteServer) -> None:
    at = route_server.url
    results = gather(f"{at}/bytes/20000000", f"{at}/json/a", f"{at}/bytes/17000000")
    frames = [results.to_arrow(), polars.DataFrame(results), results.to_polars()]
    sizes = [20_000_000, 13, 17_000_000]
    del results
    gc.collect()
    # Bodies as large as a batch are alone in theirs, and shared.
    assert frames[0]["body"].num_chunks == 3
    assert [len(body) for body in frames[0]["body"].to_pylist()] == sizes
    for frame in frames[1:]:
        assert frame["body"].bin.size().to_list() == sizes


def visible(value: bytes) -> str:
    """What may stand in a header field, of any bytes."""
    return bytes(byte for byte in value if byte >= 0x20 and byte != 0x7F).decode("latin-1").strip(" ")


HOSTILE = st.lists(
    st.tuples(
        st.text(st.sampled_from("abcXYZ-09"), min_size=1, max_size=8),
        st.binary(max_size=20).map(
            lambda b: bytes(c for c in b if c >= 0x20 and c != 0x7F).strip().decode("latin-1")
        ),
    ),
    max_size=6,
)


def test_hostile_headers_and_bodies(route_server: RouteServer) -> None:
    @settings(max_examples=30)
    @given(HOSTILE, st.binary(max_size=50), st.text(max_size=20))
    def readable(fields: list[tuple[str, str]], body: bytes, fragment: str) -> None:
        skipped = {"content-length", "connection", "transfer-encoding", "content-encoding"}
        kept = tuple((name, value) for name, value in fields if name.lower() not in skipped)
        route_server.routes["/hostile"] = Answer(body, 200, kept)
        url = f"{route_server.url}/hostile#{fragment}"
        results = gather(url)
        for rows in (results.to_arrow().to_pylist(), results.to_polars().to_dicts()):
            (row,) = rows
            assert row["url"] == url
            if row["error"] is not None:  # A fragment may hold what URLs may not.
                assert row["error"] == str(results[0].error)
                continue
            assert row["body"] == body
            for field, (name, value) in zip(row["headers"], results[0].headers.raw, strict=True):
                assert field["name"] == name.decode()
                try:
                    assert field["value"] == value.decode()
                except UnicodeDecodeError:
                    assert field["value"] == value.decode("latin-1")

    readable()


def test_many_batches_are_one_table() -> None:
    """More rows than a batch has, in order whoever makes them."""
    results = gather(*(f"item {n}" for n in range(40_000)))
    table = results.to_arrow(["index", "url", "error"])
    assert table["url"].num_chunks == 3
    assert table["index"].to_pylist() == list(range(40_000))
    assert table["url"].to_pylist() == [f"item {n}" for n in range(40_000)]
    assert table["error"].to_pylist()[39_999] == str(results[39_999].error)
    assert pyarrow.table(results).select(table.column_names) == table


def test_no_python_object_is_made_for_a_row() -> None:
    results = gather(*(f"item {n}" for n in range(20_000)))
    ways: list[Callable[[], object]] = [results.table, results.to_arrow, results.to_polars, results.to_pandas]
    for way in ways:
        way()  # What a library makes once.
        gc.collect()
        before = sys.getallocatedblocks()
        made = way()
        assert sys.getallocatedblocks() - before < 5_000, way
        del made
