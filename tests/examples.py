"""Runs the examples of a docstring as a notebook runs its cells: `await` stands at top level."""

import ast
import asyncio
import contextlib
import doctest
import inspect
import io
import sys
import traceback
from collections.abc import Iterator
from typing import Any
from unittest import mock

from fastfetch import demo


def run(text: str, name: str) -> int:
    """Run all examples of a text, which share their names; how many there were.

    Each is compiled as a line at the prompt is, so that what an expression is worth is printed.
    """
    examples = doctest.DocTestParser().get_examples(text, name)
    names: dict[str, Any] = {"__name__": "__main__"}
    with asyncio.Runner() as runner, mock.patch.object(sys, "displayhook", sys.__displayhook__):
        for example in examples:
            printed = io.StringIO()
            code = compile(example.source, f"<{name}>", "single", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            with contextlib.redirect_stdout(printed):
                try:
                    outcome = eval(code, names)
                    if inspect.iscoroutine(outcome):
                        runner.run(outcome)
                except Exception:
                    traceback.print_exc(file=printed)
            told = printed.getvalue()
            same = doctest.OutputChecker().check_output(example.want, told, doctest.ELLIPSIS)
            assert same, f"{name}: {example.source}expected:\n{example.want}got:\n{told}"
    return len(examples)


@contextlib.contextmanager
def one_site() -> Iterator[None]:
    """Within, examples that start a demo site get the same one: they are many, and a start takes long."""
    with demo.Site() as site, mock.patch.object(demo, "Site", return_value=site):
        yield
