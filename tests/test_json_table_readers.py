"""Any JSON as a table: what is in it is what the rules say, and everybody who reads Arrow can have it."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import duckdb
import nanoarrow
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet
import pytest
from fastfetch import DecodeError, Results, Table
from hypothesis import given
from hypothesis import strategies as st

from tests.json_kinds import column, rows
from tests.json_tables import Bodies, Get, errors, kinds, read
from tests.servers.routes import RouteServer


@pytest.fixture
def get(route_server: RouteServer) -> Get:
    return Bodies(route_server)


@pytest.fixture(scope="module")
def shared_get() -> Any:
    """One server for all examples."""
    with RouteServer() as server:
        yield Bodies(server)


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
NAMES = st.sampled_from(["a", "b", "c", "value", "_index", "_error_", "", 'ü"\\\n'])
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


class TestAnyJson:
    @given(
        documents=st.lists(DOCUMENTS, min_size=1, max_size=4),
        ascii_only=st.booleans(),
        indent=st.sampled_from([None, 1]),
    )
    def test_is_read_as_the_rules_say(
        self, shared_get: Get, documents: list[Any], ascii_only: bool, indent: int | None
    ) -> None:
        texts = [json.dumps(each, ensure_ascii=ascii_only, indent=indent).encode() for each in documents]
        table = shared_get(*texts).json_table()
        kind, expected = rows(documents)
        found = read(table)
        assert found["_index"].to_pylist() == [place for place, _ in expected]
        assert errors(table) == [None] * len(expected)
        assert kinds(table) == {column(name): each.arrow for name, each in kind.fields.items()}
        for name, each in kind.fields.items():
            for cell, (_, row) in zip(found[column(name)].to_pylist(), expected, strict=True):
                assert each.holds(cell, row.get(name)), (name, cell, row)
        # What was found out, given: the same table.
        assert read(shared_get(*texts).json_table(found.schema)).equals(found)

    @given(document=DOCUMENTS, place=st.integers(0), noise=st.binary(max_size=3), cut=st.integers(0, 3))
    def test_what_is_json_is_what_json_takes(
        self, shared_get: Get, document: Any, place: int, noise: bytes, cut: int
    ) -> None:
        text = json.dumps(document, ensure_ascii=False).encode()
        place %= len(text) + 1
        agree(shared_get(text[:place] + noise + text[place + cut :]))

    def test_the_texts_of_json_test_suite(self, get: Get) -> None:
        folder = os.environ.get("CONFORMANCE_DATA")
        if folder is None:
            pytest.skip("CONFORMANCE_DATA names no folder with json-test-suite.json")
        texts = json.loads((Path(folder) / "json-test-suite.json").read_text())
        agree(get(*(base64.b64decode(text) for text in texts.values())))


def agree(results: Results) -> None:
    """The table has an error where `Response.json` has one, and nowhere else."""
    found = read(results.json_table())
    failed = {
        place
        for place, error in zip(*map(pa.ChunkedArray.to_pylist, found.columns[:2]), strict=True)
        if error
    }
    for place, response in enumerate(results):
        try:
            response.json()
        except DecodeError:
            assert place in failed, response.content
        else:
            assert place not in failed, response.content


class TestReaders:
    """What is awkward in Arrow: types of nothing, nested ones, and many batches."""

    @pytest.fixture
    def table(self, get: Get) -> Table:
        return get(
            {
                "nothing": None,
                "nothings": [None],
                "empty": {},
                "empties": [{}],
                "mixed": 1,
                "s": {"l": [{"x": 1.5}]},
            },
            {"nothing": None, "nothings": [], "empty": {}, "empties": [], "mixed": "x", "s": None},
            "no JSON",
        ).json_table()

    def test_polars(self, table: Table) -> None:
        found = polars.DataFrame(table)
        assert found["s"].to_list() == [{"l": [{"x": 1.5}]}, None, None]
        assert found["empty"].to_list() == ["{}", "{}", None]
        assert found["nothing"].null_count() == 3

    def test_duckdb(self, table: Table) -> None:
        bodies = table
        assert len(bodies) == 3  # duckdb finds it by its name.
        query = "select _index, nothing, empties, mixed, s.l[1].x from bodies order by _index"
        found = duckdb.execute(query).fetchall()
        assert found == [(0, None, ["{}"], "1", 1.5), (1, None, [], '"x"', None), (2, None, None, None, None)]

    def test_pandas(self, table: Table) -> None:
        found = table.to_pandas()
        assert isinstance(found, pandas.DataFrame)
        assert found["mixed"].tolist()[:2] == ["1", '"x"']
        assert found["_error"].notna().tolist() == [False, False, True]

    def test_nanoarrow(self, table: Table) -> None:
        assert nanoarrow.Array(table).to_pylist()[0]["s"] == {"l": [{"x": 1.5}]}

    def test_parquet(self, table: Table, tmp_path: Path) -> None:
        pyarrow.parquet.write_table(read(table), tmp_path / "table.parquet")
        assert pyarrow.parquet.read_table(tmp_path / "table.parquet")["empty"].to_pylist() == [
            "{}",
            "{}",
            None,
        ]
