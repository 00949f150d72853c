"""What a comparison brings, as it is kept in comparison.json."""

import json
from pathlib import Path
from typing import TypedDict

from tests.reliability.judge import Cell

OURS = "fastfetch"
CLIENTS = (OURS, "aiohttp", "httpx2", "niquests", "pyreqwest")

HERE = Path(__file__).parent
COMPARISON = HERE / "comparison.json"
PAGE = HERE.parents[1] / "docs/reliability.md"


class Row(TypedDict):
    """One fault, or one moment in the life of a process."""

    id: str
    what: str
    due: str
    """What has to come of it."""
    cells: dict[str, Cell]


class Report(TypedDict):
    date: str
    machine: dict[str, str]
    versions: dict[str, str]
    rows: list[Row]


def load() -> Report:
    report: Report = json.loads(COMPARISON.read_text())
    return report


def keep(report: Report) -> None:
    COMPARISON.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
