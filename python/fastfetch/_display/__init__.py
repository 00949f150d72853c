"""How results look: as text, as HTML, as pictures."""

from fastfetch._display.outcomes import Columns
from fastfetch._display.text import summary
from fastfetch._display.units import human_bytes, human_seconds, percentile, printable, short_url

__all__ = ["Columns", "human_bytes", "human_seconds", "percentile", "printable", "short_url", "summary"]
