"""Many requests whose results stay reachable, whatever happens to the task that awaits them."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from fastfetch import _core
from fastfetch._base_client import chosen
from fastfetch._progress import Pace, snapshot
from fastfetch._results import Results
from fastfetch._sources import gathered
from fastfetch._watching import checked, watching

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, Unpack

    from fastfetch._base_client import BaseClient
    from fastfetch._client import Client
    from fastfetch._options import BatchOptions
    from fastfetch._progress import Progress
    from fastfetch._sources import Source

__all__ = ["Batch"]


class Batch:
    """Many requests, to be awaited. ``await gather(urls)`` is ``await Batch(urls)``.

    Where the wait is cut short (a cancelled task, an interrupted notebook cell), `results` has what is
    done, and awaiting the batch again goes on with the rest.

    Parameters
    ----------
    urls
        As for `gather`, but for async iterables; it is read at once.
    client
        The client to use; None for the module's own.
    **options
        Those of `gather`.

    Raises
    ------
    TypeError, ValueError
        Where an option is wrong. An item that is wrong becomes that item's error. What the source raises
        comes as it is.
    CheckpointError
        Where it is awaited, and the checkpoint cannot be read or written.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> batch = fastfetch.Batch([f"{site.url}/json/1", f"{site.url}/missing"])
    >>> results = await batch
    >>> results.counts
    {200: 1, 404: 1}
    >>> batch.progress.done
    2
    """

    __slots__ = ("__weakref__", "_awaited", "_client", "_native", "_pace", "_shown", "_since", "_spent")

    def __init__(
        self, urls: Source, *, client: Client | None = None, **options: Unpack[BatchOptions]
    ) -> None:
        self._client = self._chosen(client)
        self._shown = checked(options.pop("progress", None))
        self._native = _core.Batch(self._client._native, gathered(urls), **options)
        self._awaited = 0
        self._since = 0.0
        self._spent = 0.0
        self._pace = Pace()

    @property
    def results(self) -> Results:
        """What is done so far, in input order.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> batch = fastfetch.Batch([f"{site.url}/json/1", f"{site.url}/missing"])
        >>> len(batch.results)
        0
        >>> _ = await batch
        >>> len(batch.results), len(batch.results.ok)
        (2, 1)
        """
        return Results(self._native.rows(), self._client)

    @property
    def progress(self) -> Progress:
        """How far it has come, at this moment.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> batch = fastfetch.Batch([f"{site.url}/json/1", f"{site.url}/missing"])
        >>> _ = await batch
        >>> batch.progress.done, batch.progress.ok
        (2, 1)
        """
        running = time.monotonic() - self._since if self._awaited else 0.0
        return snapshot(self._native, len(self._native), self._spent + running, self._pace)

    def __await__(self) -> Generator[Any, None, Results]:
        return self._run().__await__()

    async def _run(self) -> Results:
        # Of several who await it at once, the first sees how far it is.
        watch = None if self._awaited else watching(self, self._shown)
        if not self._awaited:
            self._since = time.monotonic()
        self._awaited += 1
        try:
            with watch or nullcontext() as ticks:
                await _core.gather_fetch(self._native, ticks)
        finally:
            self._awaited -= 1
            if not self._awaited:
                self._spent += time.monotonic() - self._since
        return self.results

    @staticmethod
    def _chosen(client: Any) -> BaseClient:
        # Imported when it is needed: the client makes batches, so its module imports this one.
        from fastfetch._api import default_client
        from fastfetch._client import Client

        return chosen(client, Client, default_client)

    def __len__(self) -> int:
        return len(self._native)

    def __repr__(self) -> str:
        return f"<Batch {self.progress}>"

    def _repr_html_(self) -> str:
        from fastfetch._display.table import batch_html

        return batch_html(self.progress, self.results._columns())
