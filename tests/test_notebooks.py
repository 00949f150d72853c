"""The notebooks in examples/ run from top to bottom, offline, and show what is saved in them."""

from pathlib import Path

import nbformat
import pytest

from tests.notebooks import NOTEBOOKS, VARIES, executed, shown


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_is_saved_in_it(path: Path, tmp_path: Path) -> None:
    saved = nbformat.read(path, as_version=4)
    for before, after in zip(saved.cells, executed(path, tmp_path).cells, strict=True):
        if VARIES in before.metadata.get("tags", []):
            assert len(shown(before)) == len(shown(after)), before.source
        else:
            assert shown(before) == shown(after), before.source


def test_there_are_five_and_the_first_leads_to_the_others() -> None:
    first, *others = NOTEBOOKS
    links = first.read_text()
    assert [other.name for other in others if f"({other.name})" not in links] == []
    assert len(others) == 4
