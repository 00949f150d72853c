"""The parts of a setting: how they are checked, and how they are shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "check_count",
    "check_flag",
    "check_number",
    "check_seconds",
    "kind",
    "not_negative",
    "positive",
    "shown",
]

_LARGEST = sys.float_info.max


def kind(value: object) -> str:
    """The name of a value's type, for messages."""
    return type(value).__name__


def check_seconds(name: str, value: float | None) -> None:
    """Refuses what is no time to wait; None and infinity are no bound."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: expected a number of seconds or None, got {kind(value)}")
    if value != value or value <= 0:  # NaN is the number that is not itself
        raise ValueError(f"{name}: expected a positive number of seconds, got {value}")


def check_count(name: str, value: object, expected: str = "a whole number") -> None:
    """Refuses what is no whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected {expected}, got {kind(value)}")
    if value < 1:
        raise ValueError(f"{name}: expected at least 1, got {value}")


def check_flag(name: str, value: object) -> None:
    """Refuses what only passes for True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{name}: expected True or False, got {kind(value)}")


def check_number(name: str, value: object, expected: str, accepts: Callable[[float], bool]) -> None:
    """Refuses what is no number, and numbers that are not accepted."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: expected {expected}, got {kind(value)}")
    if not accepts(value):
        raise ValueError(f"{name}: expected {expected}, got {value}")


def positive(value: float) -> bool:
    """Is it above zero, and no more than a float can be? NaN is not: no comparison holds for it."""
    return 0 < value <= _LARGEST


def not_negative(value: float) -> bool:
    """Is it zero or more, and no more than a float can be?"""
    return 0 <= value <= _LARGEST


def shown(setting: DataclassInstance, secret: Collection[str] = ()) -> str:
    """The `repr` of a setting: the parts that differ from their defaults, without the secret ones."""
    given = ((field.name, getattr(setting, field.name), field.default) for field in fields(setting))
    parts = (
        f"{name}={'...' if name in secret else _part(value)}"
        for name, value, default in given
        if value != default
    )
    return f"{kind(setting)}({', '.join(parts)})"


def _part(value: Any) -> str:
    if isinstance(value, Mapping):
        return repr(dict(value))
    if isinstance(value, tuple) and value and all(isinstance(each, type) for each in value):
        return f"({', '.join(each.__name__ for each in value)}{',' if len(value) == 1 else ''})"
    return repr(value)
