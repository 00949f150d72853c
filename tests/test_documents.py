"""The Python blocks of the documents run as they stand, top-level `await` included."""

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from .servers.routes import RouteServer

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: str) -> list[str]:
    """The Python blocks of a document."""
    return BLOCK.findall((ROOT / document).read_text())


@pytest.fixture
def urls(route_server: RouteServer) -> list[str]:
    return [f"{route_server.url}/json/{name}" for name in "ab"] + [f"{route_server.url}/status/404"]


def run(document: str, names: dict[str, Any]) -> None:
    """Run the blocks of a document like the cells of a notebook."""

    async def cells() -> None:
        for block in blocks(document):
            # Tables are for those who look at them, here nobody does.
            code = compile(block, document, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            outcome = eval(code, names)
            if inspect.iscoroutine(outcome):
                await outcome

    asyncio.run(cells())


def test_every_block_of_the_readme_runs_as_it_stands(
    urls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(blocks("README.md")) >= 4
    names: dict[str, Any] = {"urls": urls}
    run("README.md", names)
    assert names["results"].counts == {200: 2, 404: 1}
    assert capsys.readouterr().out.count("404 ") == 1


def test_every_block_for_those_who_come_from_elsewhere_runs_too(
    urls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    page = "docs/coming-from-requests-and-httpx.md"
    assert len(blocks(page)) >= 4
    names: dict[str, Any] = {"url": urls[0]}
    run(page, names)
    assert names["size"] == len(b'{"name": "a"}')
    assert capsys.readouterr().out == "http://127.0.0.1:1/ connect 1\n"
