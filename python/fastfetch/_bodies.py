"""Bodies that are read while they are sent: files, iterators and async iterators.

A source can be opened: each reader reads it once, a chunk at a time, on the thread of whoever awaits the
request.
"""

from __future__ import annotations

import io
import os
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from functools import partial
from typing import TYPE_CHECKING

from fastfetch import _core
from fastfetch._callbacks import needs_loop, refusal

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from typing import Any, Protocol, TypeAlias

    class _Reader(Protocol):
        """One pass over a source."""

        def read(self) -> _Chunk | Awaitable[_Chunk]: ...
        def close(self) -> None: ...

    _Chunk: TypeAlias = tuple[object] | None  # None at the end.

__all__ = ["file_name", "source"]

PIECE = 256 * 1024
"""How much of a file is read at once, in bytes."""


def source(argument: str, value: Any) -> tuple[Callable[[], _Reader], int | None, bool]:
    """What opens a source, its length in bytes where that is known, and whether it can be opened again."""
    if isinstance(value, AsyncIterable):
        if _core.Blocking.here():
            # Before anything is sent: a server may answer before it has asked for the body.
            raise refusal(f"{argument}: an async iterator needs an event loop")
        return partial(AsyncReader, value), None, not isinstance(value, AsyncIterator)
    if callable(getattr(value, "read", None)):
        return _file(argument, value)
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return partial(IteratorReader, value), None, not isinstance(value, Iterator)
    what = "str, bytes, a buffer, a file, or an iterable or async iterable of these"
    raise TypeError(f"{argument}: expected {what}, got {type(value).__name__}")


def file_name(file: object) -> str:
    """The name of a file without its folders, or one that stands for none."""
    name = getattr(file, "name", None)
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    return (os.path.basename(name) if isinstance(name, str) else "") or "upload"


def _file(argument: str, file: Any) -> tuple[Callable[[], _Reader], int | None, bool]:
    if isinstance(file, io.TextIOBase):
        raise TypeError(f"{argument}: expected a file opened in binary mode, got one in text mode")
    try:
        start = file.tell()
        file.seek(0, os.SEEK_END)
        length = max(file.tell() - start, 0)
        file.seek(start)
    except (AttributeError, OSError):
        # A pipe, or something that only reads.
        return partial(FileReader, argument, file, None, None), None, False
    return partial(FileReader, argument, file, start, length), length, True


class FileReader:
    """Pieces of a file. It knows where it is, so that two requests may read the same file."""

    def __init__(self, argument: str, file: Any, position: int | None, left: int | None) -> None:
        self._argument = argument
        self._file = file
        self._position = position
        self._left = left

    def read(self) -> _Chunk:
        size = PIECE if self._left is None else min(PIECE, self._left)
        if self._position is not None:
            self._file.seek(self._position)
        data = self._file.read(size) if size else b""
        if isinstance(data, str):
            raise TypeError(f"{self._argument}: expected a file that reads bytes, got str")
        if not data:
            return None
        if self._position is not None and self._left is not None:
            self._position += len(data)
            self._left -= len(data)
        return (data,)

    def close(self) -> None:
        pass


class IteratorReader:
    """What an iterable yields."""

    def __init__(self, iterable: Iterable[object]) -> None:
        self._items = iter(iterable)

    def read(self) -> _Chunk:
        for item in self._items:
            return (item,)
        return None

    def close(self) -> None:
        if isinstance(self._items, Generator):
            self._items.close()


class AsyncReader:
    """What an async iterable yields.

    One task runs all of it: what a generator begins in a task, such as a timeout, it has to end in the same.
    """

    def __init__(self, iterable: AsyncIterable[object]) -> None:
        self._iterable = iterable
        self._task: asyncio.Task[None] | None = None

    def read(self) -> asyncio.Future[_Chunk]:
        needs_loop("content: an async iterator")
        import asyncio

        loop = asyncio.get_running_loop()
        self._chunk: asyncio.Future[_Chunk] = loop.create_future()
        if self._task is None:
            self._wanted = asyncio.Event()
            self._task = loop.create_task(self._run())
        self._wanted.set()
        return self._chunk

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        items = aiter(self._iterable)
        try:
            async for item in items:
                self._tell((item,))
                await self._wanted.wait()
            self._tell(None)
        except BaseException as error:
            self._fail(error)
            if not isinstance(error, Exception):
                raise
        finally:
            if isinstance(items, AsyncGenerator):
                await items.aclose()

    def _tell(self, chunk: _Chunk) -> None:
        self._wanted.clear()
        if not self._chunk.done():
            self._chunk.set_result(chunk)

    def _fail(self, error: BaseException) -> None:
        import asyncio

        if isinstance(error, asyncio.CancelledError):
            self._chunk.cancel()
        elif not self._chunk.done():
            self._chunk.set_exception(error)
