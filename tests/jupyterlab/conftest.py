"""Fixtures: JupyterLab, a browser, and notebooks in it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.jupyterlab.lab import PATIENCE, Notebook, copy, running, write
from tests.servers.listening import found

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = [
    "--no-sandbox",  # which root cannot have
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="session")
def lab(folder: Path) -> Iterator[str]:
    with running(sys.executable, folder) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found("chromium"), args=CHROMIUM)


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    context = browser.new_context(viewport={"width": 900, "height": 1400}, device_scale_factor=1.25)
    context.set_default_timeout(1000 * PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def notebook(page: "Page", lab: str, folder: Path, request: pytest.FixtureRequest) -> Callable[..., Notebook]:
    """Opens a notebook of these cells, or of this file."""

    def opened(*cells: str | Path) -> Notebook:
        path = folder / f"{request.node.name}.ipynb"
        match cells:
            case [Path() as file]:
                copy(file, path)
            case _:
                write(path, [str(cell) for cell in cells])
        return Notebook(page, lab, path)

    return opened
