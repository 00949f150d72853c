"""Code of the caller's that is called while a request is under way."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from contextvars import Context
    from typing import Any

__all__ = ["invoke", "needs_loop", "refusal", "within"]


class Callback:
    """A callback that is running, until it is over: on an event loop's thread, or on one that waits."""

    __slots__ = ("looped", "over")

    def __init__(self, looped: bool) -> None:
        self.looped = looped
        self.over = False


_callback: ContextVar[Callback | None] = ContextVar("fastfetch_callback", default=None)


def within() -> bool:
    """Is this called from a callback, for which a request waits? A task that outlives it is not."""
    callback = _callback.get()
    return callback is not None and not callback.over


def refusal(what: str) -> TypeError:
    """What is said of code that has to be awaited where nothing is."""
    return TypeError(f"{what}: fastfetch.sync takes plain ones, the functions of fastfetch itself take both")


def needs_loop(what: str) -> None:
    """Raises where a callback runs on a thread that waits instead of awaiting."""
    callback = _callback.get()
    if callback is not None and not callback.looped:
        raise refusal(f"{what} needs an event loop")


def invoke(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    context: Context,
    looped: bool,
    done: Callable[[object, BaseException | None], None],
) -> asyncio.Task[None] | None:
    """Calls a function in a context, awaits what it returns where that can be awaited, and tells `done`.

    Returns the task that awaits, where there is one.
    """
    context, callback = context.copy(), Callback(looped)
    context.run(_callback.set, callback)

    def end(value: object, error: BaseException | None) -> None:
        callback.over = True
        done(value, error)

    try:
        result = context.run(function, *arguments)
    except StopIteration as error:
        # It would pass for the result of the request's own coroutine (PEP 479).
        raised = RuntimeError("a callback raised StopIteration")
        raised.__cause__ = error
        end(None, raised)
        return None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not looped:
            # It is meant for whoever waits on this thread; the request has not failed.
            callback.over = True
            raise
        end(None, error)
        return None
    if not isinstance(result, Awaitable):
        end(result, None)
        return None
    if not looped:
        _discard(result)
        end(None, refusal("an async callback needs an event loop"))
        return None
    import asyncio

    async def awaiting() -> None:
        try:
            value = await result
        except asyncio.CancelledError as error:
            end(None, error)
            raise
        except BaseException as error:
            # Not raised on: a KeyboardInterrupt would end the loop, and not this request.
            end(None, error)
        else:
            end(value, None)

    def finished(task: asyncio.Task[None]) -> None:
        if task.cancelled():
            # Cancelled before it began, it has told nobody.
            _discard(result)
            end(None, asyncio.CancelledError())

    # Not as the argument `context`, which task factories of other people's making may not know.
    task = context.run(asyncio.get_running_loop().create_task, awaiting())
    task.add_done_callback(finished)
    return task


def _discard(result: Awaitable[object]) -> None:
    """Says that it will not be awaited: a coroutine warns otherwise."""
    if isinstance(result, Coroutine):
        result.close()
