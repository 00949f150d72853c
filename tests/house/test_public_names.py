"""Every public name is there, and says in `help()` what it is for and how it is used."""

import inspect
import re
import types
from collections.abc import Iterator
from typing import get_origin

import fastfetch as ff

EXAMPLES = re.compile(r"^\s*Examples:?\s*$", re.MULTILINE)


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


def needs_examples(value: object) -> bool:
    is_exception = isinstance(value, type) and issubclass(value, BaseException)
    return callable(value) and not is_exception and get_origin(value) is None


def documentation(value: object) -> str:
    return inspect.getdoc(value) or ""


def test_all_is_what_the_package_shows() -> None:
    assert len(ff.__all__) == len(set(ff.__all__))
    shown = {name for name, value in vars(ff).items() if name[0] != "_" and not inspect.ismodule(value)}
    assert shown == {name for name, _ in public()}


def test_every_public_name_has_a_docstring() -> None:
    assert [name for name, value in [*public(), *members()] if not documentation(value).strip()] == []


def test_every_public_function_and_class_shows_examples() -> None:
    silent = [name for name, value in public() if not EXAMPLES.search(documentation(value))]
    assert [name for name in silent if needs_examples(getattr(ff, name))] == []
