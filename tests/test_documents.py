"""The Python blocks of the documents run as they stand, top-level `await` included."""

import ast
import asyncio
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import Serve
from .scripted import YES, Script, busy, names
from .servers.messages import Answer
from .servers.routes import RouteServer

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: str) -> list[str]:
    """The Python blocks of a document."""
    return BLOCK.findall((ROOT / document).read_text())


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some blocks write files where they are run."""
    monkeypatch.chdir(tmp_path)


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
    assert capsys.readouterr().out.count("\n404 ") == 1


def test_every_block_for_those_who_come_from_elsewhere_runs_too(
    urls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    page = "docs/coming-from-requests-and-httpx.md"
    assert len(blocks(page)) >= 4
    names: dict[str, Any] = {"url": urls[0]}
    run(page, names)
    assert names["size"] == len(b'{"name": "a"}')
    assert capsys.readouterr().out == "http://127.0.0.1:1/ connect 1\n"


def test_every_block_about_the_notebook_runs_too(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    page = "docs/in-the-notebook.md"
    assert len(blocks(page)) >= 9
    names: dict[str, Any] = {"urls": urls}
    run(page, names)
    assert names["results"].counts == names["shown"].counts == names["barred"].counts == {200: 2, 404: 1}
    assert names["values"] == [{"name": "a"}, {"name": "b"}, None]
    assert names["names"] == ["a", "b", "unknown"]
    said = capsys.readouterr()
    assert said.out.endswith(" 3 {200: 2, 404: 1}\n")
    for shown in (said.out, said.err):
        assert re.search(r"^3/3  100%  2 ok, 1 error status, 0 failed: 1 x 404 ", shown, re.MULTILINE)
    assert "pages: 100%" in said.err
    assert Path("status.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def lists(urls: list[str], route_server: RouteServer, serve: Serve) -> dict[str, Any]:
    """The lists of URLs that the page of the batch engine speaks of, and the file."""
    others = [serve(RouteServer()) for _ in range(3)]
    route_server.routes["/robots.txt"] = Answer.text("User-agent: *\nDisallow: /private/\n")
    route_server.routes["/moody"] = Script(busy(1, 429), YES)
    Path("urls.txt").write_text("\n".join(["# of one site", *names(others[0], range(20)), "", "no url"]))
    return {
        "urls": [*names(route_server, range(8)), urls[-1], "http://127.0.0.1:1/"],
        "pages": names(route_server, range(1_000)),
        "sites": [url for server in others for url in names(server, range(50))],
        "private": f"{route_server.url}/private/a",
        "moody": f"{route_server.url}/moody",
    }


def test_every_block_from_ten_urls_to_ten_million_runs_too(
    lists: dict[str, Any], route_server: RouteServer, capsys: pytest.CaptureFixture[str]
) -> None:
    page = "docs/from-ten-to-ten-million.md"
    assert len(blocks(page)) == len(re.findall(r"^## ", (ROOT / page).read_text(), re.MULTILINE)) >= 10
    found = lists
    run(page, found)
    assert found["results"].counts == {200: 8, 404: 1, "ConnectionRefused": 1}
    assert found["everything"].counts == found["slowly"].counts == {200: 1_000}
    assert (found["spread"].counts, found["polite"].counts) == ({200: 150}, {200: 50})
    assert found["allowed"].counts == {200: 5, "DisallowedByRobots": 1}
    tried = found["tried"]
    assert [(tried[0].status_code, tried[0].attempts), len(tried[-1].error.earlier)] == [(200, 2), 3]
    assert {response.content for response in found["heads"]} == {b""}
    assert found["named"][0].json() == {"name": "0"}
    assert sum(response.value for response in found["sizes"]) == sum(
        len(response.content) for response in found["everything"]
    )
    assert (len(found["once"]), len({response.url for response in found["once"]})) == (30, 10)
    assert found["last"] == {"name": "999"}
    assert [response.text for response in found["first"]] == [response.text for response in found["again"]]
    rows = [json.loads(line) for line in Path("rows.jsonl").read_text().splitlines()]
    assert [row["status"] for row in rows] == [200] * 20
    assert Path("failed.txt").read_text().startswith("no url  # ")
    assert "21/21  100%  20 ok, 1 failed" in capsys.readouterr().out
    asked = [request.target for request in route_server.ledger.requests]
    # Two calls of a client, three that hold less of each, two streams, one checkpoint.
    assert asked.count("/json/999") == 2 + 3 + 2 + 1
    assert "/private/a" not in asked


def test_every_block_about_tables_runs_too(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    page = "docs/tables.md"
    assert len(blocks(page)) >= 8
    names: dict[str, Any] = {"urls": urls}
    run(page, names)
    assert names["frame"]["name"].to_list() == ["a", "b"]
    assert names["joined"]["body"].to_list() == [b'{"name": "a"}', b'{"name": "b"}']
    assert names["results"].counts == {200: 2}
    assert len(names["slow"]) == 3
    assert capsys.readouterr().out.startswith("Table: 3 rows, 3 columns")


def test_every_block_about_tables_of_json_runs_too(
    route_server: RouteServer, capsys: pytest.CaptureFixture[str]
) -> None:
    page = "docs/tables-json.md"
    assert len(blocks(page)) >= 3
    item = {"id": 1, "name": "one", "price": 9.5, "at": "2026-11-29T12:00:00Z"}
    route_server.routes["/items/"] = lambda request: Answer.json({"page": 1, "items": [item, item]})
    found: dict[str, Any] = {
        "pages": [*(f"{route_server.url}/items/{page}" for page in range(3)), "http://127.0.0.1:1/"]
    }
    run(page, found)
    assert found["frame"]["_index"].to_list() == [0, 0, 1, 1, 2, 2, 3]
    assert [str(kind) for kind in found["typed"].dtypes[2:5]] == [
        "Int32",
        "String",
        "Decimal(precision=10, scale=2)",
    ]
    assert "127.0.0.1:1" in capsys.readouterr().out
