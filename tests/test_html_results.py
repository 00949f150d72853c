"""`Results` and `Batch` in a notebook: what the HTML says, and that it is harmless."""

import asyncio
import time
from typing import Any

import fastfetch
import pytest
from fastfetch import Batch, Request, Results
from fastfetch._display.markup import link
from fastfetch._display.table import results_html
from hypothesis import given
from hypothesis import strategies as st

from tests.columns import Item, Table
from tests.safe_html import HOSTILE, Shown, shown
from tests.scripted import until
from tests.servers.routes import RouteServer

HOSTILE_TEXT = pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:30]))

MANY: list[Item] = [
    (200, None, 1_500, 0.010, "https://example.com/a"),
    (404, None, 9, 0.005, "https://example.com/missing"),
    (None, "ReadTimeout", 0, 30.0, "https://example.com/slow"),
    (None, "ReadTimeout", 0, 31.0, "https://example.com/slower"),
    (None, "InvalidURL", 0, 0.0, "no url"),
    (None, None, 0, 0.0, "https://example.com/later"),
    *[(200, None, 500, 0.020, f"https://example.com/{n}") for n in range(94)],
]


class TestWhatIsSaid:
    def test_counts_times_failures_slowest_and_first(self) -> None:
        table = Table(MANY)
        seen = shown(results_html(table))
        for words in (
            "Results 100 URLs 95 ok 1 error status 3 failed 1 not done ",
            "48.5 kB · p50 20 ms · p95 20 ms",
            "outcomecountbytesp50p95",
            "200 OK9548.5 kB20 ms20 ms",
            "404 Not Found19 B5 ms5 ms",
            "ReadTimeout20 B30 s31 s",
            "not done1",
            "all done99",
            "[2]ReadTimeoutReadTimeout of item 2",
            "[4]InvalidURLInvalidURL of item 4",
            "slowest 5[3]ReadTimeout31 s0 Bhttps://example.com/slower[2]",
            "first 10[0]20010 ms1.5 kBhttps://example.com/a[1]404",
            "[5]not donehttps://example.com/later",
        ):
            assert words in seen.text, words
        assert seen.links[0] == "https://example.com/slower"
        # No message and no URL is made that is not shown.
        assert len(table.asked) == 15
        assert "no url" not in seen.links

    def test_few_are_shown_once(self) -> None:
        seen = shown(results_html(Table(MANY[:2])))
        assert seen.links == ["https://example.com/a", "https://example.com/missing"]
        assert "all[0]" in seen.text
        assert "slowest" not in seen.text

    def test_of_nothing(self) -> None:
        assert shown(results_html(Table([]))).text == "Results: empty"

    def test_nothing_done(self) -> None:
        assert "2 not done" in shown(results_html(Table([(None, None, 0, 0.0, "http://a/")] * 2))).text

    def test_many_outcomes_are_bounded(self) -> None:
        codes: list[Item] = [(code, None, 1, 0.1, "http://a/") for code in range(100, 1000)]
        errors: list[Item] = [(None, f"Error{n}", 0, 0.1, "http://b/") for n in range(900)]
        seen = shown(results_html(Table([*codes, *errors])))
        assert seen.elements.count("tr") < 60
        assert "1,780 other outcomes" in seen.text

    def test_a_hundred_thousand_take_no_time(self) -> None:
        table = Table([(200, None, n, n % 1000 / 1000, f"http://a/{n}") for n in range(100_000)])
        began = time.process_time()
        html = results_html(table)
        assert time.process_time() - began < 2.0  # about 0.1 s; the bound is against worse than n log n
        assert len(table.asked) == 15
        shown(html)


class TestHarmless:
    @HOSTILE_TEXT
    def test_whatever_urls_and_errors_say(self, text: str) -> None:
        urls = [text, f"http://a/{text}", f"http://{text}@a/", f"https://me:secret@{text}/"]
        for url in urls:
            items: list[Item] = [
                (200, None, 1, 1.0, url),
                (None, text, 0, 1.0, url),
                (None, None, 0, 0.0, url),
            ]
            seen = shown(results_html(Table(items * 6)))
            assert "secret" not in seen.text
            assert not [found for found in seen.links if "script:" in found and not found.startswith("http")]

    @given(st.text(), st.text())
    def test_any_text(self, url: str, error: str) -> None:
        for one in (url, f"http://{url}", f"https://a/{url}"):
            shown(results_html(Table([(200, None, 1, 1.0, one), (None, error or "E", 0, 1.0, one)])))

    @pytest.mark.parametrize("item", HOSTILE, ids=lambda text: ascii(text[:30]))
    def test_for_real(self, item: str) -> None:
        async def main() -> Results:
            return await fastfetch.gather([item, f"http://127.0.0.1:1/{item}", f"http://{item}"], timeout=0.2)

        results = asyncio.run(main())
        shown(results._repr_html_())
        for response in results:
            shown(response._repr_html_())


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://example.com/", "http://example.com/"),
        ("HTTPS://EXAMPLE.com/?q=a&b=%22#x", "HTTPS://EXAMPLE.com/?q=a&b=%22#x"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("http://me:secret@example.com/@x", "http://example.com/@x"),
        ("http://a@b@example.com/", "http://example.com/"),
        ("http://example.com/" + "x" * 1_900, "http://example.com/" + "x" * 1_900),
        ("http://example.com/" + "x" * 2_000, None),
        ("http:example.com", None),
        ("http:/\\example.com", None),
        ("http:///path", None),
        ("http://", None),
        ("http://me@", None),
        ("http://example.com/ x", None),
        (" http://example.com/", None),
        ("http://example.com/\n", None),
        ("http://example.com/<", None),
        ('http://example.com/"', None),
        ("http://exämple.com/", None),
        ("//example.com/", None),
        ("ftp://example.com/", None),
        ("javascript://example.com/%0aalert(1)", None),
        ("", None),
    ],
)
def test_links(url: str, target: str | None) -> None:
    seen = Shown(link(url))
    assert seen.links == ([] if target is None else [target])
    assert "secret" not in seen.text


@given(st.text() | st.text().map(lambda rest: f"http://{rest}"))
def test_links_of_any_text(url: str) -> None:
    assert len(Shown(link(url)).text) <= 90


class TestBatch:
    def test_on_the_way_and_done(self, route_server: RouteServer) -> None:
        urls = [f"{route_server.url}/json/{n}" for n in range(3)] + [f"{route_server.url}/gate/one"]

        async def main() -> list[str]:
            batch = Batch(urls)
            pages = [batch._repr_html_()]
            running = asyncio.create_task(batch._run())
            await until(lambda: batch.progress.ok == 3)
            pages.append(batch._repr_html_())
            route_server.open_gate("one")
            await running
            return [*pages, batch._repr_html_()]

        before, half, after = [shown(page) for page in asyncio.run(main())]
        assert before.text.startswith("Batch 0/4    0%  ")
        assert "Done so far" not in before.text
        assert half.text.startswith("Batch 3/4   75%  ")
        assert "Done so far 3 URLs 3 ok" in half.text
        assert half.links == urls[:3]
        assert after.text.startswith("Batch 4/4  100%  ")
        assert after.links == urls

    def test_of_nothing(self) -> None:
        assert shown(Batch([])._repr_html_()).text.startswith("Batch 0/0  100%  ")


class TestInIPython:
    def bundle(self, thing: Any) -> dict[str, str]:
        from IPython.core.formatters import DisplayFormatter

        formatter: Any = DisplayFormatter()
        data: dict[str, str] = formatter.format(thing)[0]
        return data

    def test_text_and_html(self, route_server: RouteServer) -> None:
        results = asyncio.run(fastfetch.gather([f"{route_server.url}/json/a"]))
        for thing in (results, results[0], results[0].headers, Request("GET", "http://a/"), Batch([])):
            data = self.bundle(thing)
            assert set(data) == {"text/plain", "text/html"}
            assert data["text/plain"] == repr(thing)
            shown(data["text/html"])
        assert "\n" not in self.bundle(results[0])["text/plain"]
