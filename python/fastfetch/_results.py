"""What became of a batch."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, overload

from fastfetch import _display
from fastfetch._core import Response
from fastfetch._json_table import JsonTabular
from fastfetch._tabular import Tabular

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Unpack

    from fastfetch import _core
    from fastfetch._client import Client
    from fastfetch._exceptions import FetchError
    from fastfetch._options import BatchOptions

__all__ = ["Results"]


class Results(JsonTabular, Tabular):
    """The responses of a batch, in input order: a sequence, made lazily from compact storage.

    Slices and selections are `Results` too. It can be pickled.

    Examples
    --------
    >>> import asyncio, fastfetch
    >>> results = asyncio.run(fastfetch.gather(["one", "two"]))
    >>> len(results), len(results.ok), len(results.failed), results.counts
    (2, 0, 2, {'InvalidURL': 2})
    """

    __slots__ = ("_client", "_rows")

    def __init__(self, rows: _core.Rows, client: Client | None = None) -> None:
        self._rows = rows
        self._client = client

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Response: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: int | slice) -> Response | Results:
        if isinstance(index, slice):
            return Results(self._rows.take(list(range(len(self))[index])), self._client)
        return self._rows[index]

    @property
    def ok(self) -> Results:
        """Those with an answer whose status is below 400."""
        return Results(self._rows.ok(), self._client)

    @property
    def failed(self) -> Results:
        """Those without an answer: their `error` is the exception."""
        return Results(self._rows.failed(), self._client)

    @property
    def errors(self) -> list[FetchError]:
        """The exceptions of those without an answer."""
        return [response.error for response in self.failed if response.error is not None]

    @property
    def counts(self) -> dict[int | str, int]:
        """How many of each status code, and of each exception class by name; the most frequent first."""
        status, error, _, _ = self._rows.columns()
        return dict(Counter(e or s or 0 for s, e in zip(status, error, strict=True)).most_common())

    def raise_for_errors(self) -> Results:
        """Raises an `ExceptionGroup` of the errors where there are any; else returns the results.

        Raises
        ------
        ExceptionGroup
            Of the exceptions of all items without an answer. A status of 400 or more is an answer.

        Examples
        --------
        >>> import asyncio, fastfetch
        >>> results = asyncio.run(fastfetch.gather(["one"]))
        >>> try:
        ...     results.raise_for_errors()
        ... except* fastfetch.InvalidURL as group:
        ...     print(len(group.exceptions))
        1
        """
        if errors := self.errors:
            # An ExceptionGroup, unless a callback has raised, say, KeyboardInterrupt.
            raise BaseExceptionGroup(f"{len(errors)} of {len(self)} requests failed", errors)
        return self

    async def retry_failed(self, **options: Unpack[BatchOptions]) -> Results:
        """Fetches those without an answer again; all results, the new ones in the places of the old.

        Examples
        --------
        >>> import asyncio, fastfetch
        >>> async def main(urls):
        ...     results = await fastfetch.gather(urls)
        ...     return await results.retry_failed(timeout=60)
        """
        from fastfetch._batch import Batch

        failed = [place for place, error in enumerate(self._rows.columns()[1]) if error is not None]
        requests = {place: request for place in failed if (request := self._rows.request(place)) is not None}
        again = await Batch(requests.values(), client=self._client, **options)
        return Results(self._rows.replaced(list(requests), again._rows), self._client)

    def _columns(self) -> _Columns:
        return _Columns(self._rows)

    def __repr__(self) -> str:
        return _display.summary(self._columns())

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # A client holds connections, which do not travel; elsewhere the module's own takes its place.
        return Results, (self._rows,)


class _Columns:
    """Results as columns, for those who look at all of them."""

    def __init__(self, rows: _core.Rows) -> None:
        self.status, self.error, self.size, self.elapsed = rows.columns()
        self.url = rows.url
