"""Modules of the package that are imported when they are asked for, as in `fastfetch.sync.get(url)`."""

import importlib
from types import ModuleType

LATE = frozenset({"demo", "sync"})


def __getattr__(name: str) -> ModuleType:
    if name in LATE:
        return importlib.import_module(f"fastfetch.{name}")
    raise AttributeError(f"module 'fastfetch' has no attribute {name!r}", name=name, obj=None)
