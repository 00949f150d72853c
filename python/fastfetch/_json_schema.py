"""What a table of JSON is to hold, as people say it: types and paths."""

from __future__ import annotations

import datetime
import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["fields", "steps"]

_FORMATS: dict[object, str] = {
    None: "n",
    type(None): "n",
    bool: "b",
    int: "l",
    float: "g",
    str: "u",
    datetime.date: "tdD",
    datetime.datetime: "tsu:UTC",
    "null": "n",
    "bool": "b",
    "boolean": "b",
    "int8": "c",
    "int16": "s",
    "int32": "i",
    "int64": "l",
    "uint8": "C",
    "uint16": "S",
    "uint32": "I",
    "uint64": "L",
    "float16": "e",
    "float32": "f",
    "float64": "g",
    "halffloat": "e",
    "float": "f",
    "double": "g",
    "utf8": "u",
    "str": "u",
    "string": "u",
    "large_utf8": "U",
    "large_string": "U",
    "utf8_view": "vu",
    "string_view": "vu",
    "date32": "tdD",
    "date32[day]": "tdD",
    "json": "json",
}
"""The types that have no parameters, as Arrow's C data interface says them."""

_TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns)(?:, *(?:tz=)?([^\]]+))?\]")
_DECIMAL = re.compile(r"decimal(?:128)?\((\d{1,2})(?:, *(\d{1,2}))?\)")
_LIST = re.compile(r"list<(?:item: *)?(.+)>")

_MOST_DIGITS = 38
_DEEPEST = 64
"""Levels of a mapping: one that holds itself has no end."""


def fields(schema: Mapping[str, Any] | Any) -> Any:
    """A schema as the native part takes it."""
    if hasattr(schema, "__arrow_c_schema__"):
        return schema
    if isinstance(schema, Mapping):
        return _struct(schema, ())
    raise TypeError(
        "schema: expected a mapping of names to types, or what has __arrow_c_schema__, got " + _named(schema)
    )


def steps(path: str | Sequence[str | int] | None) -> list[str | int]:
    """A path, step by step."""
    if path is None:
        return []
    if isinstance(path, str):
        if path:
            return list(path.split("."))
    elif _are_steps(path):
        return list(path)
    raise (ValueError if path == "" else TypeError)(
        "path: expected keys with dots between them, or a list of keys and of places from 0 on, got "
        + repr(path)
    )


def _are_steps(path: object) -> bool:
    return isinstance(path, Sequence) and not isinstance(path, bytes) and all(map(_is_step, path))


def _is_step(step: object) -> bool:
    return isinstance(step, str) or (
        isinstance(step, int) and not isinstance(step, bool) and 0 <= step < 1 << 32
    )


def _struct(mapping: Mapping[Any, Any], path: tuple[str, ...]) -> dict[str, Any]:
    if len(path) > _DEEPEST:
        raise ValueError(f"schema: nested deeper than {_DEEPEST} levels")
    for name in mapping:
        if not isinstance(name, str):
            raise TypeError(f"schema: expected names of fields, got {name!r}{_within(path)}")
    return {name: _type(kind, (*path, name)) for name, kind in mapping.items()}


def _type(kind: Any, path: tuple[str, ...]) -> Any:
    if isinstance(kind, Mapping):
        return _struct(kind, path)
    if hasattr(kind, "__arrow_c_schema__"):
        return kind
    if isinstance(kind, str) and (found := _parametric(kind, path)) is not None:
        return found
    if isinstance(kind, list) and len(kind) == 1:
        return [_type(kind[0], path)]
    match typing.get_origin(kind), typing.get_args(kind):
        case typing.Union | types.UnionType, (inner, none) | (none, inner) if none is type(None):
            # All may be null.
            return _type(inner, path)
        case origin, (inner,) if origin is list:
            return [_type(inner, path)]
    try:
        return _FORMATS[kind]
    except (KeyError, TypeError):
        expected = "a type such as int, 'timestamp[us]', 'json', list[str], or a mapping of names to types"
        raise TypeError(f"schema: expected {expected}, got {_named(kind)}{_within(path)}") from None


def _parametric(kind: str, path: tuple[str, ...]) -> Any:
    if found := _TIMESTAMP.fullmatch(kind):
        unit, zone = found.groups()
        return f"ts{unit[0]}:{zone or ''}"
    if found := _DECIMAL.fullmatch(kind):
        precision, scale = int(found[1]), int(found[2] or 0)
        if not (1 <= precision <= _MOST_DIGITS and scale <= precision):
            raise ValueError(f"schema: expected 1 to {_MOST_DIGITS} digits, got '{kind}'{_within(path)}")
        return f"d:{precision},{scale}"
    if found := _LIST.fullmatch(kind):
        return [_type(found[1], path)]
    return None


def _named(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) and not typing.get_args(kind) else repr(kind)


def _within(path: tuple[str, ...]) -> str:
    return f" for field '{'.'.join(path)}'" if path else ""
