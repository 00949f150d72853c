"""Responses as they complete."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterable
from itertools import islice
from typing import TYPE_CHECKING

from fastfetch import _core
from fastfetch._config import LOOKAHEAD
from fastfetch._exceptions import FetchError
from fastfetch._progress import Pace, snapshot
from fastfetch._sources import items, length
from fastfetch._turns import Turn
from fastfetch._watching import checked, watching

if TYPE_CHECKING:
    import asyncio

    from fastfetch._core import Request, Response
    from fastfetch._options import CompletedOptions
    from fastfetch._progress import Progress
    from fastfetch._sources import AsyncSource
    from fastfetch._watching import Watch

__all__ = ["Completed"]


class Completed:
    """The async iterator that `as_completed` returns. `aclose` stops it early, as does dropping it.

    Where the wait for a response is cut short (a cancelled task, a timeout), nothing is lost: the next wait
    goes on.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> completed = fastfetch.as_completed([f"{site.url}/json/1", f"{site.url}/json/2"], ordered=True)
    >>> async for response in completed:
    ...     print(response.json()["name"], "of", completed.progress.total)
    item 1 of 2
    item 2 of 2
    """

    def __init__(self, client: _core.Client, urls: AsyncSource, options: CompletedOptions) -> None:
        if isinstance(urls, AsyncIterable):
            self._source: AsyncIterable[str | Request] | None = urls
        else:
            self._source, self._items = None, items(urls)
        self._length = length(urls)
        self._shown = checked(options.pop("progress", None))
        self._stream = _core.Stream(client, lookahead=LOOKAHEAD, **options)
        self._taken = 0
        self._more = True
        self._failure: BaseException | None = None
        self._pump: asyncio.Task[None] | None = None
        self._since: float | None = None
        self._until: float | None = None
        self._turn = Turn()
        self._pace = Pace()
        self._watch: Watch | None = None

    def __aiter__(self) -> Completed:
        return self

    async def __anext__(self) -> Response:
        if self._since is None or (self._watch is not None and self._watch.over):
            # It begins, or goes on after a wait that was cut short.
            self._watch = watching(self, self._shown)
        if self._since is None:
            self._since = time.monotonic()
            self._turn.begin()
        watch = self._watch
        turned = False  # once for each response: else a slow look would be followed by turns alone
        while not self._stream.closed:
            if watch is not None and time.monotonic() >= watch.late:
                # Before a response is taken, which is not to be lost where it raises.
                watch.look()
            self._refill()
            due = not turned and self._turn.over
            response = None if due else self._stream.take()
            if response is not None:
                self._taken += 1
                if watch is not None and watch.on:
                    watch.rest()
                return response
            if not self._more and not self._stream.pending:
                break
            try:
                if due:
                    # Responses that are there already are handed over at once, so others would wait for ever.
                    await _core.sleep(0)
                    turned = True
                else:
                    await self._stream.ready(self._more, None if watch is None else watch.wait())
                self._turn.begin()
            except BaseException as error:
                if watch is not None:
                    watch.close(error)
                if isinstance(error, FetchError) and not (watch is not None and watch.raised):
                    # What ended the whole: all that was fetched before has been read.
                    self._end()
                # The traceback keeps this frame. It must not keep the iterator: its end stops everything.
                del self
                raise
        failure = self._failure
        self._end(failure)
        raise failure or StopAsyncIteration

    @property
    def progress(self) -> Progress:
        """How far it has come, at this moment. The total is known where the source has a length or has ended.

        Examples
        --------
        >>> import fastfetch
        >>> print(fastfetch.as_completed(["one", "two"]).progress)
        0/2    0%  0 ok, 0 failed  0 B  0/s
        """
        pushed = self._taken + self._stream.pending
        now = time.monotonic() if self._until is None else self._until
        elapsed = 0.0 if self._since is None else now - self._since
        return snapshot(self._stream, self._length if self._more else pushed, elapsed, self._pace)

    def _refill(self) -> None:
        """Takes from the source what there is room for.

        A failure of the source waits until all that it gave before has been read.
        """
        if not self._more:
            return
        try:
            if self._stream.over:
                self._more = False
            elif self._source is None:
                room, before = self._stream.room, self._stream.pending
                for item in islice(self._items, room):
                    self._stream.push(item)
                self._more = self._stream.pending - before == room
            elif self._pump is None:
                # Importing asyncio takes longer than all of fastfetch; here a loop runs, so it is there.
                import asyncio

                self._pump = asyncio.get_running_loop().create_task(_pump(self._source, self._stream))
                self._stream.listen(self._pump)
            else:
                self._more = not self._stream.ended()
        except BaseException as failure:
            self._more, self._failure = False, failure
        if not self._more:
            self._stream.end()

    async def aclose(self) -> None:
        """Stops everything that is in flight, and ends the iteration.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> urls = (f"{site.url}/json/{number}" for number in range(10**9))
        >>> completed = fastfetch.as_completed(urls)
        >>> (await anext(completed)).ok
        True
        >>> await completed.aclose()
        """
        self._end("stopped")

    def _end(self, cause: BaseException | str | None = None) -> None:
        if self._until is None:
            self._until = time.monotonic()
        watch, self._watch = self._watch, None
        self._stream.close()
        self._more, self._failure = False, None
        if self._pump is not None:
            self._pump.cancel()
        if watch is not None:
            watch.close(cause)

    def __del__(self) -> None:
        watch: Watch | None = getattr(self, "_watch", None)
        if watch is not None:
            watch.leave()
        pump: asyncio.Task[None] | None = getattr(self, "_pump", None)
        if pump is not None and not pump.done() and not pump.get_loop().is_closed():
            # Any thread may drop the last reference, and a task may only be cancelled on its loop's.
            pump.get_loop().call_soon_threadsafe(pump.cancel)


async def _pump(source: AsyncIterable[str | Request], stream: _core.Stream) -> None:
    items = aiter(source)
    try:
        async for item in items:
            stream.push(item)
            if not stream.room:
                await stream.wait_for_room()
            if stream.over:
                return
    except BaseException:
        # The traceback keeps this frame, and the stream keeps the exception until it is read: a ring.
        del stream
        raise
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()
