"""The table of features is true: each yes is shown by a test that exists."""

import ast
import functools
import re

import pytest

from tests.house.repository import ROOT, text

PAGE = "docs/features.md"


def rows() -> list[tuple[str, str, list[str]]]:
    """The rows of all tables: the feature, the word for it, and the tests."""
    cells = [line.strip("|").split("|") for line in text(PAGE).splitlines() if line.startswith("| ")]
    found = [
        (feature.strip(), word.strip(), re.findall(r"`([^`]+)`", shown)) for feature, word, shown in cells
    ]
    return [row for row in found if row[0] != "Feature"]


@functools.cache
def functions(name: str) -> frozenset[str]:
    """The test functions of a file, by themselves and with their class before them."""
    found = set[str]()
    for node in ast.parse(text(name)).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for function in inner:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name.startswith(
                "test"
            ):
                found.add(function.name)
                if isinstance(node, ast.ClassDef):
                    found.add(f"{node.name}::{function.name}")
    return frozenset(found)


def exists(shown: str) -> bool:
    file, _, function = shown.partition("::")
    if not function:
        return bool(functions(f"tests/{file}"))
    return (ROOT / "tests" / file).is_file() and function in functions(f"tests/{file}")


def test_there_are_rows_of_each_kind() -> None:
    assert {word for _, word, _ in rows()} == {"yes", "no", "not yet"}
    names = [feature for feature, _, _ in rows()]
    assert len(names) == len(set(names)) > 50


@pytest.mark.parametrize(("feature", "word", "shown"), rows())
def test_a_feature_is_shown_by_tests_that_exist(feature: str, word: str, shown: list[str]) -> None:
    assert bool(shown) == (word == "yes")
    assert [name for name in shown if not exists(name)] == []
