"""The words of the async face, said for the one that waits."""

from __future__ import annotations

import re
from functools import update_wrapper
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["described", "plain", "reworded"]

C = TypeVar("C", bound=type)
F = TypeVar("F", bound="Callable[..., Any]")

WORDS = [
    # Code.
    ("import asyncio", r"import asyncio(?:, (?=fastfetch)|\n)", "import "),
    ("wait_for", r"\basyncio\.wait_for\((.*), timeout=\d+\)", r"\1"),
    ("asyncio.run", r"\basyncio\.run\((.*)\)", r"await \1"),
    ("await batch", r"\bawait batch\b(?!\()", "batch.run()"),
    ("(await ", r"\(await ([\w.]+\([^()]*\))\)", r"\1"),
    ("await ", r"\bawait ", ""),
    ("async ", r"\basync (def|for|with)\b", r"\1"),
    ("fastfetch.", r"\bfastfetch(?=\.[a-zB-C])(?!\.(?:sync|demo)\b)", "fastfetch.sync"),
    ("import fastfetch\n", r"\bimport fastfetch\n", "import fastfetch.sync\n"),
    # Names.
    ("aclose", r"\baclose\b", "close"),
    ("aread", r"\baread\b", "read"),
    ("aiter_", r"\baiter_", "iter_"),
    ("anext(", r"\banext\(", "next("),
    ("__a", r"\b__a(?=enter|exit|next|iter)", "__"),
    ("AsyncGenerator", r"\bAsyncGenerator\[(\w+), None\]", r"Generator[\1, None, None]"),
    # Prose.
    ("async", r"\ban async (?=context|iterator)", "a "),
    ("async", r"\bAn async (?=context|iterator)", "A "),
    ("async", r"\bThe async (?=context|iterator)", "The "),
    ("async", r"\biterable(\s+)or\s+async iterable\b", r"iterable\1"),
    ("async", r"As for `gather`, but for async iterables; it", "As for `gather`; it"),
    ("async", r"allable(s?), plain or async,", r"allable\1"),
    ("await", r"\bMany requests, to be awaited\..*", "Many requests, to be run: ``batch.run()``."),
    ("await", r"\bawaiting the batch again\b", "running it again"),
    ("await", r"\bWhere it is awaited\b", "Where it is run"),
    ("cancelled", r"\(a cancelled task, [\w ]+\)", "(Ctrl-C, an interrupted notebook cell)"),
    (
        "event loop",
        r"\bseveral event loops and threads, one after another or at once",
        "several threads at once",
    ),
    ("event loop", r"\bthe event loop's(\s+)thread\b", r"the\1thread that waits"),
    ("event loop", r"\bWaits without blocking the event loop\b", "Waits, and lets other threads run"),
    ("asyncio", r"`asyncio\.sleep`", "`time.sleep`"),
    ("tasks", r"\bZero and less lets other tasks run once\.", "Zero and less does not wait."),
]
"""What is replaced by what, in this order; the first of each is a word without which it is nowhere."""


def plain(text: str | None) -> str:
    """A docstring, a signature or a name of the async face as one of `fastfetch.sync`."""
    text = text or ""
    for word, pattern, other in WORDS:
        if word in text:
            text = re.sub(pattern, other, text)
    return text


def described(original: Callable[..., Any]) -> Callable[[F], F]:
    """Gives a function the docstring of another."""

    def describe(function: F) -> F:
        function.__doc__ = plain(original.__doc__)
        return function

    return describe


def reworded(cls: C) -> C:
    """Gives a class of the waiting face its own words for what it has from its parents."""
    for owner in cls.__mro__[1:]:
        for name, member in vars(owner).items():
            if name.startswith("_") or name in vars(cls) or ">>> " not in (member.__doc__ or ""):
                continue
            if isinstance(member, property):
                setattr(cls, name, property(member.fget, doc=plain(member.__doc__)))
            elif isinstance(member, FunctionType) and not member.__code__.co_flags & _ASYNC:
                setattr(cls, name, described(member)(_copy(member)))
    return cls


_ASYNC = CO_COROUTINE | CO_ASYNC_GENERATOR


def _copy(function: FunctionType) -> FunctionType:
    code, scope = function.__code__, function.__globals__
    other = FunctionType(code, scope, function.__name__, function.__defaults__, function.__closure__)
    other.__kwdefaults__ = function.__kwdefaults__
    update_wrapper(other, function)
    return other
