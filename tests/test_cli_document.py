"""What the page of the command line says: its shell blocks run as they stand."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fastfetch
import pytest
from fastfetch.demo import Site

from tests.commands import environment

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "command-line.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def test_every_block_runs_as_it_stands(site: Site, tmp_path: Path) -> None:
    assert len(BLOCKS) >= 7
    programs, folder = tmp_path / "programs", tmp_path / "work"
    programs.mkdir()
    folder.mkdir()
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (programs / "python").chmod(0o755)
    variables = {"SITE": site.url, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-eu", "-c", "\n".join(BLOCKS)],
        cwd=folder,
        env=environment(variables),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "exit code 1\n" in done.stdout
    assert "3 URLs in " in done.stderr
    assert "1,000 of 1,000 outcomes are as planned." in done.stdout
    assert "Traceback" not in done.stderr

    assert json.loads((folder / "item.json").read_text())["id"] == 7
    assert [len((folder / name).read_text().splitlines()) for name in ("lines.txt", "heads.txt")] == [
        500,
        500,
    ]
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]
    assert sorted(row["index"] for row in rows) == list(range(500))
    assert len((folder / "good.jsonl").read_text().splitlines()) == 1
    assert len(list((folder / "pages").iterdir())) == 503
    assert len((folder / "all.jsonl").read_text().splitlines()) == 500


def test_the_fields_are_those_that_are_written(site: Site, tmp_path: Path) -> None:
    from fastfetch._cli.main import main

    fields = {
        name
        for row in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", PAGE, re.MULTILINE)
        for name in row.split("`")[1::2]
    }
    path = tmp_path / "rows.jsonl"
    assert main([f"{site.url}/json/1", f"{site.url}/picture.png", "--jsonl", str(path), "-q"]) == 0
    written = {name for line in path.read_text().splitlines() for name in json.loads(line)}
    assert fields == written | {"encoding"}


def test_the_defaults_are_those_of_the_package() -> None:
    defaults = dict(re.findall(r"^\| `(-j N|--timeout S)` .* \| (\d+) \|$", PAGE, re.MULTILINE))
    limits, timeout = fastfetch.Limits(), fastfetch.Timeout()
    assert defaults == {"-j N": str(limits.concurrency), "--timeout S": f"{timeout.total:g}"}
