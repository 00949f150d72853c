"""Writes docs/faults.md: `python -m tests.faults`."""

from tests.faults.page import PAGE, rendered

PAGE.write_text(rendered())
