"""Where URLs come from: files, columns of tables, and iterables of either kind."""

import asyncio
import io
import itertools
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pytest
from fastfetch import Batch, Request, gather
from fastfetch._core import Urls
from fastfetch._sources import awaited, gathered, items, length, read

pytestmark = pytest.mark.usefixtures("face")

URLS = ["http://a.test/", "http://b.test/?q=1#f", "http://bücher.test/ä"]

LINES = f"""# What to fetch
{URLS[0]}

   {URLS[1]}\t
    # Indented, and still a comment
{URLS[2]}"""

Opened = Callable[[str], Any]


def in_a_temporary_file(text: str) -> Any:
    file = tempfile.NamedTemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (the test reads it)
    file.write(text)
    file.seek(0)
    return file


class TestFiles:
    def test_a_path(self, tmp_path: Path) -> None:
        path = tmp_path / "urls.txt"
        path.write_text(LINES, encoding="utf-8")
        assert read(path) == URLS

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
    def test_line_ends_and_a_byte_order_mark(self, tmp_path: Path, end: str) -> None:
        path = tmp_path / "urls.txt"
        path.write_bytes(b"\xef\xbb\xbf" + end.join([*URLS, ""]).encode())
        assert read(path) == URLS

    @pytest.mark.parametrize("opened", [io.StringIO, in_a_temporary_file])
    def test_an_open_file(self, opened: Opened) -> None:
        with opened(LINES) as file:
            assert read(file) == URLS
            assert not file.closed

    def test_an_empty_one(self) -> None:
        assert read(io.StringIO("")) == read(io.StringIO("\n# nothing\n\n")) == []

    def test_it_is_read_line_by_line(self) -> None:
        class Endless(io.StringIO):
            def __next__(self) -> str:  # type: ignore[override]
                return f"{URLS[0]}\n"

        assert list(itertools.islice(items(Endless()), 1000)) == URLS[:1] * 1000

    def test_the_file_at_a_path_is_closed(self, tmp_path: Path) -> None:
        """Half-read as well: an open file that is dropped would be a ResourceWarning."""
        path = tmp_path / "urls.txt"
        path.write_text(LINES, encoding="utf-8")
        half = items(path)
        assert next(half) == URLS[0]
        del half
        path.unlink()

    def test_it_is_opened_when_it_is_read(self, tmp_path: Path) -> None:
        missing = items(tmp_path / "missing.txt")
        with pytest.raises(FileNotFoundError, match=r"missing\.txt"):
            next(missing)
        with pytest.raises(FileNotFoundError, match=r"missing\.txt"):
            Batch(tmp_path / "missing.txt")
        with pytest.raises(IsADirectoryError):
            read(tmp_path)

    def test_one_that_is_not_text(self, tmp_path: Path) -> None:
        path = tmp_path / "urls.txt"
        path.write_bytes(b"http://a.test/\xff\n")
        with pytest.raises(
            ValueError, match=r"^urls: expected text in utf-8, got the byte 0xff in .*urls\.txt$"
        ):
            read(path)
        with (
            path.open(encoding="ascii") as file,
            pytest.raises(
                ValueError, match=r"^urls: expected text in ascii, got the byte 0xff in .*urls\.txt$"
            ),
        ):
            read(file)

    def test_one_that_is_opened_as_binary(self, tmp_path: Path) -> None:
        path = tmp_path / "urls.txt"
        path.write_text(LINES, encoding="utf-8")
        expected = r"^urls: expected a file opened as text, got .*urls\.txt opened as binary$"
        with path.open("rb") as file, pytest.raises(TypeError, match=expected):
            read(file)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="got BytesIO opened as binary"):
            read(io.BytesIO(b"http://a.test/\n"))  # type: ignore[arg-type]


class Stream:
    """A column or table that speaks Arrow and no Python."""

    def __init__(self, of: Any) -> None:
        self.of = of

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.of.__arrow_c_stream__(requested_schema)


class Array:
    """The same in one piece."""

    def __init__(self, of: Any) -> None:
        self.of = of

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self.of.__arrow_c_array__(requested_schema)


COLUMNS: dict[str, Callable[[list[str | None]], Any]] = {
    "pandas": pandas.Series,
    "pandas, object": lambda values: pandas.Series(values, dtype=object),
    "pandas, string": lambda values: pandas.Series(values, dtype="string"),
    "pandas, Arrow": lambda values: pandas.Series(values, dtype=pandas.ArrowDtype(pyarrow.string())),
    "pandas, index": pandas.Index,
    "polars": polars.Series,
    "polars, categorical": lambda values: polars.Series(values, dtype=polars.Categorical),
    "Arrow": pyarrow.array,
    "Arrow, large": lambda values: pyarrow.array(values, pyarrow.large_string()),
    "Arrow, view": lambda values: pyarrow.array(values, pyarrow.string_view()),
    "Arrow, dictionary": lambda values: pyarrow.array(values).dictionary_encode(),
    "Arrow, chunked": lambda values: pyarrow.chunked_array([values[:2], [], values[2:]], pyarrow.string()),
    "a stream": lambda values: Stream(pyarrow.chunked_array([values])),
    "an array": lambda values: Array(pyarrow.array(values)),
}

TABLE = {"url": URLS, "other": [1, 2, 3]}

TABLES: dict[str, Any] = {
    "pandas": pandas.DataFrame(TABLE),
    "polars": polars.DataFrame(TABLE),
    "Arrow": pyarrow.table(TABLE),
    "Arrow, batch": pyarrow.RecordBatch.from_pydict(TABLE),
    "Arrow, reader": pyarrow.table(TABLE).to_reader(),
    "a stream": Stream(pyarrow.table(TABLE)),
    "an array": Array(pyarrow.RecordBatch.from_pydict(TABLE)),
}


class TestColumns:
    @pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
    def test_its_values(self, column: Callable[[list[Any]], Any]) -> None:
        assert read(column(URLS)) == URLS
        assert all(isinstance(url, str) for url in read(column(URLS)))

    @pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
    def test_what_is_missing_stays_in_its_place(self, column: Callable[[list[Any]], Any]) -> None:
        values = read(column([URLS[0], None, URLS[1]]))
        assert (values[0], values[2]) == (URLS[0], URLS[1])
        assert not isinstance(values[1], (str, Request))

    @pytest.mark.parametrize("column", [COLUMNS["pandas, string"], COLUMNS["polars"], COLUMNS["Arrow"]])
    def test_an_empty_one(self, column: Callable[[list[Any]], Any]) -> None:
        assert read(column([])) == []

    @pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
    def test_a_table(self, table: Any) -> None:
        with pytest.raises(TypeError, match=r'^urls: expected a column, got a table: pass table\["url"\]$'):
            read(table)

    def test_without_pyarrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        assert read(polars.Series(URLS)) == URLS
        with pytest.raises(
            TypeError, match=r"^urls: expected an iterable .*got Stream; with pyarrow installed"
        ):
            read(Stream(None))  # type: ignore[arg-type]


TEXT = [name for name in COLUMNS if name not in ("pandas, object", "pandas, index")]


class TestNative:
    """Columns of text are read in Rust, into the same items and the same errors as a list."""

    def test_each_is_what_its_values_are(self) -> None:
        values: list[Any] = [URLS[0], None, "no url", "", "\N{SNOWMAN}"]
        wanted = [str(response.error) for response in asyncio.run(gather(values, deadline=1e-9))]
        for name in TEXT:
            column = gathered(COLUMNS[name](values))
            assert isinstance(column, Urls), name
            assert len(column) == len(values)
            responses = asyncio.run(gather(COLUMNS[name](values), deadline=1e-9))
            assert [str(response.error) for response in responses] == wanted, name

    @pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
    def test_an_empty_one(self, column: Callable[[list[Any]], Any]) -> None:
        assert len(gathered(column([]))) == len(Batch(column([]))) == 0

    @pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
    def test_a_table(self, table: Any) -> None:
        with pytest.raises(TypeError, match=r'^urls: expected a column, got a table: pass table\["url"\]$'):
            Batch(table)

    @pytest.mark.parametrize("values", [[1, 2], [1.5, None], [b"http://a.test/"]], ids=repr)
    def test_what_is_no_text(self, values: list[Any]) -> None:
        for column in (polars.Series(values), pyarrow.array(values), pandas.Series(values, dtype=object)):
            assert isinstance(gathered(column), list)
            assert [type(error).__name__ for error in asyncio.run(gather(column)).errors] == (
                ["InvalidRequest"] * len(values)
            )

    def test_requests_in_a_column_of_objects(self) -> None:
        request = Request("GET", "http://127.0.0.1:1/", tag="kept")
        (response,) = asyncio.run(gather(pandas.Series([request], dtype=object)))
        assert response.tag == "kept"

    def test_slices_and_chunks(self) -> None:
        many = [f"item {n}" for n in range(100)]
        for column in (
            polars.Series(many)[10:20],
            pyarrow.chunked_array([many[:50], many[50:]])[10:20],
            pyarrow.array(many).dictionary_encode()[10:20],
            pandas.Series(many)[10:20],
        ):
            results = asyncio.run(gather(column))
            assert [response.url for response in results] == many[10:20]

    def test_what_is_no_utf8(self) -> None:
        bad = pyarrow.array([b"http://a.test/\xff", b"item"], pyarrow.binary()).view(pyarrow.string())
        first, second = asyncio.run(gather(bad))
        assert "it is not UTF-8" in str(first.error)
        assert second.url == "item"

    def test_a_dictionary_of_nothing(self) -> None:
        nothing = pyarrow.array([None, None], pyarrow.string()).dictionary_encode()
        assert asyncio.run(gather(nothing)).counts == {"InvalidRequest": 2}

    def test_no_python_object_is_made_for_a_row(self) -> None:
        column = polars.Series([f"item {n}" for n in range(20_000)])
        before = sys.getallocatedblocks()
        batch = Batch(column)
        assert sys.getallocatedblocks() - before < 2_000
        assert len(batch) == 20_000

    def test_without_pyarrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        assert isinstance(gathered(polars.Series(URLS)), Urls)
        series = pandas.Series(URLS, dtype=object)
        assert gathered(series) == URLS


async def asynchronous(failing: bool = False) -> AsyncIterator[str]:
    for url in URLS:
        await asyncio.sleep(0)
        yield url
    if failing:
        raise LookupError("the source is dry")


def synchronous() -> Iterator[str]:
    yield from URLS
    raise LookupError("the source is dry")


class TestIterables:
    def test_a_list_is_taken_as_it_is(self) -> None:
        assert read(URLS) is URLS

    @pytest.mark.awaits
    def test_an_async_one_is_read_to_its_end(self) -> None:
        assert asyncio.run(awaited(asynchronous())) == URLS
        assert asyncio.run(awaited(URLS)) is URLS

    @pytest.mark.awaits
    @pytest.mark.parametrize("source", [synchronous, lambda: asynchronous(failing=True)])
    def test_what_one_raises_comes_as_it_is(self, source: Callable[[], Any]) -> None:
        with pytest.raises(LookupError, match="dry"):
            asyncio.run(gather(source()))

    @pytest.mark.awaits
    def test_a_batch_does_not_await(self) -> None:
        expected = (
            r"^urls: expected an iterable .*got async_generator; gather and as_completed take async ones$"
        )
        with pytest.raises(TypeError, match=expected):
            Batch(asynchronous())  # type: ignore[arg-type]

    def test_one_item_after_another(self) -> None:
        lazy = items(synchronous())
        assert list(itertools.islice(lazy, 3)) == URLS
        with pytest.raises(LookupError, match="dry"):
            next(lazy)

    @pytest.mark.parametrize("urls", [URLS[0], URLS[0].encode(), bytearray(b"http://a.test/")], ids=repr)
    def test_a_single_url(self, urls: Any) -> None:
        words = rf"^urls: expected an iterable of .*, got {type(urls).__name__}; for one URL use get\(url\)$"
        with pytest.raises(TypeError, match=words):
            items(urls)

    @pytest.mark.parametrize("urls", [5, None, Request("GET", URLS[0])], ids=repr)
    def test_what_is_no_iterable(self, urls: Any) -> None:
        with pytest.raises(TypeError, match=f"^urls: expected an iterable .*, got {type(urls).__name__}$"):
            items(urls)


@pytest.mark.parametrize(
    ("source", "known"),
    [
        (URLS, 3),
        (polars.Series(URLS), 3),
        (pyarrow.array(URLS), 3),
        (iter(URLS), None),
        (io.StringIO(LINES), None),
        (Path("urls.txt"), None),
    ],
)
def test_the_length_of_a_source(source: Any, known: int | None) -> None:
    assert length(source) == known
