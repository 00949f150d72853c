"""Each rule of a client's life has a test that carries its number, and the page of the rules names it."""

import re

import pytest

from tests.house.repository import sources, text
from tests.house.test_features import exists, functions

PAGE = "docs/lifecycle.md"
RULES = range(1, 35)

NUMBER = re.compile(r"test_l(\d+)_")


def rows() -> dict[int, list[str]]:
    """The rules of all tables, with the tests that show each."""
    cells = [line.strip("|").split("|") for line in text(PAGE).splitlines() if line.startswith("| L")]
    return {int(rule.strip().removeprefix("L")): re.findall(r"`([^`]+)`", shown) for rule, _, shown in cells}


def carriers(rule: int) -> set[str]:
    """The tests that carry this number, as the page names them."""
    return {
        f"{file.removeprefix('tests/')}::{function}"
        for file in sources("tests", ".py")
        for function in functions(file)
        if rule in map(int, NUMBER.findall(function))
    }


def test_the_page_has_every_rule_once_and_in_order() -> None:
    numbers = re.findall(r"^\| L(\d+) \|", text(PAGE), re.MULTILINE)
    assert list(map(int, numbers)) == list(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_a_test_that_carries_its_number(rule: int) -> None:
    assert carriers(rule) != set()


@pytest.mark.parametrize("rule", RULES)
def test_the_page_names_tests_that_exist_and_carry_the_number(rule: int) -> None:
    shown = rows()[rule]
    assert shown != []
    assert [name for name in shown if name not in carriers(rule) or not exists(name)] == []
