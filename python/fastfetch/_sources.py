"""Where the URLs of a batch come from."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Iterable, Sized
from typing import TYPE_CHECKING, TypeAlias

from fastfetch._core import Request, Urls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TextIO

__all__ = ["AsyncSource", "Source", "awaited", "gathered", "items", "length", "read"]

Source: TypeAlias = Iterable[str | Request] | os.PathLike[str]
"""URLs and requests, or a file with a URL on each line."""

AsyncSource: TypeAlias = Source | AsyncIterable[str | Request]
"""The same, or what has to be awaited."""


def gathered(urls: Source) -> list[str | Request] | Urls:
    """All of a source at once, as the engine takes it: a column of text as it is, anything else as a list."""
    if any(hasattr(urls, protocol) for protocol in _OF_ARROW) and (column := _column(urls)) is not None:
        return column
    return read(urls)


def read(urls: Source) -> list[str | Request]:
    """All of a source at once. Python reads it, so that no Rust frame waits under code of the caller's."""
    return urls if type(urls) is list else list(items(urls))


async def awaited(urls: AsyncSource) -> Source:
    """A source without what has to be awaited."""
    if isinstance(urls, AsyncIterable):
        return [item async for item in urls]
    return urls


def length(urls: object) -> int | None:
    """How many items a source has, where it knows."""
    return len(urls) if isinstance(urls, Sized) else None


def items(urls: object) -> Iterator[str | Request]:
    """The items of a source, one after another.

    Refuses what cannot be iterated, and what would be read as something else than it is: a single URL letter
    by letter, a table by the names of its columns.
    """
    if isinstance(urls, (str, bytes, bytearray)):
        raise _unexpected(urls, "; for one URL use get(url)")
    if isinstance(urls, os.PathLike):
        return _lines_at(urls)
    if any(hasattr(urls, protocol) for protocol in _OF_COLUMNS):
        return _values(urls)
    if hasattr(urls, "readline"):
        return _lines(urls)  # type: ignore[arg-type]
    try:
        return iter(urls)  # type: ignore[call-overload, no-any-return]
    except TypeError:
        hint = "; gather and as_completed take async ones" if isinstance(urls, AsyncIterable) else ""
        raise _unexpected(urls, hint) from None


def _unexpected(urls: object, hint: str) -> TypeError:
    return TypeError(f"urls: expected an iterable of str or Request, got {type(urls).__name__}{hint}")


def _lines_at(path: os.PathLike[str]) -> Iterator[str]:
    # Editors on Windows begin a file with a byte order mark, which is no part of the first URL.
    with open(path, encoding="utf-8-sig") as file:
        yield from _lines(file)


def _lines(file: TextIO) -> Iterator[str]:
    """The URLs of a text file: a line each, without blank lines and comments."""
    name = getattr(file, "name", type(file).__name__)
    try:
        for line in file:
            if not isinstance(line, str):
                raise TypeError(f"urls: expected a file opened as text, got {name} opened as binary")
            url = line.strip()
            if url and not url.startswith("#"):
                yield url
    except UnicodeDecodeError as error:
        wrong = f"the byte {error.object[error.start]:#04x} in {name}"
        raise ValueError(f"urls: expected text in {error.encoding}, got {wrong}") from error


# The Arrow PyCapsule interface.
_OF_ARROW = ("__arrow_c_stream__", "__arrow_c_array__")
# What columns and tables of every kind have: that, the dataframe protocol.
_OF_COLUMNS = (*_OF_ARROW, "__dataframe__")
# What only tables have, whole or piece by piece.
_OF_TABLES = ("columns", "read_next_batch")


def _is_table(column: object) -> bool:
    return any(hasattr(type(column), name) for name in _OF_TABLES)


def _column(urls: Any) -> Urls | None:
    """A column of text in Arrow; None where it is something else, or what it holds may be requests."""
    if _is_table(urls) or str(getattr(urls, "dtype", "")) == "object":
        return None
    try:
        return Urls.read(urls)
    except ImportError:  # pandas asks pyarrow.
        return None


def _values(column: Any) -> Iterator[Any]:
    """The values of a column: of pyarrow, pandas, polars, or whoever else speaks Arrow."""
    if _is_table(column):
        raise _table()
    try:
        values = iter(column)
    except TypeError:
        values = iter(_in_pyarrow(column))
    # Those of pyarrow come as scalars of its own.
    return (value.as_py() if hasattr(value, "as_py") else value for value in values)


def _table() -> TypeError:
    return TypeError('urls: expected a column, got a table: pass table["url"]')


def _in_pyarrow(column: Any) -> Any:
    """What speaks Arrow and no Python."""
    try:
        import pyarrow
    except ImportError:
        raise _unexpected(column, "; with pyarrow installed it could be read") from None
    stream = hasattr(column, "__arrow_c_stream__")
    values = pyarrow.chunked_array(column) if stream else pyarrow.array(column)
    if pyarrow.types.is_struct(values.type):
        raise _table()
    return values
