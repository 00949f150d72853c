"""The command line: ``python -m fastfetch``."""
