"""How results look: text, HTML, pictures. What all of them need is here; the rest comes when one is shown."""

from fastfetch._display.units import human_bytes, human_seconds, percentile, printable, short_url

__all__ = ["human_bytes", "human_seconds", "percentile", "printable", "short_url"]
