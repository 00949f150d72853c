"""A person's session in JupyterLab, button presses included; what it looks like is kept for the README."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.jupyterlab.lab import Notebook
from tests.jupyterlab.shop import ATTACK, HELD, Shop

if TYPE_CHECKING:
    from playwright.sync_api import Dialog

Open = Callable[..., Notebook]

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as server:
        yield server


def client(shop: Shop) -> str:
    """A cell with a client for which the server is the shop of that name."""
    return (
        "import fastfetch\n"
        f"client = fastfetch.Client(resolve={{'shop.example': '127.0.0.1:{shop.port}'}}, trust_env=False)"
    )


def items(count: int) -> str:
    return f'urls = [f"http://shop.example/items/{{n}}" for n in range({count})]\n'


def test_progress_moves_and_stays_in_the_file_and_results_are_a_table(notebook: Open, shop: Shop) -> None:
    book = notebook(client(shop), items(150) + "results = await client.gather(urls, per_host=50)", "results")
    book.run(0)
    book.start(1)
    progress = book.output(1)
    progress.get_by_text(re.compile(f"{HELD}.*150")).first.wait_for()
    book.picture(IMAGES / "progress.png", 1, 1)
    shop.open()
    book.finish(1)
    progress.get_by_text(re.compile("150.*150")).first.wait_for()

    table = book.run(2)
    table.locator("table").first.wait_for()
    assert "200" in table.inner_text()
    assert "404" in table.inner_text()
    book.picture(IMAGES / "results.png", 2, 2)

    [final] = book.save()["cells"][1]["outputs"]
    assert "".join(final["data"]["text/plain"]).startswith("150/150  100%")
    book.open()
    book.output(1).get_by_text(re.compile("150.*150")).first.wait_for()


def test_answers_are_shown_as_what_they_are(notebook: Open, shop: Shop) -> None:
    book = notebook(
        client(shop),
        'await client.get("http://shop.example/items/3")',
        'await client.get("http://shop.example/picture.png")',
    )
    book.run(0)
    assert '"name"' in book.run(1).inner_text()
    image = book.run(2).locator("img")
    image.wait_for()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 96
    book.picture(IMAGES / "response.png", 1, 2)


def test_the_interrupt_button_stops_a_batch_and_nothing_else(notebook: Open, shop: Shop) -> None:
    book = notebook(
        client(shop) + "\n%xmode Minimal",  # no traceback, which would show where on this machine files are
        items(150) + "batch = fastfetch.Batch(urls, client=client, per_host=50)\nresults = await batch",
        "batch.results.counts",
        "results = await batch\nresults.counts",
    )
    book.run(0)
    book.start(1)
    book.output(1).get_by_text(re.compile(f"{HELD}.*150")).first.wait_for()
    assert len(shop.ledger.wait_requests(150)) == 150
    start = time.monotonic()
    book.interrupt()
    book.finish(1)
    # Half a second, and what a browser takes to press and to see.
    assert time.monotonic() - start < 1.5
    book.output(1).get_by_text(re.compile("interrupted")).first.wait_for()
    assert "{200: 112, 404: 8}" in book.run(2).inner_text()
    book.picture(IMAGES / "interrupt.png", 1, 2)
    shop.open()
    assert "{200: 140, 404: 10}" in book.run(3).inner_text()
    assert len(shop.ledger.requests) == 150 + 150 - HELD


def test_nothing_that_a_site_says_is_run(notebook: Open, shop: Shop) -> None:
    book = notebook(
        client(shop) + f"\nATTACK = {ATTACK!r}",
        "import urllib.parse\n"
        'site = "http://shop.example"\n'
        "attacks = [f'{site}/attack.{kind}' for kind in ('html', 'json', 'svg')]\n"
        "attacks += [f'{site}/attack/{urllib.parse.quote(ATTACK)}', f'{site}/attack/?{ATTACK}', ATTACK,\n"
        '            f"http://{ATTACK}/", "javascript:window.canary = 1"]\n'
        "results = await client.gather(attacks, progress=True)",
        "results",
        "from IPython.display import display\n"
        "for result in results:\n    display(result)\n    if result.error is None:\n"
        "        display(result.headers, result.cookies)",
        "display(results.by_host())\nresults.failed",
        "from IPython.display import HTML\nHTML(\"<img src=x onerror='window.canary = true'>\")",
    )
    events: list[str] = []
    asked: list[str] = []

    def refuse(dialog: "Dialog") -> None:
        events.append(f"dialog {dialog.message}")
        dialog.dismiss()

    book.page.on("dialog", refuse)
    book.page.on("popup", lambda page: events.append(f"popup {page.url}"))
    book.page.on("request", lambda request: asked.append(request.url))
    for index in range(5):
        book.run(index)
    outputs = book.page.locator(".jp-Cell-outputArea")
    assert outputs.locator("script, iframe, object, embed, svg [onload], style").count() == 0
    assert outputs.locator("[onerror], [onload], [onclick], [srcdoc]").count() == 0
    assert (
        outputs.locator(".jp-RenderedHTML a[href]").evaluate_all(
            "links => links.filter(a => !/^https?:$/.test(a.protocol)).map(a => a.href)"
        )
        == []
    )
    # JupyterLab makes links of what it takes for addresses in text.
    assert outputs.locator("a[href^='javascript' i], a[href^='data' i], a[href^='blob' i]").count() == 0
    for link in outputs.locator(".jp-RenderedHTML a[href]").all():
        assert "noopener" in (link.get_attribute("rel") or "")
    assert "\u202e" not in outputs.all_inner_texts()
    assert book.page.evaluate("window.canary") is None
    assert events == []
    assert [url for url in asked if "shop.example" in url] == []

    book.run(5)  # What the test itself asks to be run is: the canary would have sung.
    book.page.wait_for_function("window.canary === true")


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_for_beginners_runs_from_top_to_bottom(notebook: Open, path: Path) -> None:
    book = notebook(path)
    book.run_all()
    assert book.page.locator("[data-mime-type$=error]").count() == 0
    assert book.page.locator("[data-mime-type$=stderr]").count() == 0
