"""What long tests measure: printed by `make torture`, one line each, and kept for docs/reliability.md."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.amounts import TORTURE

Measured = Callable[[str, str], None]
"""Says what was done, with its count, and what came of it: two phrases without a full stop."""

KEPT = Path(__file__).parent / "reliability/figures.json"

lines: dict[str, str] = {}
"""What was done, and what came of it, in the order the tests ran."""


def keep() -> None:
    """Write down what a run at length has measured, beside what earlier ones have."""
    if TORTURE and lines:
        earlier: dict[str, str] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        KEPT.write_text(json.dumps(earlier | lines, indent=1, ensure_ascii=False) + "\n")
