"""Results as a table of their JSON bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastfetch import _core

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from fastfetch._table import Table

__all__ = ["JsonTabular"]


class JsonTabular:
    """What `Results` are for JSON."""

    __slots__ = ()

    _rows: _core.Rows

    def json_table(
        self, schema: Mapping[str, Any] | Any | None = None, path: str | Sequence[str | int] | None = None
    ) -> Table:
        """The JSON bodies as a table, decoded in Rust: no Python object is made for a value.

        A body that is an object is a row, and one that is a list has a row for each element. With `path`,
        the same holds for what is found there. A row that is no object has its value in the column ``value``;
        null is a row of nulls.

        The first columns are ``_index``, the place of the response in these results, and ``_error``. A row
        that fails stays as a row of nulls, with the reason in ``_error``: no answer came, the body is not
        JSON, it has nothing at the path, or a value does not fit the schema. Every answer counts, whatever
        its status: ``results.ok.json_table()`` leaves out those of 400 and more. A field that is itself named
        ``_index`` or ``_error`` becomes the column ``_index_`` or ``_error_``.

        Without a schema the types are found out, and unified over all bodies: null is of every type, a field
        that is missing is null, whole numbers are ``int64``, or ``uint64`` where one is too large and none is
        negative; whole numbers and others together, and what is too large for both, are ``float64``. What has
        no type in common (a number here and a string there), objects that are all empty, and what is nested
        deeper than 32 levels stay JSON text.

        Parameters
        ----------
        schema
            The fields that are wanted, and their types; others are passed over. A mapping of names to types,
            or what has ``__arrow_c_schema__``: a `pyarrow.Schema`, a `polars.Schema`, the table of an earlier
            call. Types are ``bool``, ``int``, ``float``, ``str``, `datetime.date`, `datetime.datetime` (in
            UTC); Arrow's names, such as ``"int32"``, ``"timestamp[ms]"`` or ``"decimal128(10, 2)"``;
            ``"json"`` for the JSON text of any value; ``list[...]`` and mappings of these; and pyarrow's.
            Dates and times are strings in ISO 8601; with an offset they are converted to UTC, without one
            they are taken as they stand. 2.0 is a whole number too.
        path
            Where the rows are within a body: keys with dots between them, ``"data.items"``, or a list of
            keys and of places in lists, ``["data", "a.b", 0]``. None for the body itself.

        Returns
        -------
        Table
            Any library that speaks Arrow reads it: ``polars.DataFrame(table)``, ``table.to_pandas()``.

        Raises
        ------
        TypeError, ValueError
            Where schema or path are not as described; and where the bodies have more than 10,000 different
            fields, or so few in common that the table would be mostly holes: a schema says which are needed.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/user/2"])
        >>> results.json_table({"id": int, "tags": list[str]})
        Table: 2 rows, 4 columns
          _index  int64      0, 1
          _error  str        null, null
          id      int64      1, 2
          tags    list[str]  ["a", "b"], ["vip"]
        >>> len(results.json_table(path="tags"))  # a row for each element
        3
        """
        from fastfetch._json_schema import fields, steps
        from fastfetch._table import Table

        return Table(_core.table_of_json(self._rows, None if schema is None else fields(schema), steps(path)))
