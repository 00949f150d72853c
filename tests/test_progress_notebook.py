"""Progress in a real ipykernel, and in the file that a notebook is saved to: a display, updated in place."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from tests.kernels import Kernel, running
from tests.servers.ledger import PATIENCE
from tests.servers.routes import RouteServer

FACES = pytest.mark.parametrize("face", ["gather", "as_completed"])
FOREIGN = "class Foreign(Exception): pass\nForeign.__name__ = '<script>alert(1)</script>\\x1b[31m'\n"


class Notebook(Kernel):
    """A kernel whose cells' messages are all kept."""

    def until(self, name: str, kind: str) -> dict[str, Any]:
        """The next output of this kind, on the way to which nothing else has come but itself."""
        while True:
            message: dict[str, Any] = self._client.get_iopub_msg(timeout=PATIENCE)
            if message["msg_type"] == kind and message["parent_header"].get("msg_id") == name:
                return message

    def outputs(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """All that a cell still puts out, to its end."""
        found = list[tuple[str, dict[str, Any]]]()
        while True:
            message = self._client.get_iopub_msg(timeout=PATIENCE)
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                if message["parent_header"].get("msg_id") == name:
                    return found
            elif kind not in ("status", "execute_input"):
                found.append((kind, content))


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    with running(Notebook, tmp_path_factory.mktemp("jupyter")) as notebook:
        cell = f"""
import asyncio, fastfetch as ff
async def gather(urls, **options):
    return len(await ff.gather(urls, **options))
async def as_completed(urls, **options):
    return len([response async for response in ff.as_completed(urls, **options)])
{FOREIGN}
def fail(response):
    raise Foreign
"""
        assert notebook.outputs(notebook.start(cell)) == []
        yield notebook


@pytest.fixture
def urls(route_server: RouteServer) -> list[str]:
    """Three that are answered at once, and one at a gate."""
    return [*(f"{route_server.url}/json/{name}" for name in "abc"), f"{route_server.url}/gate/shut"]


def text(html: str) -> str:
    """The text of a piece of HTML, which runs nothing and fetches nothing."""
    said = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            assert tag in ("div", "b"), tag
            assert {name for name, _ in attributes} <= {
                "style",
                "role",
                "aria-valuemin",
                "aria-valuemax",
                "aria-valuenow",
            }

        def handle_data(self, data: str) -> None:
            said.append(data)

    Reader().feed(html)
    return " ".join(" ".join(said).split())


@FACES
def test_one_display_is_updated_to_the_end(
    notebook: Notebook, face: str, urls: list[str], route_server: RouteServer
) -> None:
    cell = notebook.start(f"await {face}({urls!r})")
    first = notebook.until(cell, "display_data")["content"]
    assert set(first["data"]) == {"text/plain", "text/html"}
    assert first["data"]["text/plain"].startswith("3/4   75%  3 ok, 0 failed  1 in flight  ")
    assert text(first["data"]["text/html"]).startswith("3/4 75% ")
    assert 'aria-valuenow="3"' in first["data"]["text/html"]
    notebook.until(cell, "update_display_data")
    route_server.open_gate("shut")
    *updates, (kind, result) = notebook.outputs(cell)
    assert (kind, result["data"]["text/plain"]) == ("execute_result", "4")
    assert {kind for kind, _ in updates} == {"update_display_data"}
    assert {content["transient"]["display_id"] for _, content in updates} == {
        first["transient"]["display_id"]
    }
    last = updates[-1][1]["data"]
    assert re.fullmatch(r"4/4  100%  4 ok, 0 failed  \d+ B  \d+/s  in .*", last["text/plain"])
    assert text(last["text/html"]).startswith("4/4 100% ")


@FACES
def test_a_short_one_leaves_nothing(notebook: Notebook, face: str, urls: list[str]) -> None:
    [(kind, _)] = notebook.outputs(notebook.start(f"await {face}({urls[:3]!r})"))
    assert kind == "execute_result"


@FACES
def test_who_asks_is_shown_a_short_one(notebook: Notebook, face: str, urls: list[str]) -> None:
    outputs = notebook.outputs(notebook.start(f"await {face}({urls[:3]!r}, progress=True)"))
    assert [kind for kind, _ in outputs] == ["display_data", "execute_result"]
    assert outputs[0][1]["data"]["text/plain"].startswith("3/3  100%")


def test_an_interrupt_stays_to_be_seen_and_the_next_cell_goes_on(
    notebook: Notebook, urls: list[str], route_server: RouteServer
) -> None:
    cell = notebook.start(f"batch = ff.Batch({urls!r})\nawait batch")
    notebook.until(cell, "display_data")
    notebook.interrupt()
    *updates, (kind, content) = notebook.outputs(cell)
    assert kind == "error"
    assert content["ename"] in ("CancelledError", "KeyboardInterrupt")
    assert {kind for kind, _ in updates} == {"update_display_data"}
    last = updates[-1][1]["data"]
    assert last["text/plain"].startswith("interrupted at 3/4   75%  3 ok, 0 failed  ")
    assert text(last["text/html"]).startswith("interrupted at 3/4 75% ")

    # Whatever was under way when it was interrupted, nothing comes after it.
    cell = notebook.start("await asyncio.sleep(0.25)\nlen(batch.results)")
    [(kind, content)] = notebook.outputs(cell)
    assert (kind, content["data"]["text/plain"]) == ("execute_result", "3")

    cell = notebook.start("len(await batch)")
    assert notebook.until(cell, "display_data")["content"]["data"]["text/plain"].startswith("3/4")
    route_server.open_gate("shut")
    *_, (_, last), (_, result) = notebook.outputs(cell)
    assert last["data"]["text/plain"].startswith("4/4  100%")
    assert result["data"]["text/plain"] == "4"


def test_two_at_once_are_one_display(notebook: Notebook, urls: list[str], route_server: RouteServer) -> None:
    cell = notebook.start(f"await asyncio.gather(gather({urls!r}), gather({urls!r}))")
    notebook.until(cell, "display_data")
    notebook.until(cell, "update_display_data")
    route_server.open_gate("shut")
    *updates, (kind, _) = notebook.outputs(cell)
    assert kind == "execute_result"
    assert {kind for kind, _ in updates} == {"update_display_data"}


def test_what_comes_from_elsewhere_is_escaped(notebook: Notebook, urls: list[str]) -> None:
    cell = notebook.start(f"await gather({urls[:3]!r}, on_response=fail, progress=True)")
    (_, shown), _ = notebook.outputs(cell)
    name = "<script>alert(1)</script>\\x1b[31m"
    assert shown["data"]["text/plain"].startswith(f"3/3  100%  0 ok, 3 failed: 3 {name}  ")
    assert "<script" not in shown["data"]["text/html"]
    assert f"0 ok, 3 failed: 3 {name}" in text(shown["data"]["text/html"])


def test_a_callable_in_a_notebook(notebook: Notebook, urls: list[str], route_server: RouteServer) -> None:
    cell = notebook.start(f"await gather({urls!r}, progress=lambda p: print(p.done, p.total))")
    assert notebook.until(cell, "stream")["content"]["text"].startswith("3 4\n")
    route_server.open_gate("shut")
    outputs = notebook.outputs(cell)
    printed = "".join(content["text"] for kind, content in outputs if kind == "stream")
    assert printed.endswith("4 4\n")
    assert {kind for kind, _ in outputs} == {"stream", "execute_result"}


def test_tqdm_in_a_notebook(notebook: Notebook, urls: list[str]) -> None:
    """Without widgets it writes to stderr."""
    cell = f"import tqdm.std\nawait gather({urls[:3]!r}, progress=tqdm.std.tqdm)"
    outputs = notebook.outputs(notebook.start(cell))
    assert "3/3" in "".join(content["text"] for kind, content in outputs if kind == "stream")
    assert {kind for kind, _ in outputs} == {"stream", "execute_result"}


def test_the_saved_file_has_the_end(
    urls: list[str], route_server: RouteServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    urls = [*urls[:3], f"{route_server.url}/delay/0.7"]
    code = f"import fastfetch\nresults = await fastfetch.gather({urls!r})"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(book, kernel_name="python3").execute()
    path = tmp_path / "saved.ipynb"
    nbformat.write(book, path)
    [output] = nbformat.read(path, as_version=4).cells[0].outputs
    assert output.data["text/plain"].startswith("4/4  100%  4 ok, 0 failed  ")
    assert text(output.data["text/html"]).startswith("4/4 100% ")
