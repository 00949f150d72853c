"""The notebooks in examples/: how they are run, and what is kept. `make notebooks` writes them."""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))

VARIES = "varies"
"""The tag of a cell whose outputs differ from run to run: they hold times, or depend on them."""

_PORT = re.compile(r"127\.0\.0\.1:\d{4,5}")


def executed(path: Path, folder: Path) -> NotebookNode:
    """A notebook with the outputs of its cells, run one after another in a folder by a kernel of its own.

    The demo site has another port each time; in the outputs it is 8000.
    """
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
    )
    environment = {
        **os.environ,
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": str(ROOT / "python"),
    }
    client.execute(env=environment)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_with_one_port(output) for output in cell.outputs]
    notebook.metadata["language_info"] = {"name": "python"}  # without the version
    return notebook


def _with_one_port(value: Any) -> Any:
    match value:
        case str():
            return _PORT.sub("127.0.0.1:8000", value)
        case list():
            return [_with_one_port(item) for item in value]
        case dict():
            return NotebookNode({name: _with_one_port(item) for name, item in value.items()})
    return value


def shown(cell: NotebookNode) -> list[str]:
    """What a cell shows, as text; without progress, which is shown only where a batch lasts.

    First what it prints: in how many pieces that comes differs from run to run.
    """
    outputs = cell.get("outputs", [])
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    results = [output.data["text/plain"] for output in outputs if output.output_type == "execute_result"]
    return [printed, *results] if printed else results


def main() -> None:
    """Run all notebooks, and write them with what they show."""
    for path in NOTEBOOKS:
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(executed(path, Path(folder)), path)
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
