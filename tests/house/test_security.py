"""What SECURITY.md promises is shown by tests that exist."""

import re

import pytest

from tests.house.repository import text
from tests.house.test_features import exists

PAGE = "SECURITY.md"


def rows() -> list[tuple[str, list[str]]]:
    """The rows of both tables: what is promised, and the tests that show it."""
    cells = [line.strip("|").split("|") for line in text(PAGE).splitlines() if line.startswith("| ")]
    found = [(row[0].strip(), re.findall(r"`([^`]+)`", row[-1])) for row in cells]
    return [row for row in found if row[0] not in ("Promise", "Class")]


def test_there_are_rows() -> None:
    assert len(rows()) > 35


@pytest.mark.parametrize(("promise", "shown"), rows())
def test_a_promise_is_shown_by_tests_that_exist(promise: str, shown: list[str]) -> None:
    assert promise
    assert shown
    assert [name for name in shown if not exists(name)] == []


def test_one_that_does_not_exist_is_found_out() -> None:
    assert not exists("test_json.py::test_no_such_thing")
