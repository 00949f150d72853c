"""`Results.save` and `Results.load`: what comes back, and what is no such file."""

import asyncio
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import fastfetch
import pandas
import polars
import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest
from fastfetch import BasicAuth, Request, Results, Timeout
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.servers.messages import Answer
from tests.servers.routes import RouteServer
from tests.test_pickle import parts

SUFFIXES = [".arrow", ".feather", ".parquet"]
EACH = pytest.mark.parametrize("suffix", SUFFIXES)


def gather(*items: Any, **options: Any) -> Results:
    return asyncio.run(fastfetch.gather(items, **options))


@pytest.fixture
def results(route_server: RouteServer) -> Results:
    """Answers of several kinds, with a history and trailing facts, and errors."""
    at = route_server.url
    route_server.routes["/odd"] = Answer(
        b"\x00\xff" * 100, 299, (("X-Latin", "caf\xe9"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
    )
    return gather(
        f"{at}/json/a",
        Request("POST", f"{at}/odd", content=b"\xff", tag="t"),
        "nonsense",
        f"{at}/redirect/2",
        Request("GET", "http://127.0.0.1:1/", tag="u"),
        5,
        f"{at}/bytes/0",
    )


def same(loaded: Results, saved: Results) -> None:
    assert type(loaded) is Results
    assert [parts(response) for response in loaded] == [parts(response) for response in saved]
    for one, other in zip(loaded, saved, strict=True):
        if one.error is None:
            assert one.timings == other.timings
            assert repr(one.connection) == repr(other.connection)
            assert (one.decoded, one.trailers) == (other.decoded, other.trailers)
    assert (loaded.counts, repr(loaded)) == (saved.counts, repr(saved))


@EACH
class TestLoaded:
    def test_is_what_was_saved(self, results: Results, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"results{suffix}"
        results.save(path)
        same(Results.load(path), results)
        Results.load(str(path)).save(path)  # Over itself.
        same(Results.load(path), results)
        assert os.listdir(tmp_path) == [path.name]

    def test_of_nothing(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"results{suffix}"
        gather().save(path)
        assert len(Results.load(path)) == 0

    def test_of_many(self, tmp_path: Path, suffix: str) -> None:
        results = gather(*(f"item {n}" for n in range(20_000)))
        path = tmp_path / f"results{suffix}"
        results.save(path)
        loaded = Results.load(path)
        assert loaded.counts == {"InvalidURL": 20_000}
        assert str(loaded[19_999].error) == str(results[19_999].error)

    def test_a_selection(self, results: Results, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"results{suffix}"
        results.failed.save(path)
        same(Results.load(path), results.failed)

    @pytest.mark.parametrize("tags", [[1, None], [True, None], [0.5, None], ["a", None]])
    def test_tags(self, tmp_path: Path, suffix: str, tags: list[Any]) -> None:
        path = tmp_path / f"results{suffix}"
        gather(*(Request("GET", "http://127.0.0.1:1/", tag=tag) for tag in tags), deadline=0.001).save(path)
        loaded = [response.tag for response in Results.load(path)]
        assert [(type(tag), tag) for tag in loaded] == [(type(tag), tag) for tag in tags]

    def test_only_its_owner_can_read_it(self, results: Results, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"results{suffix}"
        results.save(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_what_failed_is_fetched_again(
        self, route_server: RouteServer, tmp_path: Path, suffix: str
    ) -> None:
        def moody(request: Any) -> Answer:
            said = {"method": request.method, "body": request.body.decode(), "headers": request.header_items}
            return Answer.json(said)

        at, path = route_server.url, tmp_path / f"results{suffix}"
        route_server.routes["/late"] = moody
        request = Request(
            "PUT", f"{at}/late", content=b"body", headers={"X-One": "1"}, cookies={"a": "b"},
            auth=BasicAuth("me", "secret"), timeout=Timeout(total=5), tag="kept",
        )  # fmt: skip
        gather(
            request, f"{at}/late?2", "nonsense", Request("GET", f"{at}/late?3", proxy=at), deadline=1e-9
        ).save(path)
        loaded = Results.load(path)
        assert loaded.counts == {"TotalTimeout": 4}
        again = asyncio.run(loaded.retry_failed(timeout=5))
        assert again[0].json()["body"] == "body"
        said = dict(again[0].json()["headers"])
        assert again[0].json()["method"] == "PUT"
        lower = {name.lower(): value for name, value in said.items()}
        assert (lower["x-one"], lower["cookie"]) == ("1", "a=b")
        assert lower["authorization"].startswith("Basic ")
        assert (again[0].tag, again[1].status_code) == ("kept", 200)
        # A request with a proxy of its own is not kept, and stays as it is.
        assert again.counts == {200: 2, "InvalidURL": 1, "TotalTimeout": 1}

    def test_is_there_whole_or_not_at_all(self, results: Results, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"results{suffix}"
        path.mkdir()
        with pytest.raises(IsADirectoryError, match=path.name):
            results.save(path)
        assert os.listdir(tmp_path) == [path.name]
        with pytest.raises(FileNotFoundError, match="missing"):
            results.save(tmp_path / "missing" / path.name)
        with pytest.raises(FileNotFoundError, match="missing"):
            Results.load(tmp_path / f"missing{suffix}")


class TestOthers:
    def test_read_it(self, results: Results, tmp_path: Path) -> None:
        arrow, parquet = tmp_path / "results.arrow", tmp_path / "results.parquet"
        results.save(arrow)
        results.save(parquet)
        named = results.table().column_names
        frame = results.to_polars()
        assert polars.read_ipc(arrow).select(named).equals(frame)
        assert polars.read_parquet(parquet).select(named).equals(frame)
        rows = results.to_arrow().to_pylist()
        assert pyarrow.feather.read_table(arrow).select(named).to_pylist() == rows
        assert pyarrow.parquet.read_table(parquet).select(named).to_pylist() == rows
        found = duckdb.sql(f"select status, count(*) from '{parquet}' group by all order by all")
        assert found is not None
        assert found.fetchall() == [(200, 3), (299, 1), (None, 3)]
        assert pandas.read_parquet(parquet)["url"].tolist() == [row["url"] for row in rows]

    def test_what_they_wrote_is_read(self, results: Results, tmp_path: Path) -> None:
        """Some rows in another order, with the types and layouts of another library."""
        first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
        results.save(first)
        polars.read_parquet(first).reverse().write_parquet(second)
        same(Results.load(second), results[::-1])
        third = tmp_path / "third.arrow"
        polars.read_parquet(first).filter(polars.col("ok")).write_ipc(third)
        same(Results.load(third), results.ok)


class TestRefused:
    """S05, S06: what cannot be written or read says why, and damage is never taken for results."""

    @pytest.mark.parametrize("name", ["results", "results.csv", ".arrow", "results.arrow.gz"])
    def test_another_suffix(self, tmp_path: Path, name: str) -> None:
        for call in (gather("one").save, Results.load):
            with pytest.raises(
                ValueError, match=r"^path: expected a name that ends in \.parquet, \.arrow or"
            ):
                call(tmp_path / name)

    def test_parquet_without_pyarrow(
        self, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        results.save(tmp_path / "results.parquet")
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        for call in (results.save, Results.load):
            with pytest.raises(
                ImportError, match=r"\.parquet needs pyarrow: pip install pyarrow; or use \.arrow"
            ):
                call(tmp_path / "results.parquet")
        results.save(tmp_path / "results.arrow")
        same(Results.load(tmp_path / "results.arrow"), results)

    @pytest.mark.parametrize("content", [b"", b"ARROW1", b"x" * 1000, b"PK\x03\x04" + bytes(100)], ids=repr)
    @EACH
    def test_a_file_of_another_kind(self, tmp_path: Path, suffix: str, content: bytes) -> None:
        path = tmp_path / f"results{suffix}"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"{path.name} holds no results that can be read: "):
            Results.load(path)

    @EACH
    def test_a_table_of_others(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"results{suffix}"
        table = pyarrow.table({"url": ["a"], "body": [b"b"]})
        if suffix == ".parquet":
            pyarrow.parquet.write_table(table, path)
        else:
            pyarrow.feather.write_feather(table, path, compression="uncompressed")
        with pytest.raises(ValueError, match="it has no column 'fastfetch'"):
            Results.load(path)

    def test_a_row_that_was_changed(self, results: Results, tmp_path: Path) -> None:
        path = tmp_path / "results.parquet"
        for column, value in (
            ("url", "other"),
            ("body", b"other"),
            ("fastfetch", b"\x01other"),
            ("fastfetch", b""),
        ):
            results.save(path)
            polars.read_parquet(path).with_columns(polars.lit(value).alias(column)).write_parquet(path)
            with pytest.raises(ValueError, match="row 0 was changed since it was saved, or is damaged"):
                Results.load(path)
        results.save(path)
        polars.read_parquet(path).with_columns(polars.lit(b"\x07").alias("fastfetch")).write_parquet(path)
        with pytest.raises(ValueError, match="row 0 is of version 7, and this fastfetch reads version 1"):
            Results.load(path)

    def test_a_file_cut_short(self, results: Results, tmp_path: Path) -> None:
        path = tmp_path / "results.arrow"
        results.save(path)
        whole = path.read_bytes()
        for size in range(0, len(whole), 97):
            path.write_bytes(whole[:size])
            with pytest.raises(ValueError, match="holds no results that can be read: "):
                Results.load(path)

    def test_any_damage(self, results: Results, tmp_path: Path) -> None:
        """It is the same or refused: never something else, and never the end of the process."""
        path = tmp_path / "results.arrow"
        results.save(path)
        whole = path.read_bytes()

        @settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(st.integers(0, len(whole) - 1), st.integers(1, 255))
        def refused_or_the_same(place: int, change: int) -> None:
            damaged = bytearray(whole)
            damaged[place] ^= change
            path.write_bytes(damaged)
            try:
                loaded = Results.load(path)
            except ValueError as error:
                said.add(str(error).partition(": ")[0])
            else:
                untagged = [[part for part in parts(r) if part != r.tag] for r in loaded]
                assert untagged == [[part for part in parts(r) if part != r.tag] for r in results]

        said: set[str] = set()
        refused_or_the_same()
        assert said == {f"{path} holds no results that can be read"}


def test_what_no_file_can_keep(route_server: RouteServer, tmp_path: Path) -> None:
    path = tmp_path / "results.arrow"
    url = f"{route_server.url}/json/a"
    results = gather(
        Request("GET", url, tag=["a", "list"]), url, on_response=lambda response: response.json()
    )
    results.save(path)
    loaded = Results.load(path)
    assert [response.json() for response in loaded] == [{"name": "a"}] * 2
    assert [response.value for response in loaded] == [None, None]
    assert [response.tag for response in loaded] == ["['a', 'list']", None]


def test_in_another_process(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "results.arrow"
    results.save(path)
    program = f"import fastfetch, json; print(json.dumps(fastfetch.Results.load({str(path)!r}).counts))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {str(key): count for key, count in results.counts.items()}
