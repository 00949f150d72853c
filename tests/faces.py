"""One test for both faces: `fastfetch.sync` in async words, in place of `fastfetch`.

A test or a module that uses the fixture `face` is run by each face in turn. The test is written for the async
one; for the other, the names that its module took from fastfetch stand for those of `fastfetch.sync`, and
what is awaited has waited already.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType, TracebackType
from typing import Any, TypeVar

import fastfetch
import pytest
from fastfetch import sync

T = TypeVar("T")

WAITING_FACES = ["sync", "sync in a loop"]
"""The waiting face is driven without an event loop, and under one that runs."""

FACES = ["awaited", *WAITING_FACES]

HELPERS = ["tests.fetching", "tests.steps", "tests.authorized"]
"""Modules that do a part of the tests of others."""


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` for a coroutine that awaits nothing but the names below."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise AssertionError("this test awaits something that is not of fastfetch")


class _Loopless:
    """The module asyncio, for tests without a loop."""

    run = staticmethod(drive)

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


def _awaitable(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def waited(*arguments: Any, **options: Any) -> Any:
        result = function(*arguments, **options)
        return _Results(result._rows, result._client) if isinstance(result, sync.Results) else result

    return waited


async def _iterated(items: Generator[Any, None, None]) -> AsyncIterator[Any]:
    try:
        for item in items:
            yield item
    finally:
        items.close()


class _Results(sync.Results):
    async def retry_failed(self, **options: Any) -> Any:  # type: ignore[override]
        return await _awaitable(super().retry_failed)(**options)


class _Words:
    """A thing of `fastfetch.sync`: its waiting methods can be awaited, all else is its own."""

    waiting: tuple[str, ...] = (
        "request",
        "send",
        "get",
        "head",
        "options",
        "post",
        "put",
        "patch",
        "delete",
        "gather",
    )

    def __init__(self, thing: Any) -> None:
        self._thing = thing

    def __getattr__(self, name: str) -> Any:
        if name in self.waiting:
            return _awaitable(getattr(self._thing, name))
        if name in ("aclose", "aread"):
            return _awaitable(getattr(self._thing, name[1:]))
        if name.startswith("aiter_"):
            return lambda *arguments, **options: _iterated(
                getattr(self._thing, name[1:])(*arguments, **options)
            )
        return getattr(self._thing, name)

    def stream(self, *arguments: Any, **options: Any) -> "_Managed":
        return _Managed(self._thing.stream(*arguments, **options))

    def as_completed(self, *arguments: Any, **options: Any) -> "_Completed":
        return _Completed(self._thing.as_completed(*arguments, **options))


class _Managed(_Words):
    """A context manager."""

    async def __aenter__(self) -> _Words:
        entered = self._thing.__enter__()
        return self if entered is self._thing else _Words(entered)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._thing.__exit__(kind, error, traceback)


class _Client(_Managed):
    def __init__(self, **options: Any) -> None:
        super().__init__(sync.Client(**options))


class _Completed(_Words):
    def __aiter__(self) -> "_Completed":
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self._thing)
        except StopIteration:
            raise StopAsyncIteration from None


class _Batch(_Words):
    def __init__(self, urls: Iterable[Any], *, client: Any = None, **options: Any) -> None:
        super().__init__(sync.Batch(urls, client=client and client._thing, **options))

    def __await__(self) -> Generator[Any, None, Any]:
        return _awaitable(self._thing.run)().__await__()

    def __len__(self) -> int:
        return len(self._thing)

    def __repr__(self) -> str:
        return repr(self._thing)


class _Names(_Words):
    """The module."""

    waiting = (*_Words.waiting, "sleep")
    Client = _Client
    Batch = _Batch


@contextmanager
def showing(face: str, module: ModuleType) -> Iterator[None]:
    """Has a test module, and those that help it, speak to this face."""
    with pytest.MonkeyPatch.context() as patch:
        names = _Names(sync)
        for each in [module, *map(sys.modules.get, HELPERS)] if face in WAITING_FACES else []:
            for name, value in list(vars(each).items() if each else ()):
                if value is fastfetch:
                    patch.setattr(each, name, names)
                elif value is asyncio and face == "sync":
                    patch.setattr(each, name, _Loopless())
                elif value is getattr(fastfetch, name, None) is not getattr(sync, name, None):
                    patch.setattr(each, name, getattr(names, name))
        yield
