"""Responses as they complete."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from itertools import islice
from typing import TYPE_CHECKING

from fastfetch import _core
from fastfetch._sources import check_source

if TYPE_CHECKING:
    import asyncio

    from fastfetch._core import Request, Response
    from fastfetch._options import BatchOptions

__all__ = ["Completed"]


class Completed:
    """The async iterator that `as_completed` returns. `aclose` stops it early, as does dropping it.

    Examples
    --------
    >>> import asyncio, fastfetch
    >>> async def main():
    ...     async for response in fastfetch.as_completed(["one", "two"]):
    ...         print(type(response.error).__name__)
    >>> asyncio.run(main())
    InvalidURL
    InvalidURL
    """

    def __init__(
        self,
        client: _core.Client,
        urls: Iterable[str | Request] | AsyncIterable[str | Request],
        options: BatchOptions,
    ) -> None:
        check_source(urls, what="an iterable or async iterable", asynchronous=True)
        self._stream = _core.Stream(client, **options)
        self._more = True
        self._failure: BaseException | None = None
        self._pump: asyncio.Task[None] | None = None
        if isinstance(urls, AsyncIterable):
            self._source: AsyncIterable[str | Request] | None = urls
        else:
            self._source = None
            self._items = iter(urls)

    def __aiter__(self) -> Completed:
        return self

    async def __anext__(self) -> Response:
        while not self._stream.closed:
            self._refill()
            response = self._stream.take()
            if response is not None:
                return response
            if not self._more and not self._stream.pending:
                break
            try:
                await self._stream.ready(self._more)
            except BaseException:
                # The traceback keeps this frame. It must not keep the iterator: its end stops everything.
                del self
                raise
        failure, self._failure = self._failure, None
        raise failure or StopAsyncIteration

    def _refill(self) -> None:
        """Takes from the source what there is room for.

        A failure of the source waits until all that it gave before has been read.
        """
        if not self._more:
            return
        try:
            if self._source is None:
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
        """Stops everything that is in flight, and ends the iteration."""
        self._stream.close()
        self._more, self._failure = False, None
        if self._pump is not None:
            self._pump.cancel()

    def __del__(self) -> None:
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
    except BaseException:
        # The traceback keeps this frame, and the stream keeps the exception until it is read: a ring.
        del stream
        raise
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()
