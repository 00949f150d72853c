"""The examples in the docstrings of all public names run, and print what they say."""

import inspect
from collections.abc import Iterator

import fastfetch
import pytest
from fastfetch import sync

from tests import examples

pytestmark = pytest.mark.compat


def documented() -> Iterator[tuple[str, str]]:
    """Each public name of both faces, and each public member of a public class, with its docstring."""
    for face in (fastfetch, sync):
        yield face.__name__, face.__doc__ or ""
        for name in face.__all__:
            thing = getattr(face, name)
            yield f"{face.__name__}.{name}", inspect.getdoc(thing) or ""
            if inspect.isclass(thing):
                for member, value in inspect.getmembers(thing):
                    if not member.startswith("_"):
                        yield f"{face.__name__}.{name}.{member}", inspect.getdoc(value) or ""


def examined() -> list[tuple[str, str]]:
    """Those with examples; what both faces share, once."""
    once = {text: name for name, text in reversed([*documented()]) if ">>>" in text}
    return [(name, text) for text, name in once.items()]


@pytest.fixture(scope="module", autouse=True)
def site() -> Iterator[None]:
    with examples.one_site():
        yield


NEEDED = {".to_polars": "polars", ".to_pandas": "pandas", ".to_arrow": "pyarrow", ".plot(": "matplotlib"}
"""What has to be installed where an example says this."""


@pytest.mark.parametrize(("name", "text"), examined())
def test_examples_run(name: str, text: str) -> None:
    for word, module in NEEDED.items():
        if word in text:
            pytest.importorskip(module)
    assert examples.run(text, name)


@pytest.mark.parametrize("lie", [">>> 1 + 1\n3\n", ">>> import asyncio\n>>> await asyncio.sleep(0, 1)\n2\n"])
def test_an_example_that_says_what_is_not_so_is_found(lie: str) -> None:
    with pytest.raises(AssertionError, match="expected"):
        examples.run(lie, "lie")
