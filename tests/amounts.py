"""How much of it: tests that draw or repeat do so for seconds, or, with FASTFETCH_TORTURE=1, at length."""

import os

TORTURE = os.environ.get("FASTFETCH_TORTURE") == "1"


def times(at_length: int, usual: int) -> int:
    """How often to do something."""
    return at_length if TORTURE else usual


SLACK = float(os.environ.get("FASTFETCH_SLACK", "0.5"))
"""Seconds that a machine with other things to do may take beyond a bound of time."""
