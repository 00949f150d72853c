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


@pytest.fixture
def urls(route_server: RouteServer) -> list[str]:
    return [f"{route_server.url}/json/{name}" for name in "ab"] + [f"{route_server.url}/status/404"]


async def run(source: str, names: dict[str, Any]) -> None:
    # Tables are for those who look at them, here nobody does.
    code = compile(source, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    outcome = eval(code, names)
    if inspect.iscoroutine(outcome):
        await outcome


def test_every_block_of_the_readme_runs_as_it_stands(
    urls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = BLOCK.findall((ROOT / "README.md").read_text())
    assert len(blocks) >= 4
    names: dict[str, Any] = {"urls": urls}

    async def cells() -> None:
        for block in blocks:
            await run(block, names)

    asyncio.run(cells())
    assert names["results"].counts == {200: 2, 404: 1}
    assert capsys.readouterr().out.count("404 ") == 1
