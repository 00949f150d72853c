"""What the tests of the house look at: the repository's own files."""

import functools
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

_RUST_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


@functools.cache
def files() -> tuple[str, ...]:
    """Every file that is tracked, or would be on the next `git add`: nothing built, nothing downloaded."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout", allow_module_level=True)
    return tuple(name for name in listing.splitlines() if (ROOT / name).is_file())


def sources(folder: str, suffix: str) -> list[str]:
    """The files under a folder whose names end in this."""
    return [name for name in files() if name.startswith(f"{folder}/") and name.endswith(suffix)]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rust(name: str) -> str:
    """The code of a Rust file, without its comments. (A `//` within a string hides the rest of its line.)"""
    return _RUST_COMMENT.sub("", text(name))


def naming(pattern: str, folder: str = "src") -> set[str]:
    """The Rust files under a folder whose code names this."""
    return {name for name in sources(folder, ".rs") if re.search(pattern, rust(name))}
