"""Results as columns, without a network: what all forms of display are made from."""

from dataclasses import dataclass, field

Item = tuple[int | None, str | None, int, float, str]  # status, error, bytes, seconds, URL


@dataclass
class Table:
    """Columns as `Results` gives them, and a note of which URLs were asked for."""

    items: list[Item]
    asked: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.status = [item[0] for item in self.items]
        self.error = [item[1] for item in self.items]
        self.size = [item[2] for item in self.items]
        self.elapsed = [item[3] for item in self.items]

    def url(self, index: int, /) -> str:
        self.asked.append(index)
        return self.items[index][4]

    def message(self, index: int, /) -> str:
        return f"{self.error[index]} of item {index}"
