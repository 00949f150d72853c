"""Coroutine functions whose coroutines are native."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["coroutine_function"]

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound="Callable[..., Any]")

if sys.version_info >= (3, 12):
    marked = inspect.markcoroutinefunction
else:

    def marked(function: F) -> F:
        # `inspect` has no marks yet. It looks at this flag, and nobody else does when the function is called.
        code = function.__code__
        function.__code__ = code.replace(co_flags=code.co_flags | inspect.CO_COROUTINE)
        return function


def coroutine_function(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Has a function that returns a native coroutine pass for what it is.

    Like that of an `async def`, its annotation is of what is awaited.
    """
    returns = function.__annotations__["return"]
    function.__annotations__["return"] = returns.removeprefix("Coroutine[Any, Any, ").removesuffix("]")
    return marked(function)
