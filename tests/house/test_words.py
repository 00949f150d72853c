"""What may stand in no file of the repository, and what must stand in some."""

import re

import pytest

from tests.house.repository import ROOT, files, text

# Bracketed letters keep these patterns from finding themselves.
MACHINE_PATH = re.compile(r"(?<![\w.:}])/(?:wor[k]|roo[t]|tm[p]|hom[e]|User[s])/")
LEFT_FOR_LATER = re.compile(
    r"\b(?:TOD[O]|FIXM[E]|XX[X])\b|\b(?:tod[o]|unimplemente[d]|db[g])!|breakpoin[t]\("
)


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name in files()
        if not name.startswith("fuzz/corpus/") and b"\0" not in (ROOT / name).read_bytes()
        for number, line in enumerate(text(name).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_path_of_a_machine() -> None:
    assert lines_with(MACHINE_PATH) == []


def test_nothing_is_left_for_later() -> None:
    assert lines_with(LEFT_FOR_LATER) == []


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_names_both_commands(command: str) -> None:
    assert command in text("README.md")


@pytest.mark.parametrize(
    "target", ["demo", "test", "fuzz", "notebook", "notebooks", "lint", "stubs", "bench", "clean"]
)
def test_the_makefile_has_a_word_for_each_habit(target: str) -> None:
    assert re.search(rf"^{target}:", text("Makefile"), re.MULTILINE)
