"""What the columns of a JSON table hold: the documented rules, said once more in Python over `json.loads`."""

import json
from dataclasses import dataclass, field
from typing import Any

FLOAT, WHOLE, LARGE = "double", "int64", "uint64"


@dataclass
class Kind:
    """What the values at one place have in common."""

    name: str = "null"
    negative: bool = False
    item: "Kind | None" = None
    fields: "dict[str, Kind]" = field(default_factory=dict)

    def see(self, value: Any) -> None:
        match value:
            case None:
                return
            case bool():
                self._meet("bool")
            case str():
                self._meet("string")
            case int() | float():
                self._number(value)
            case list():
                self._meet("list")
                inside = self.item or Kind()
                self.item = inside
                for item in value:
                    inside.see(item)
            case dict():
                self._meet("struct")
                for name, inner in value.items():
                    self.fields.setdefault(name, Kind()).see(inner)

    def _meet(self, name: str) -> None:
        self.name = name if self.name in ("null", name) else "json"

    def _number(self, value: Any) -> None:
        self.negative |= value < 0
        if isinstance(value, float) or not -(2**63) <= value < 2**64:
            name = FLOAT
        else:
            name = LARGE if value >= 2**63 else WHOLE
        numbers = (WHOLE, LARGE, FLOAT)
        if self.name in numbers:
            name = max(name, self.name, key=numbers.index)
            self.name = name
        else:
            self._meet(name)

    @property
    def arrow(self) -> str:
        """The type of the column, as pyarrow says it."""
        match self.name:
            case "uint64" if self.negative:
                return FLOAT
            case "struct" if not self.fields:
                return "string"
            case "json":
                return "string"
            case "list" if self.item is not None:
                return f"list<item: {self.item.arrow}>"
            case "struct":
                return f"struct<{', '.join(f'{name}: {kind.arrow}' for name, kind in self.fields.items())}>"
            case name:
                return name

    def holds(self, cell: Any, value: Any) -> bool:
        """Whether this is the cell for the value."""
        if value is None or cell is None:
            return cell is value
        match self.name:
            case "list" if self.item is not None:
                item = self.item
                return len(cell) == len(value) and all(map(item.holds, cell, value))
            case "struct" if self.fields:
                inner = (kind.holds(cell[name], value.get(name)) for name, kind in self.fields.items())
                return cell.keys() == self.fields.keys() and all(inner)
            case "json" | "struct":
                return bool(json.loads(cell) == value)
            case _ if self.arrow == FLOAT:
                return bool(cell == _float(value))
            case _:
                return type(cell) is type(value) and cell == value


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def column(name: str) -> str:
    """The column of a field."""
    return f"{name}_" if name.rstrip("_") in ("_index", "_error") else name


def rows(bodies: list[Any]) -> tuple[Kind, list[tuple[int, dict[str, Any]]]]:
    """The kind of all rows, and each of them with the place of its body."""
    kind, found = Kind(), list[tuple[int, dict[str, Any]]]()
    for place, body in enumerate(bodies):
        for row in body if isinstance(body, list) else [body]:
            fields = row if isinstance(row, dict) else {} if row is None else {"value": row}
            kind.see(fields)
            found.append((place, fields))
    return kind, found
