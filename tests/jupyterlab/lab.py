"""A JupyterLab of its own, and its notebooks in a browser."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from tests.servers.listening import bound
from tests.servers.process import serving

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Locator, Page

PACKAGE = Path(__file__).resolve().parents[2] / "python"

PATIENCE = 30.0
"""How many seconds a browser, a server and a kernel may take on a busy machine."""

BELOW = 4
"""How many pixels at the end of a cell show which one is selected."""

TOKEN = "tests"  # It guards a server that only this machine reaches, for seconds.

# Of all cells there is an element, those out of sight included; and nobody asks about news.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@contextmanager
def running(python: str, folder: Path) -> Iterator[str]:
    """Run JupyterLab over the notebooks of a folder; its URL."""
    own = folder.parent / f"{folder.name}-jupyter"
    for name, settings in SETTINGS.items():
        path = own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    with bound() as port:
        host, number = port.getsockname()
        command = [python, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ip={host}"]
        command += [f"--port={number}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
        command += [f"--IdentityProvider.token={TOKEN}"]
        environment = {
            "IPYTHONDIR": str(own / "ipython"),
            "JUPYTER_CONFIG_DIR": str(own / "config"),
            "JUPYTER_DATA_DIR": str(own / "data"),
            "PYTHONPATH": str(PACKAGE),
            "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        }
        with serving(command, [], folder.parent / "jupyterlab.log", environment):
            url = f"http://{host}:{number}"
            _wait_until_answering(f"{url}/api?token={TOKEN}")
            yield url


def _wait_until_answering(url: str) -> None:
    """It tells nobody that it listens: asking is all there is."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def copy(source: Path, path: Path) -> None:
    """Copy a notebook, without its outputs."""
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, path)


def write(path: Path, cells: list[str]) -> None:
    """Write a notebook of these cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


class Notebook:
    """A notebook in JupyterLab: what a person does with it, and sees of it."""

    def __init__(self, page: "Page", lab: str, path: Path) -> None:
        self.page = page
        self.path = path
        self._url = f"{lab}/doc/tree/{path.name}?token={TOKEN}&reset"
        self.open()

    def open(self) -> None:
        """Load the page anew; the kernel stays as it is."""
        self.page.goto(self._url)
        # What is typed before the kernel is there is lost.
        self.page.wait_for_selector("text=/Python 3.* \\| Idle/")
        self.page.locator(".jp-CodeCell .cm-content").first.wait_for()

    def cell(self, index: int) -> "Locator":
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> "Locator":
        """All that a cell has put out."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def start(self, index: int) -> None:
        """Run a cell, as Shift-Enter does."""
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")

    def finish(self, index: int) -> None:
        """Wait until a cell has a number for its star."""
        self.cell(index).locator(".jp-InputPrompt").filter(has_text=re.compile(r"\[\d+\]")).wait_for()

    def run(self, index: int) -> "Locator":
        """Run a cell, which must not fail, to its end; its output."""
        self.start(index)
        self.finish(index)
        output = self.output(index)
        assert output.locator("[data-mime-type$=error]").count() == 0, output.inner_text()
        return output

    def run_all(self) -> None:
        """Choose "Run All Cells" of the menu, and wait until the last has come to its end."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        last = self.page.locator(".jp-Notebook .jp-Cell .jp-InputPrompt").last
        failed = self.page.locator("[data-mime-type$=error]")  # and the rest is not run
        last.filter(has_text=re.compile(r"\[\d+\]")).or_(failed).first.wait_for(timeout=3000 * PATIENCE)

    def interrupt(self) -> None:
        """Press the button."""
        self.page.locator("[data-jp-item-name='interrupt']").first.click()

    def save(self) -> Mapping[str, Any]:
        """Save it; what is in the file then."""
        before = self.path.stat().st_mtime_ns
        self.page.keyboard.press("Control+s")
        deadline = time.monotonic() + PATIENCE
        while self.path.stat().st_mtime_ns == before:
            assert time.monotonic() < deadline, "the notebook was not saved"
            self.page.wait_for_timeout(50)
        saved: Mapping[str, Any] = json.loads(self.path.read_text())
        return saved

    def picture(self, path: Path, first: int, last: int) -> None:
        """Take a picture of these cells and all between them."""
        self.page.keyboard.press("Escape")
        self.page.mouse.move(0, 0)
        self.cell(first).scroll_into_view_if_needed()
        top, bottom = self.cell(first).bounding_box(), self.cell(last).bounding_box()
        assert top is not None
        assert bottom is not None
        clip: FloatRect = {
            "x": top["x"],
            "y": top["y"],
            "width": top["width"],
            "height": bottom["y"] + bottom["height"] - top["y"] - BELOW,
        }
        self.page.screenshot(path=path, clip=clip)
