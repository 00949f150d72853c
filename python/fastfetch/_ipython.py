"""Ctrl-C in IPython at a terminal: it ends the cell, and has to end what the cell awaited.

IPython runs each cell in its event loop by `run_until_complete`. Ctrl-C leaves that call, but not the task:
it stays in a loop that stands still, and all that it awaits goes on without it. So after such a cell its task
is cancelled, as `asyncio.run` would do it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    import asyncio

__all__ = ["watch"]

_loops: WeakSet[asyncio.AbstractEventLoop] = WeakSet()

CELL = "run_cell_async"
"""The coroutine function of IPython's that runs a cell."""


def watch(loop: asyncio.AbstractEventLoop) -> None:
    """Ends what an interrupted cell awaits in this loop, where IPython runs its cells in it."""
    get_shell = getattr(sys.modules["IPython"], "get_ipython", None)
    shell = get_shell and get_shell()
    if shell is None:
        return
    if not _loops:
        # Registered once, however often: equal callbacks are one.
        shell.events.register("post_run_cell", _after_cell)
    _loops.add(loop)


def _after_cell(result: Any) -> None:
    if isinstance(getattr(result, "error_in_exec", None), KeyboardInterrupt):
        for loop in list(_loops):
            if not loop.is_running() and not loop.is_closed():
                _end(loop, sys.modules["IPython"].get_ipython())


def _end(loop: asyncio.AbstractEventLoop, shell: Any) -> None:
    import asyncio

    cells = [task for task in asyncio.all_tasks(loop) if getattr(task.get_coro(), "__name__", "") == CELL]
    if not cells:
        return
    for task in cells:
        task.cancel()
    # The interrupt has been shown already; that it cancels is not another error to show.
    shell.showtraceback = lambda *_, **__: None
    try:
        loop.run_until_complete(asyncio.gather(*cells, return_exceptions=True))
    finally:
        del shell.showtraceback
