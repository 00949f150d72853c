"""The code of the async face, waited for.

It awaits nothing but calls across the bridge, and on a thread that blocks such a call waits. So a coroutine
of ours comes to its end in the first `send`, with or without an event loop around.
"""

from __future__ import annotations

import inspect
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from fastfetch import _core
from fastfetch._wording import described, plain

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator

__all__ = ["finish", "iterating", "waiting"]

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class _Driven(Protocol[T_co]):
    """A coroutine, or a step of an async generator."""

    def send(self, value: None, /) -> object: ...
    def close(self) -> object: ...
    def __await__(self) -> Generator[Any, Any, T_co]: ...


def finish(coroutine: _Driven[T]) -> T:
    """Runs a coroutine of ours to its end on this thread, and returns its result."""
    with _core.Blocking():
        try:
            coroutine.send(None)
        except StopIteration as stop:
            result: T = stop.value
            return result
    coroutine.close()
    raise RuntimeError("this waits for something that needs an event loop")


def waiting(
    function: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Any, P], T]:
    """The method that waits where this one is awaited."""

    @wraps(function, updated=())  # A mark of coroutine functions is not taken over.
    def method(self: Any, /, *arguments: P.args, **options: P.kwargs) -> T:
        with _core.Blocking():
            # A native coroutine makes its request when it is called.
            coroutine = function(self, *arguments, **options)
        return finish(coroutine)

    return _renamed(method)


def iterating(
    function: Callable[Concatenate[Any, P], AsyncGenerator[T, None]],
) -> Callable[Concatenate[Any, P], Generator[T, None, None]]:
    """The method that gives a plain generator where this one gives an async one."""

    @wraps(function)
    def method(self: Any, /, *arguments: P.args, **options: P.kwargs) -> Generator[T, None, None]:
        items = function(self, *arguments, **options)
        try:
            while True:
                try:
                    item = _unseen(items.__anext__())
                except StopAsyncIteration:
                    return
                yield item
        finally:
            _unseen(items.aclose())

    return _renamed(method)


def _unseen(step: _Driven[T]) -> T:
    """Finishes a step of an async generator, of which an event loop that runs around it must not learn.

    It would note every one that begins, and close those that are dropped by a task of its own, later.
    """
    hooks = sys.get_asyncgen_hooks()
    try:
        sys.set_asyncgen_hooks(None, None)
        return finish(step)
    finally:
        sys.set_asyncgen_hooks(*hooks)


F = TypeVar("F", bound="Callable[..., Any]")


def _renamed(method: F) -> F:
    """Gives a method the name, the words and the signature of a waiting one."""
    signature = inspect.signature(method)
    returns = plain(str(signature.return_annotation))
    method.__signature__ = signature.replace(return_annotation=returns)  # type: ignore[attr-defined]
    method.__name__, method.__qualname__ = plain(method.__name__), plain(method.__qualname__)
    method.__module__ = "fastfetch.sync"
    return described(method)(method)
