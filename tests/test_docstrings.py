"""The examples in the docstrings of all public names run, and print what they say."""

import doctest
import inspect
from collections.abc import Iterator

import fastfetch
import pytest

pytestmark = pytest.mark.compat


def documented() -> Iterator[tuple[str, str]]:
    """Each public name, and each public method of a public class, with its docstring."""
    yield "fastfetch", fastfetch.__doc__ or ""
    for name in fastfetch.__all__:
        thing = getattr(fastfetch, name)
        yield name, inspect.getdoc(thing) or ""
        if inspect.isclass(thing):
            for method, member in inspect.getmembers(thing, callable):
                if not method.startswith("_") and member.__doc__:
                    yield f"{name}.{method}", inspect.getdoc(member) or ""


@pytest.mark.parametrize(("name", "text"), [pair for pair in documented() if ">>>" in pair[1]])
def test_examples_run(name: str, text: str) -> None:
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    told: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=told.append)
    assert not told, "".join(told)
