"""Results as files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastfetch import _core
from fastfetch._table import need

if TYPE_CHECKING:
    from typing import Any

__all__ = ["load", "save"]

_ARROW = frozenset({".arrow", ".feather"})
_PARQUET = ".parquet"


def save(rows: _core.Rows, path: str | os.PathLike[str]) -> None:
    """Writes rows into a file, of the kind that its name says."""
    path = os.fspath(path)
    selection = _core.Selection(rows, saved=True)
    if _suffix(path) == _PARQUET:
        _write_parquet(selection, path, _pyarrow("saving"))
    else:
        selection.save(path)


def load(path: str | os.PathLike[str]) -> _core.Rows:
    """The rows of a file that `save` wrote."""
    path = os.fspath(path)
    if _suffix(path) != _PARQUET:
        return _core.load_results(path)
    pyarrow = _pyarrow("loading")
    try:
        with need("pyarrow.parquet", "loading").ParquetFile(path) as file:
            columns = [name for name in _core.saved_columns() if name in file.schema_arrow.names]
            schema = pyarrow.schema([file.schema_arrow.field(name) for name in columns])
            batches = file.iter_batches(columns=columns)
            return _core.read_results(pyarrow.RecordBatchReader.from_batches(schema, batches), path)
    except (pyarrow.ArrowException, OSError) as error:
        # What is damaged is an OSError to pyarrow, but not one of the system's.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{path} holds no results that can be read: {error}") from error


def _suffix(path: str) -> str:
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in {*_ARROW, _PARQUET}:
        raise ValueError(f"path: expected a name that ends in .parquet, .arrow or .feather, got {path!r}")
    return suffix


def _pyarrow(what: str) -> Any:
    try:
        return need("pyarrow", f"{what} .parquet")
    except ImportError as error:
        raise ImportError(f"{error}; or use .arrow, which needs nothing", name="pyarrow") from error


def _write_parquet(selection: _core.Selection, path: str, pyarrow: Any) -> None:
    """As `Selection.save` does it: a file that only its owner can read, in one step."""
    import tempfile

    parquet = need("pyarrow.parquet", "saving")
    folder = os.path.dirname(path) or "."
    descriptor, temporary = tempfile.mkstemp(dir=folder)  # mode 0600
    try:
        with open(descriptor, "wb") as file:
            batches = pyarrow.RecordBatchReader.from_stream(selection)
            with parquet.ParquetWriter(file, batches.schema, compression="zstd") as writer:
                for batch in batches:
                    writer.write_batch(batch)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    if os.name == "posix":
        # The name is on the disk only when its folder is.
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
