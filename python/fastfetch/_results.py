"""What became of a batch."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar, overload

from fastfetch._core import Response
from fastfetch._exceptions import FetchError
from fastfetch._json_table import JsonTabular
from fastfetch._tabular import Tabular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import EllipsisType
    from typing import Any, Self, Unpack

    from matplotlib.figure import Figure

    from fastfetch import _core
    from fastfetch._base_client import BaseClient
    from fastfetch._batch import Batch
    from fastfetch._core import Request
    from fastfetch._display.figures import Kind
    from fastfetch._options import BatchOptions

__all__ = ["Results"]

T = TypeVar("T")
D = TypeVar("D")


class Results(JsonTabular, Tabular):
    """The responses of a batch, in input order: a sequence, made lazily from compact storage.

    Slices and selections are `Results` too. It can be pickled. A notebook shows it as a table, `print` as
    text.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> urls = [f"{site.url}/json/1", f"{site.url}/missing", "no URL"]
    >>> results = await fastfetch.gather(urls)
    >>> len(results), len(results.ok), len(results.failed)
    (3, 1, 1)
    """

    __slots__ = ("_client", "_rows")

    def __init__(self, rows: _core.Rows, client: BaseClient | None = None) -> None:
        self._rows = rows
        self._client: Any = client

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Response: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Response | Self:
        if isinstance(index, slice):
            return self._of(self._rows.take(list(range(len(self))[index])))
        return self._rows[index]

    def _of(self, rows: _core.Rows) -> Self:
        """Other rows, of the same client and the same class."""
        return type(self)(rows, self._client)

    @property
    def ok(self) -> Self:
        """Those with an answer whose status is below 400.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/missing"])
        >>> [response.json()["name"] for response in results.ok]
        ['item 1']
        """
        return self._of(self._rows.ok())

    @property
    def failed(self) -> Self:
        """Those without an answer: their `error` is the exception.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/truncated"])
        >>> [type(response.error).__name__ for response in results.failed]
        ['IncompleteBody']
        """
        return self._of(self._rows.failed())

    @property
    def errors(self) -> list[FetchError]:
        """The exceptions of those without an answer.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/truncated"])
        >>> [(error.expected, error.received) for error in results.errors]
        [(1000, 400)]
        """
        return [response.error for response in self.failed if response.error is not None]

    @property
    def counts(self) -> dict[int | str, int]:
        """How many of each status code, and of each exception class by name; the most frequent first.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> urls = [f"{site.url}/json/1", f"{site.url}/json/2", f"{site.url}/truncated"]
        >>> results = await fastfetch.gather(urls)
        >>> results.counts
        {200: 2, 'IncompleteBody': 1}
        """
        status, error, _, _ = self._rows.columns()
        return dict(Counter(e or s or 0 for s, e in zip(status, error, strict=True)).most_common())

    def by_host(self) -> dict[str, Self]:
        """The results of each host, in input order; the host with the most of them first.

        Returns
        -------
        dict[str, Results]
            By ``"host:port"``, the port left out where it is the scheme's own. The host is the one that
            answered or failed, which may be another than was asked where redirects were followed. What
            was no URL is under ``""``.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> urls = [f"{site.url}/json/1", "http://127.0.0.1:1/", f"{site.url}/json/2"]
        >>> results = await fastfetch.gather(urls)
        >>> [len(part) for part in results.by_host().values()]
        [2, 1]
        >>> results.by_host()["127.0.0.1:1"].counts
        {'ConnectionRefused': 1}
        """
        parts = sorted(self._rows.by_host(), key=lambda part: -len(part[1]))
        return {host: self._of(rows) for host, rows in parts}

    def json(self, *, default: object = ...) -> list[Any]:
        """The bodies decoded from JSON, in input order; those of error statuses too.

        Parameters
        ----------
        default
            What stands in the places where no answer came or the body is not JSON; without it, the first
            of these raises.

        Raises
        ------
        FetchError
            Without a default: the request's own error where no answer came, a `DecodeError` where the body
            is not JSON.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/truncated"])
        >>> [value["name"] for value in results.ok.json()]
        ['item 1']
        >>> results.json(default=None)[1] is None
        True
        """
        return self.map(Response.json, default=default)

    @overload
    def map(self, function: Callable[[Response], T]) -> list[T]: ...
    @overload
    def map(self, function: Callable[[Response], T], *, default: D) -> list[T | D]: ...
    def map(self, function: Callable[[Response], T], *, default: D | EllipsisType = ...) -> list[T | D]:
        """What a function returns for each response, in input order.

        Parameters
        ----------
        function
            Called with each response, those without an answer included.
        default
            What stands in the places where it raised a `FetchError`: because it touched what never
            arrived, decoded what is not JSON, or called ``raise_for_status``. Without it, the first of
            these raises. Any other exception is the function's own: it is raised in any case, with a note
            that says at which place.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/truncated"])
        >>> results.map(lambda response: response.json()["name"], default="nobody")
        ['item 1', 'nobody']
        """
        made: list[T | D] = []
        for index, response in enumerate(self):
            try:
                made.append(function(response))
            except BaseException as error:
                if not isinstance(error, FetchError) and error is not response.error:
                    error.add_note(f"raised for results[{index}], {response!r}")
                    raise
                if default is ...:
                    raise
                made.append(default)
        return made

    def raise_for_errors(self) -> Self:
        """Raises an `ExceptionGroup` of the errors where there are any; else returns the results.

        Raises
        ------
        ExceptionGroup
            Of the exceptions of all items without an answer. A status of 400 or more is an answer.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/truncated"])
        >>> try:
        ...     results.raise_for_errors()
        ... except* fastfetch.IncompleteBody as group:
        ...     print(len(group.exceptions))
        1
        """
        if errors := self.errors:
            # An ExceptionGroup, unless a callback has raised, say, KeyboardInterrupt.
            raise BaseExceptionGroup(f"{len(errors)} of {len(self)} requests failed", errors)
        return self

    async def retry_failed(self, **options: Unpack[BatchOptions]) -> Self:
        """Fetches those without an answer again; all results, the new ones in the places of the old.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/slow/200"], timeout=0.1)
        >>> results.counts
        {200: 1, 'TotalTimeout': 1}
        >>> results = await results.retry_failed(timeout=60)
        >>> results.counts
        {200: 2}
        """
        failed = [place for place, error in enumerate(self._rows.columns()[1]) if error is not None]
        requests = {place: request for place in failed if (request := self._rows.request(place)) is not None}
        again = await self._batch(requests.values(), **options)._run()
        return self._of(self._rows.replaced(list(requests), again._rows))

    def _batch(self, requests: Iterable[Request], **options: Unpack[BatchOptions]) -> Batch:
        from fastfetch._batch import Batch

        return Batch(requests, client=self._client, **options)

    def plot(self, kind: Kind | None = None) -> Figure:
        """Draws the results; needs matplotlib.

        Parameters
        ----------
        kind
            ``"waterfall"``: when each request waited, connected and was answered; of more than 300, some
            evenly chosen. ``"latency"``: how many answers took how long, by host. ``"status"``: how many of
            each outcome. None for all three.

        Returns
        -------
        matplotlib.figure.Figure
            A notebook shows it; ``savefig`` writes it to a file. It is not one of pyplot's, so there is
            nothing to close.

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        ValueError
            Where there is no such kind.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/missing"])
        >>> results.plot("status")
        <Picture size 1000x450 with 1 Axes>
        """
        try:
            from fastfetch._display import figures
        except ImportError as error:
            raise ImportError("plot() needs matplotlib: pip install matplotlib") from error
        return figures.draw(self._rows, self._columns(), kind)

    def _columns(self) -> _Columns:
        return _Columns(self._rows)

    def __repr__(self) -> str:
        from fastfetch._display.text import summary

        return summary(self._columns())

    def _repr_html_(self) -> str:
        from fastfetch._display.table import results_html

        return results_html(self._columns())

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # A client holds connections, which do not travel; elsewhere the module's own takes its place.
        return type(self), (self._rows,)


class _Columns:
    """Results as columns, for those who look at all of them."""

    def __init__(self, rows: _core.Rows) -> None:
        self.status, self.error, self.size, self.elapsed = rows.columns()
        self.url = rows.url
        self._rows = rows

    def message(self, index: int) -> str:
        return str(self._rows[index].error or "")
