"""Steps of a quickstart, each written as a coroutine function and run by pytest as it stands."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")

Step = Callable[P, Coroutine[Any, Any, None]]


def step(function: Step[P]) -> Callable[P, None]:
    """A coroutine function as a test."""

    @functools.wraps(function)
    def test(*arguments: P.args, **fixtures: P.kwargs) -> None:
        asyncio.run(function(*arguments, **fixtures))

    return test
