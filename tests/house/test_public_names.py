"""Every public name is there, and says in `help()` what it is for and how it is used."""

import inspect
import types
from collections.abc import Callable, Iterator
from typing import get_origin, is_typeddict

import fastfetch as ff
import pytest
from fastfetch import sync
from IPython.core.oinspect import Inspector

FACES = (ff, sync)


def public(face: types.ModuleType) -> Iterator[tuple[str, object]]:
    """The public names and their objects, but for `__version__` and modules."""
    for name in face.__all__:
        value = getattr(face, name)
        if not name.startswith("_") and not inspect.ismodule(value):
            yield f"{face.__name__}.{name}", value


def members(face: types.ModuleType) -> Iterator[tuple[str, object]]:
    """The public methods and properties that the public classes have from us."""
    for name, value in public(face):
        for owner in reversed(value.__mro__ if isinstance(value, type) else ()):
            for member, content in vars(owner).items() if owner.__module__.startswith("fastfetch") else ():
                is_property = isinstance(content, property | types.GetSetDescriptorType)
                is_method = callable(getattr(content, "__func__", content))
                # What is borrowed from elsewhere, such as a method of `Sequence`, says what it does there.
                is_ours = (getattr(content, "__module__", None) or "fastfetch").startswith("fastfetch")
                if not member.startswith("_") and is_ours and (is_method or is_property):
                    yield f"{name}.{member}", getattr(value, member)


def everything() -> list[tuple[str, object]]:
    return [pair for face in FACES for pair in [*public(face), *members(face)]]


def called() -> list[tuple[str, Callable[..., object]]]:
    """What is called: functions, classes and methods, but for aliases of types."""
    return [(name, value) for name, value in everything() if callable(value) and get_origin(value) is None]


def documentation(value: object) -> str:
    return inspect.getdoc(value) or ""


def test_all_is_what_the_package_shows() -> None:
    assert len(ff.__all__) == len(set(ff.__all__))
    names = {name for name, value in vars(ff).items() if name[0] != "_" and not inspect.ismodule(value)}
    shown = {f"fastfetch.{name}" for name in names - {"TYPE_CHECKING"}}
    assert shown == {name for name, _ in public(ff)}


def test_every_public_name_has_a_docstring() -> None:
    assert [name for name, value in everything() if not documentation(value).strip()] == []


def test_what_is_called_shows_its_arguments_and_an_example() -> None:
    silent = [name for name, value in called() if "Examples\n--------\n>>> " not in documentation(value)]
    assert silent == []
    # What options there are, a class of options says itself.
    assert all(inspect.signature(value) is not None for _, value in called() if not is_typeddict(value))


@pytest.mark.parametrize(("name", "value"), called())
def test_a_question_mark_in_a_notebook_shows_both(name: str, value: object) -> None:
    info = Inspector(theme_name="nocolor").info(value, oname=name)
    signature = info["init_definition"] if info["isclass"] else info["definition"]
    assert signature
    assert signature.startswith(f"{name}(")
    assert ">>> " in (info["docstring"] or "")
