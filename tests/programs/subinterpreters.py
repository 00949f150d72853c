"""Says what comes of imports in subinterpreters, before and after the main interpreter uses the package.

Arguments: the URL of a route server.
"""

import importlib.util
import sys
from typing import Any

from fastfetch import sync

NAMES = ("_interpreters", "_xxsubinterpreters")
"""What the module of subinterpreters is called, from Python 3.13 on and before."""

CODE = """
try:
    import fastfetch
except ImportError as error:
    said = f"ImportError: {error}"
except BaseException as error:
    said = f"{type(error).__name__}: {error}"
else:
    said = "imported"
import os
os.write(1, said.encode() + b"\\n")
"""


def run_in_one(interpreters: Any) -> None:
    one = interpreters.create()
    failed = (interpreters.run_string)(one, CODE)
    assert failed is None, failed
    interpreters.destroy(one)


def main(url: str) -> None:
    name = next(name for name in NAMES if importlib.util.find_spec(name))
    interpreters = importlib.import_module(name)
    run_in_one(interpreters)
    assert sync.get(url).ok
    run_in_one(interpreters)
    assert sync.gather([url] * 5).counts == {200: 5}
    print("as ever")


if __name__ == "__main__":
    main(*sys.argv[1:])
