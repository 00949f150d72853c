"""`results.plot()`: what the pictures are made of."""

import asyncio
import subprocess
import sys
from io import BytesIO
from typing import Any

import fastfetch
import matplotlib as mpl
import pytest
from fastfetch import Results
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.text import Text

from tests.safe_html import HOSTILE
from tests.servers.routes import RouteServer
from tests.test_results_parts import NOWHERE


def gather(*items: Any, **options: Any) -> Results:
    return asyncio.run(fastfetch.gather(items, **options))


def picture(results: Results, kind: Any) -> Axes:
    """The axes of a picture of one kind, drawn to the end."""
    figure = results.plot(kind)
    figure.savefig(BytesIO())
    (axes,) = figure.axes
    return axes


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def ticks(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def bars(axes: Axes) -> dict[str, int]:
    """How many bars there are of each part."""
    return {str(one.get_label()): len(one.get_paths()) for one in axes.collections}


@pytest.fixture
def mixed(route_server: RouteServer) -> Results:
    at = route_server.url
    return gather(
        f"{at}/json/a", f"{NOWHERE}/x", f"{at}/status/404", "no url", f"{at}/redirect/2", f"{at}/delay/0.05"
    )


@pytest.fixture
def many(mixed: Results) -> Results:
    """A hundred thousand, as compact as real ones."""
    return Results(mixed._rows.take([0, 1, 2, 4] * 25_000))


class TestWaterfall:
    def test_a_bar_for_each_part_of_each_request(self, mixed: Results) -> None:
        axes = picture(mixed, "waterfall")
        assert bars(axes)["failed"] == 1
        assert bars(axes)["first byte"] == 4
        assert bars(axes)["before the last hop"] == 1
        assert "dns" not in bars(axes)
        assert legend(axes) == list(bars(axes))
        assert axes.get_title("right") == "5 requests"
        assert sorted(ticks(axes)) == sorted(response.url for response in mixed if response.url != "no url")

    def test_each_bar_is_where_its_time_was(self, mixed: Results) -> None:
        axes = picture(mixed, "waterfall")
        (body,) = [one for one in axes.collections if one.get_label() == "first byte"]
        last = ticks(axes).index(mixed[5].url)
        (box,) = [box for path in body.get_paths() if (box := path.get_extents()).y0 < last < box.y1]
        timings = mixed[5].timings
        begun = min(one.timings.start - one.timings.queue for one in mixed if one.ok or one.error is None)
        assert box.width == pytest.approx(1000 * timings.first_byte, rel=0.05)
        assert box.x1 == pytest.approx(1000 * (timings.start + timings.total - timings.body - begun), abs=5)

    def test_one(self, mixed: Results) -> None:
        assert picture(mixed[:1], "waterfall").get_title("right") == "1 request"

    def test_of_many_some_are_chosen_and_it_says_so(self, many: Results) -> None:
        axes = picture(many, "waterfall")
        assert axes.get_title("right") == "300 of 100,000 requests, evenly chosen"
        assert bars(axes)["first byte"] + bars(axes)["failed"] == 300
        assert ticks(axes) == []

    def test_none_was_sent(self) -> None:
        for results in (gather(), gather("no url")):
            axes = picture(results, "waterfall")
            assert [text.get_text() for text in axes.texts] == ["no request was sent"]


class TestLatency:
    def counts(self, axes: Axes) -> dict[str, float]:
        return {
            str(container.get_label()): sum(bar.get_height() for bar in container.patches)
            for container in axes.containers
            if isinstance(container, BarContainer)
        }

    def test_every_answer_counts_once_at_its_host(self, mixed: Results, route_server: RouteServer) -> None:
        axes = picture(mixed, "latency")
        assert self.counts(axes) == {f"127.0.0.1:{route_server.port}": 4}
        assert axes.get_title("right") == "without 2 that failed"
        assert [text.partition(" ")[0] for text in legend(axes)[:2]] == ["p50", "p95"]

    def test_the_smaller_hosts_together(self) -> None:
        servers = [RouteServer() for _ in range(7)]
        try:
            urls = [f"{server.url}/json/a" for n, server in enumerate(servers, 1) for _ in range(n)]
            counts = self.counts(picture(gather(*urls), "latency"))
        finally:
            for server in servers:
                server.close()
        largest = {f"127.0.0.1:{server.port}": n for n, server in enumerate(servers, 1) if n > 2}
        assert counts == {**largest, "2 other hosts": 3}

    def test_many(self, many: Results) -> None:
        assert sum(self.counts(picture(many, "latency")).values()) == 75_000

    def test_one_and_none(self, mixed: Results) -> None:
        assert sum(self.counts(picture(mixed[:1], "latency")).values()) == 1
        for results in (gather(), gather("no url")):
            assert [text.get_text() for text in picture(results, "latency").texts] == ["no answer came"]


class TestStatus:
    def lengths(self, axes: Axes) -> list[float]:
        (container,) = axes.containers
        assert isinstance(container, BarContainer)
        return [bar.get_width() for bar in container.patches]

    def test_a_bar_for_each_outcome(self, mixed: Results) -> None:
        axes = picture(mixed, "status")
        assert ticks(axes) == ["200 OK", "404 Not Found", "ConnectionRefused", "InvalidURL"]
        assert self.lengths(axes) == [3, 1, 1, 1]
        assert [text.get_text() for text in axes.texts] == ["3", "1", "1", "1"]

    def test_many(self, many: Results) -> None:
        axes = picture(many, "status")
        assert self.lengths(axes) == [50_000, 25_000, 25_000]
        assert axes.texts[0].get_text() == "50,000"

    def test_rare_outcomes_together(self, route_server: RouteServer) -> None:
        urls = [f"{route_server.url}/status/{code}" for code in range(400, 420)]
        axes = picture(gather(*urls), "status")
        assert ticks(axes)[-1] == "8 others"
        assert self.lengths(axes) == [1] * 12 + [8]

    def test_none(self) -> None:
        assert [text.get_text() for text in picture(gather(), "status").texts] == ["no results"]


class TestFigure:
    def test_all_three_without_pyplot(self, mixed: Results) -> None:
        figure = mixed.plot()
        assert isinstance(figure, Figure)
        assert [axes.get_title("left") for axes in figure.axes] == [
            "Requests over time",
            "Time to answer, by host",
            "Outcomes",
        ]

    def test_a_notebook_shows_it(self, mixed: Results) -> None:
        from IPython.core.formatters import DisplayFormatter

        formatter: Any = DisplayFormatter()
        data = formatter.format(mixed.plot("status"))[0]
        assert set(data) == {"text/plain", "image/png"}
        assert data["image/png"].startswith(b"\x89PNG")

    def test_kinds(self, mixed: Results) -> None:
        wrong: Any = "pie"
        with pytest.raises(
            ValueError, match="kind: expected one of 'waterfall', 'latency', 'status' or None, got 'pie'"
        ):
            mixed.plot(wrong)

    @pytest.mark.parametrize("kind", ["waterfall", "latency", "status"])
    def test_what_the_network_says_is_no_formula(self, kind: Any, route_server: RouteServer) -> None:
        def raised(response: object) -> None:
            raise type("$\\bad{$\u5b57", (Exception,), {})

        paths = [text[:500] for text in HOSTILE] + ["$\\frac{$", "$x^2$", "\\$_%#", "\u65e5\u672c"]
        results = gather(*(f"{NOWHERE}/{path}" for path in paths))
        named = gather(f"{route_server.url}/json/a", on_response=raised)
        for one in (results, named):
            with mpl.rc_context({"text.usetex": True}):
                figure = one.plot(kind)
            figure.savefig(BytesIO())
            told = [text for text in figure.findobj(Text) if text.get_text()]
            assert told
            assert all(text.get_text().isascii() and text.get_text().isprintable() for text in told)
            assert not any(
                text.get_usetex() or text.get_parse_math() for text in told if "$" in text.get_text()
            )

    def test_without_matplotlib(self) -> None:
        program = (
            "import sys, asyncio, fastfetch\n"
            "results = asyncio.run(fastfetch.gather(['no url']))\n"
            "assert 'matplotlib' not in sys.modules and 'numpy' not in sys.modules\n"
            "sys.modules['matplotlib'] = None\n"
            "try:\n    results.plot()\nexcept ImportError as error:\n    print(error)\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout == "plot() needs matplotlib: pip install matplotlib\n"

    def test_pyplot_is_not_touched(self) -> None:
        program = (
            "import sys, asyncio, fastfetch\n"
            "asyncio.run(fastfetch.gather(['no url'])).plot()._repr_png_()\n"
            "assert 'matplotlib.pyplot' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", program], check=True)
