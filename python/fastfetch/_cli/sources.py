"""The URLs of a command line: those that it names, and those in a file."""

from __future__ import annotations

import asyncio
import codecs
import io
import os
import queue
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from fastfetch._sources import items

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Arriving", "Known", "Source", "source"]

CHUNK = 64 * 2**10
LONGEST_LINE = 2**20


class Known:
    """URLs of which it is known how many there are."""

    def __init__(self, urls: Sequence[str], file: str | None = None) -> None:
        self._urls = urls
        self._file = None if file is None else Path(file)
        self._length = sum(1 for _ in self)

    def __iter__(self) -> Iterator[str]:
        yield from self._urls
        if self._file is not None:
            yield from map(str, items(self._file))

    def __len__(self) -> int:
        return self._length


class Arriving:
    """URLs that come through a pipe or from a keyboard, sooner or later."""

    def __init__(self, urls: Sequence[str], file: str) -> None:
        self._urls = urls
        self._name = "standard input" if file == "-" else file
        self._descriptor = 0 if file == "-" else os.open(file, os.O_RDONLY)

    async def __aiter__(self) -> AsyncIterator[str]:
        for url in self._urls:
            yield url
        async for lines in self._lines():
            for line in items(lines):
                yield str(line)

    async def _lines(self) -> AsyncIterator[io.StringIO]:
        """Whole lines, as many as have come."""
        read = _Reader(self._descriptor)
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8-sig")(), translate=True)
        rest, chunk = "", b"-"
        while chunk:
            chunk = await read.some()
            try:
                text = rest + decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                wrong = f"the byte {error.object[error.start]:#04x} in {self._name}"
                raise ValueError(f"urls: expected text in utf-8, got {wrong}") from error
            lines, _, rest = text.rpartition("\n")
            if len(rest) > LONGEST_LINE:
                raise ValueError(f"urls: expected a URL on each line, got a longer one in {self._name}")
            yield io.StringIO(lines if chunk else text)


Source: TypeAlias = Known | Arriving


def source(urls: Sequence[str], file: str | None) -> Source:
    """The named URLs, and those of a file; ``-`` is standard input.

    Raises
    ------
    OSError, ValueError
        Where the file cannot be read, or is no text.
    """
    if file is None or (file != "-" and stat.S_ISREG(os.stat(file).st_mode)):
        return Known(urls, file)
    return Arriving(urls, file)


class _Reader:
    """Reads a descriptor by a thread, which nobody waits for at the end: it may wait for ever."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._wanted: queue.SimpleQueue[asyncio.Future[bytes]] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, name="fastfetch-input", daemon=True).start()

    async def some(self) -> bytes:
        """What is there, once something is; nothing at the end."""
        future: asyncio.Future[bytes] = self._loop.create_future()
        self._wanted.put(future)
        return await future

    def _run(self) -> None:
        while True:
            future = self._wanted.get()
            read: bytes | OSError
            try:
                read = os.read(self._descriptor, CHUNK)
            except OSError as error:
                read = error
            try:
                self._loop.call_soon_threadsafe(_settle, future, read)
            except RuntimeError:
                return  # the loop is closed
            if not read:
                return


def _settle(future: asyncio.Future[bytes], read: bytes | OSError) -> None:
    if future.done():
        return
    if isinstance(read, OSError):
        future.set_exception(read)
    else:
        future.set_result(read)
