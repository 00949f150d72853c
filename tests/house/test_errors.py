"""Every way to fail has one exception, and every exception is reached by a test."""

import ast
import functools
import re

import fastfetch as ff
import pytest

from tests.house.repository import rust, sources, text

TABLE_ROW = re.compile(r"Kind::(\w+)(?:\s*\{[^}]*\}|\([^)]*\))?\s*=>\s*\"(\w+)\"")


def kinds() -> list[str]:
    """The variants of the engine's `enum Kind`, in order; but what a callback raised has a class already."""
    body = re.search(r"pub enum Kind \{\n(.*?)\n\}", rust("src/engine/error.rs"), re.DOTALL)
    assert body is not None
    return [kind for kind in re.findall(r"^    (\w+)", body[1], re.MULTILINE) if kind != "Raised"]


def table() -> list[tuple[str, str]]:
    """The rows of the binding's table: a kind, and the name of its exception class."""
    return TABLE_ROW.findall(rust("src/binding/error.rs"))


def exceptions() -> list[str]:
    """The names of the public exception classes."""
    return [
        name
        for name in ff.__all__
        if isinstance(value := getattr(ff, name), type) and issubclass(value, BaseException)
    ]


@functools.cache
def named_in_tests() -> set[str]:
    """Every name that the code of a test uses. Imports do not count, and neither does prose."""
    trees = [ast.parse(text(name)) for name in sources("tests", ".py") if "/house/" not in name]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)} | {
        node.id for node in nodes if isinstance(node, ast.Name)
    }


def test_each_kind_has_one_row_in_the_table() -> None:
    assert sorted(kind for kind, _ in table()) == sorted(kinds())


def test_each_row_has_an_exception_of_its_own() -> None:
    classes = [name for _, name in table()]
    assert len(classes) == len(set(classes))
    assert [name for name in classes if not issubclass(getattr(ff, name), ff.FetchError)] == []


@pytest.mark.parametrize("name", exceptions())
def test_each_exception_is_reached_by_a_test(name: str) -> None:
    assert name in named_in_tests()
