"""The event loops under which fastfetch must work, and the one way the tests run a coroutine."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")
LoopFactory = Callable[[], asyncio.AbstractEventLoop]


class NoReaderLoop(asyncio.SelectorEventLoop):
    """A loop that watches no descriptors for others, as on Windows' default loop.

    Its own wake-up pipe and its sockets work as ever: they do not go through these two methods.
    """

    def add_reader(self, *args: object) -> NoReturn:
        raise NotImplementedError

    def remove_reader(self, *args: object) -> NoReturn:
        raise NotImplementedError


def uvloop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()


LOOP_FACTORIES: dict[str, LoopFactory] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop,
    "no_reader": NoReaderLoop,
}

if sys.version_info >= (3, 12):

    def eager() -> asyncio.AbstractEventLoop:
        """A loop whose tasks begin at once, inside `create_task`."""
        loop = asyncio.new_event_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        return loop

    LOOP_FACTORIES["eager"] = eager


def run(main: Callable[[], Coroutine[Any, Any, T]], loop_factory: LoopFactory) -> T:
    """Run `main()` to its end in a loop from this factory."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(main())
