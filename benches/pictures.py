"""Bar charts of a report, as SVG that follows the reader's light or dark mode."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from .figures import Measure, Report, Row, Table, middle

IMAGES = Path(__file__).parent / "images"

WIDTH = 760
NAMES = 220
"""Room for the names, left of the bars."""
VALUES = 90
"""Room for the figures, right of the longest bar."""
BAR, GAP, TOP = 20, 8, 64

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.note, .value { fill: #59636e; }
.ours { fill: #0969da; } .floor { fill: #8c959f; } .peer { fill: #d1a054; }
.own { font-weight: 600; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .note, .value { fill: #9198a1; }
  .ours { fill: #4493f8; } .floor { fill: #656c76; } .peer { fill: #b08435; }
}
"""

DRAWN = {
    "gather": (Measure.RATE, Measure.CPU),
    "await": (Measure.RATE, Measure.CPU),
    "decode": (Measure.RATE, Measure.CPU),
    "1MB": (Measure.BYTES, Measure.CPU),
}
"""The tables that have pictures, and of what."""
FILE_NAMES = {Measure.RATE: "rate", Measure.BYTES: "rate", Measure.CPU: "cpu"}
BETTER = {Measure.RATE: "more is better", Measure.BYTES: "more is better", Measure.CPU: "less is better"}


@dataclass(frozen=True)
class Bar:
    name: str
    kind: str  # a class of the style
    value: float


@dataclass(frozen=True)
class Picture:
    name: str
    title: str
    note: str
    bars: list[Bar]

    def svg(self) -> str:
        height = TOP + len(self.bars) * (BAR + GAP) + GAP
        longest = max(bar.value for bar in self.bars)
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
            f' height="{height}" role="img" aria-label="{escape(self.title)}">',
            f"<style>{STYLE}</style>",
            f'<text class="title" x="12" y="26">{escape(self.title)}</text>',
            f'<text class="note" x="12" y="48">{escape(self.note)}</text>',
        ]
        for number, bar in enumerate(self.bars):
            lines += bar_lines(bar, TOP + number * (BAR + GAP), longest)
        return "\n".join([*lines, "</svg>"]) + "\n"


def bar_lines(bar: Bar, top: int, longest: float) -> list[str]:
    length = max(2.0, bar.value / longest * (WIDTH - NAMES - VALUES))
    middle_line, own = top + BAR - 5, ' class="own"' if bar.kind == "ours" else ""
    return [
        f'<text{own} x="{NAMES - 10}" y="{middle_line}" text-anchor="end">{escape(bar.name)}</text>',
        f'<rect class="{bar.kind}" x="{NAMES}" y="{top}" width="{length:.1f}" height="{BAR}" rx="3"/>',
        f'<text class="value" x="{NAMES + length + 8:.1f}" y="{middle_line}">{figure(bar.value)}</text>',
    ]


def figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def pictures(report: Report) -> Iterator[Picture]:
    for table in report["tables"]:
        for measure in DRAWN.get(table["name"], ()):
            if bars := bars_of(table, measure):
                name = f"{table['name']}-{FILE_NAMES[measure]}"
                yield Picture(name, table["title"], f"{measure.value}: {BETTER[measure]}", bars)


def bars_of(table: Table, measure: Measure) -> list[Bar]:
    """The best first."""
    measured = ((row, middle(row, measure)) for row in table["rows"])
    bars = [Bar(row["name"], kind(row), value) for row, value in measured if value is not None]
    return sorted(bars, key=lambda bar: bar.value, reverse=measure is not Measure.CPU)


def kind(row: Row) -> str:
    if row["peer"]:
        return "peer"
    return "ours" if row["name"].startswith("fastfetch") else "floor"


def draw(report: Report, folder: Path = IMAGES) -> None:
    folder.mkdir(exist_ok=True)
    for picture in pictures(report):
        (folder / f"{picture.name}.svg").write_text(picture.svg())
