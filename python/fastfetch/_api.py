"""The functions: the verbs of one client that all of a process shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, overload

from fastfetch import _core
from fastfetch._client import Client
from fastfetch._coroutines import coroutine_function

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

__all__ = [
    "as_completed",
    "build_request",
    "delete",
    "gather",
    "get",
    "head",
    "options",
    "patch",
    "post",
    "put",
    "request",
    "send",
    "sleep",
    "stream",
]

T = TypeVar("T")


class _DefaultClient(Client):
    """Made when the module is imported, but nothing in it is until the first request."""

    __slots__ = ()

    def __init__(self) -> None:
        pass

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name != "_native":
                raise AttributeError(name)
            # Its callers know nothing of each other, so none gets the cookies of another.
            super().__init__(cookies=None)
            return self._native

    def __reduce__(self) -> str:
        return "default_client"


default_client = _DefaultClient()

as_completed = default_client.as_completed
build_request = default_client.build_request
delete = default_client.delete
gather = default_client.gather
get = default_client.get
head = default_client.head
options = default_client.options
patch = default_client.patch
post = default_client.post
put = default_client.put
request = default_client.request
send = default_client.send
stream = default_client.stream


@overload
def sleep(delay: float) -> Coroutine[Any, Any, None]: ...
@overload
def sleep(delay: float, result: T) -> Coroutine[Any, Any, T]: ...
@coroutine_function
def sleep(delay: float, result: T | None = None) -> Coroutine[Any, Any, T | None]:
    """Waits without blocking the event loop: `asyncio.sleep`, by a timer in Rust.

    Parameters
    ----------
    delay
        Seconds. Zero and less lets other tasks run once.
    result
        What to return.

    Returns
    -------
    object
        `result`.

    Raises
    ------
    TypeError
        Where the delay is no number.
    ValueError
        Where it is NaN.

    Examples
    --------
    >>> import fastfetch
    >>> await fastfetch.sleep(0.01, "awake")
    'awake'
    """
    return _core.sleep(delay, result, told=True)
