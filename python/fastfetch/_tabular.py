"""Results as columns, and as files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastfetch import _core

if TYPE_CHECKING:
    from os import PathLike
    from typing import Self

    import pandas
    import polars
    import pyarrow

    from fastfetch._table import Table

    Items = Sequence[_core.Response]
else:

    class Items:
        """A sequence to all but `isinstance`: what is one by its class, polars takes for rows of objects."""

        __slots__ = ()

        __iter__ = Sequence.__iter__
        __reversed__ = Sequence.__reversed__
        __contains__ = Sequence.__contains__
        index = Sequence.index
        count = Sequence.count


__all__ = ["Tabular"]


class Tabular(Items):
    """A sequence of responses that is a table, and can be a file."""

    __slots__ = ()

    _rows: _core.Rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return _core.Selection(self._rows).__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return _core.Selection(self._rows).__arrow_c_schema__()

    def table(self, columns: Sequence[str] | None = None) -> Table:
        """The results as a table, made in Rust: no Python object is made for a row.

        Results can also be given as they are to whoever reads Arrow: ``polars.DataFrame(results)``,
        ``duckdb.sql("from results")``, ``pyarrow.table(results)``, ``pandas.DataFrame.from_arrow(results)``.

        The columns are

        - ``index`` (int64): the place in these results;
        - ``url`` (str): as it was asked for, to be joined with what it came of;
        - ``final_url`` (str): the URL that answered, or failed;
        - ``status`` (int16) and ``ok`` (bool): below 400;
        - ``error`` and ``error_kind`` (str): what the exception says, and the name of its class;
        - ``attempts`` (int32): how many times the request was sent;
        - ``elapsed_ms`` (float64): from leaving the queue to the end; and its parts, as in `Timings`:
          ``queue_ms``, ``dns_ms``, ``connect_ms``, ``tls_ms``, ``first_byte_ms``, ``body_ms``;
        - ``size`` (int64): of the body in bytes; ``content_type`` (str): as the server has it;
        - ``headers`` (list of ``name`` and ``value``): UTF-8, or else Latin-1; ``body`` (bytes);
        - ``tag`` (int64, float64, bool or str): what the request carried; its text where tags are of several
          types, or of another; text where there are none.

        What no answer came for is null: ``status``, the parts of the time, and all from ``size`` to ``body``.

        Parameters
        ----------
        columns
            The names of those wanted, in order; None for all. Without ``body``, no body is copied.

        Raises
        ------
        ValueError
            Where there is no such column; the message names the nearest.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/truncated"])
        >>> results.table(["index", "status", "error_kind"])
        Table: 2 rows, 3 columns
          index       int64  0, 1
          status      int16  200, null
          error_kind  str    null, IncompleteBody
        """
        from fastfetch._table import Table

        return Table(_core.Selection(self._rows, columns).table())

    def to_arrow(self, columns: Sequence[str] | None = None) -> pyarrow.Table:
        """The results as a `pyarrow.Table`; the columns are those of `table`.

        Raises
        ------
        ImportError
            Where pyarrow is not installed.
        ValueError
            Where there is no such column.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/missing"])
        >>> results.to_arrow(["status", "size"]).to_pydict()
        {'status': [200, 404], 'size': [47, 17]}
        """
        return self.table(columns).to_arrow()

    def to_polars(self, columns: Sequence[str] | None = None) -> polars.DataFrame:
        """The results as a `polars.DataFrame`; the columns are those of `table`.

        Raises
        ------
        ImportError
            Where polars is not installed.
        ValueError
            Where there is no such column.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/missing"])
        >>> results.to_polars(["status", "size"]).rows()
        [(200, 47), (404, 17)]
        """
        from fastfetch._table import to_polars

        # In the layout of its own, so that nothing is converted.
        return to_polars(_core.Selection(self._rows, columns, views=True).table)

    def to_pandas(self, columns: Sequence[str] | None = None) -> pandas.DataFrame:
        """The results as a `pandas.DataFrame`; the columns are those of `table`.

        `Table.to_pandas` says what their types are.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        ValueError
            Where there is no such column.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/missing"])
        >>> results.to_pandas(["status", "size"])
           status  size
        0     200    47
        1     404    17
        """
        return self.table(columns).to_pandas()

    def save(self, path: str | PathLike[str]) -> None:
        """Writes the results into a file: ``.parquet`` (through pyarrow), or ``.arrow`` or ``.feather``.

        Any library that knows the format can read it: beside the columns of `table` it has ``fastfetch``,
        from which `load` makes the results anew. The file holds what servers sent and what requests carried,
        cookies and credentials among it: only its owner can read it. It is written in one step, so that
        whoever reads meanwhile sees the old one or the new.

        Raises
        ------
        ValueError
            Where the suffix is another.
        ImportError
            For ``.parquet``, where pyarrow is not installed.
        OSError
            Where it cannot be written; an older one is as it was.

        Examples
        --------
        >>> import tempfile, fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/missing"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     results.save(f"{folder}/results.arrow")
        ...     fastfetch.Results.load(f"{folder}/results.arrow").counts
        {200: 1, 404: 1}
        """
        from fastfetch._saved import save

        save(self._rows, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """The results of a file that `save` wrote: responses, errors, redirects, and requests.

        Tags come back as their column has them. What was more than a value does not: `Response.value`, and
        of requests those with a streamed body, a proxy, a `Retry`, or an ``auth`` that is asked anew each
        time, which `retry_failed` leaves as they are.

        Raises
        ------
        ValueError
            Where the suffix is another, or the file is of another kind, changed or damaged.
        ImportError
            For ``.parquet``, where pyarrow is not installed.
        OSError
            Where it cannot be read.

        Examples
        --------
        >>> import tempfile, fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/slow/200"], timeout=0.1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     results.save(f"{folder}/results.arrow")
        ...     loaded = fastfetch.Results.load(f"{folder}/results.arrow")
        >>> (await loaded.retry_failed(timeout=60)).counts
        {200: 2}
        """
        from fastfetch._saved import load

        return cls(load(path))  # type: ignore[call-arg]
