"""Tables: columns made in Rust, for the libraries of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastfetch import _core
from fastfetch._display import printable, short_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    import pandas
    import polars
    import pyarrow

__all__ = ["Table", "need", "to_polars"]

_ROWS = 5
"""How many rows a table shows of itself."""

_WIDTH = 40
"""How many characters of a value."""

_COLUMNS = 60
"""How many columns: JSON bodies may have thousands."""

_URLS = frozenset({"url", "final_url"})


class Table:
    """Columns of equal length, made in Rust, that every library which speaks Arrow reads without a copy.

    ``polars.DataFrame(pages)``, ``pyarrow.table(pages)``, ``duckdb.sql("from pages")`` and
    ``pandas.DataFrame.from_arrow(pages)`` work as they stand, where ``pages`` is one. Tables come from
    `Results`, never change, and can be pickled.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/missing"])
    >>> table = results.table(["index", "status"])
    >>> table
    Table: 2 rows, 2 columns
      index   int64  0, 1
      status  int16  200, 404
    >>> table.column_names, len(table)
    (['index', 'status'], 2)
    """

    __slots__ = ("_native",)

    def __init__(self, native: _core.Table) -> None:
        self._native = native

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in order.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1"])
        >>> results.table(["index", "status"]).column_names
        ['index', 'status']
        """
        return self._native.column_names

    @property
    def num_columns(self) -> int:
        """How many columns there are.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1"])
        >>> results.table(["index", "status"]).num_columns
        2
        """
        return self._native.num_columns

    def __len__(self) -> int:
        return len(self._native)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._native.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._native.__arrow_c_schema__()

    def to_arrow(self) -> pyarrow.Table:
        """The table as a `pyarrow.Table`, which shares its memory.

        Raises
        ------
        ImportError
            Where pyarrow is not installed.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1"])
        >>> results.table(["index", "status"]).to_arrow().to_pydict()
        {'index': [0], 'status': [200]}
        """
        return need("pyarrow", "to_arrow()").table(self)

    def to_polars(self) -> polars.DataFrame:
        """The table as a `polars.DataFrame`.

        Raises
        ------
        ImportError
            Where polars is not installed.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1"])
        >>> results.table(["index", "status"]).to_polars().rows()
        [(0, 200)]
        """
        return to_polars(lambda: self)

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a `pandas.DataFrame`.

        Whole numbers and truth values have pandas's types that know of missing values, such as ``Int16``.
        With pyarrow installed, bytes, lists and structs stay in Arrow (`pandas.ArrowDtype`) and no Python
        object is made for a row; without it, they are Python objects.

        Raises
        ------
        ImportError
            Where pandas is not installed.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1"])
        >>> results.table(["index", "status"]).to_pandas()
           index  status
        0      0     200
        """
        return to_pandas(self, self._native)

    def __repr__(self) -> str:
        names = self.column_names[:_COLUMNS]
        kinds = self._native.column_types
        widths = max(map(len, map(printable, names)), default=0), max(map(len, kinds[:_COLUMNS]), default=0)
        lines = [self._headline()]
        for number, name in enumerate(names):
            values = ", ".join(self._shown(number, _ROWS))
            line = f"  {printable(name):{widths[0]}}  {kinds[number]:{widths[1]}}  {values}"
            lines.append(printable(line, 110).rstrip())
        return "\n".join(lines + self._rest("  "))

    def _repr_html_(self) -> str:
        from html import escape

        def row(cell: str, values: Iterable[str]) -> str:
            return "<tr>" + "".join(f"<{cell}>{value}</{cell}>" for value in values) + "</tr>"

        names = self.column_names[:_COLUMNS]
        titles = [
            f"{escape(printable(name))}<br><small>{escape(kind)}</small>"
            for name, kind in zip(names, self._native.column_types, strict=False)
        ]
        columns = [map(escape, self._shown(number, 2 * _ROWS)) for number in range(len(names))]
        rows = [row("td", values) for values in zip(*columns, strict=True)]
        notes = [self._headline(), *self._rest("")]
        return (
            f'<div style="overflow-x: auto"><p>{"<br>".join(map(escape, notes))}</p>'
            f"<table><thead>{row('th', titles)}</thead><tbody>{''.join(rows)}</tbody></table></div>"
        )

    def _headline(self) -> str:
        rows, columns = len(self), self.num_columns
        return f"Table: {rows:,} row{'s'[: rows != 1]}, {columns:,} column{'s'[: columns != 1]}"

    def _rest(self, indent: str) -> list[str]:
        more = self.num_columns - _COLUMNS
        return [f"{indent}and {more:,} more columns"] if more > 0 else []

    def _shown(self, column: int, rows: int) -> list[str]:
        """The first values of a column, fit to be shown."""
        show = short_url if self.column_names[column] in _URLS else printable
        return [show(cell, _WIDTH) for cell in self._native.cells(column, rows, 2 * _WIDTH)]

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Table, (self._native,)


def need(module: str, what: str) -> Any:
    """A library of others that is there only where it was installed."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(f"{what} needs {module}: pip install {module}", name=module) from error


def to_polars(source: Callable[[], object]) -> polars.DataFrame:
    """What speaks Arrow as a `polars.DataFrame`; it is made only where polars is there to take it."""
    library = need("polars", "to_polars()")
    frame: polars.DataFrame = library.DataFrame(source())
    return frame


def to_pandas(source: object, native: _core.Table) -> pandas.DataFrame:
    """What speaks Arrow as a `pandas.DataFrame`."""
    pandas = need("pandas", "to_pandas()")
    try:
        import pyarrow
    except ImportError:
        return _to_pandas_by_hand(pandas, native)

    def kept(kind: Any) -> Any:
        types = pyarrow.types
        if types.is_integer(kind):
            return pandas.api.types.pandas_dtype(str(kind).replace("i", "I", 1).replace("uI", "UI", 1))
        if types.is_boolean(kind):
            return pandas.BooleanDtype()
        if types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind):
            return pandas.ArrowDtype(kind)
        return None

    return pyarrow.table(source).to_pandas(types_mapper=kept)


def _to_pandas_by_hand(pandas: Any, native: _core.Table) -> pandas.DataFrame:
    import numpy

    def series(number: int, kind: str) -> Any:
        column = native.column(number)
        if isinstance(column, list):
            dtype = {"str": "str", "bool": "boolean"}.get(kind, object)
            return (
                pandas.array(column, dtype=dtype)
                if dtype is not object
                else pandas.Series(column, dtype=object)
            )
        name, data, there = column
        values, missing = numpy.frombuffer(data, name).copy(), numpy.frombuffer(there, "uint8") == 0
        if name.startswith("float"):
            values[missing] = numpy.nan
            return values
        return pandas.arrays.IntegerArray(values, missing)

    columns = [series(number, kind) for number, kind in enumerate(native.column_types)]
    frame = pandas.DataFrame(dict(enumerate(columns)))
    frame.columns = native.column_names
    return frame
