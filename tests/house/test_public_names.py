"""Every public name is there, and says in `help()` what it is for and how it is used."""

import inspect
import types
from collections.abc import Callable, Iterator
from typing import get_origin

import fastfetch as ff
import pytest
from IPython.core.oinspect import Inspector


def public() -> Iterator[tuple[str, object]]:
    """The public names and their objects, but for `__version__` and modules."""
    for name in ff.__all__:
        value = getattr(ff, name)
        if not name.startswith("_") and not inspect.ismodule(value):
            yield name, value


def members() -> Iterator[tuple[str, object]]:
    """The public methods and properties that the public classes define."""
    for name, value in public():
        if isinstance(value, type):
            for member, content in vars(value).items():
                is_property = isinstance(content, property | types.GetSetDescriptorType)
                if not member.startswith("_") and (callable(content) or is_property):
                    yield f"{name}.{member}", getattr(value, member)


def called() -> Iterator[tuple[str, Callable[..., object]]]:
    """What is called: functions, classes and methods, but for aliases of types."""
    for name, value in [*public(), *members()]:
        if callable(value) and get_origin(value) is None:
            yield name, value


def documentation(value: object) -> str:
    return inspect.getdoc(value) or ""


def test_all_is_what_the_package_shows() -> None:
    assert len(ff.__all__) == len(set(ff.__all__))
    shown = {name for name, value in vars(ff).items() if name[0] != "_" and not inspect.ismodule(value)}
    assert shown == {name for name, _ in public()}


def test_every_public_name_has_a_docstring() -> None:
    assert [name for name, value in [*public(), *members()] if not documentation(value).strip()] == []


def test_what_is_called_shows_its_arguments_and_an_example() -> None:
    silent = [name for name, value in called() if "Examples\n--------\n>>> " not in documentation(value)]
    assert silent == []
    assert all(inspect.signature(value) is not None for _, value in called())


@pytest.mark.parametrize(("name", "value"), [*called()])
def test_a_question_mark_in_a_notebook_shows_both(name: str, value: object) -> None:
    info = Inspector(theme_name="nocolor").info(value, oname=f"fastfetch.{name}")
    signature = info["init_definition"] if info["isclass"] else info["definition"]
    assert signature
    assert signature.startswith(f"fastfetch.{name}(")
    assert ">>> " in (info["docstring"] or "")
