"""``python -m fastfetch demo``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastfetch._cli.arguments import PROGRAM, Parser

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["run"]

DESCRIPTION = """\
Fetch a thousand URLs of every kind from a web site on this machine, and show what came back.

It ends with 0 if all is as planned, else with 1."""


def run(words: Sequence[str]) -> int:
    """Shows what there is to see; returns the exit code."""
    Parser(f"{PROGRAM} demo", DESCRIPTION).read(words)
    from fastfetch.demo import _thousand

    return asyncio.run(_thousand.main())
