"""Tables to look at: short, whatever is in them, and nothing of it is believed."""

import asyncio
from typing import Any

import fastfetch
import pytest
from fastfetch import Request, Results
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers.routes import RouteServer


def gather(*items: Any, **options: Any) -> Results:
    return asyncio.run(fastfetch.gather(items, **options))


@pytest.fixture
def mixed(route_server: RouteServer) -> Results:
    at = route_server.url
    return gather(
        f"{at}/json/a", f"{at}/status/404", "nonsense", f"{at}/status/299", "http://127.0.0.1:1/", ""
    )


class TestLooks:
    def test_text(self, mixed: Results) -> None:
        lines = repr(mixed.table()).splitlines()
        assert lines[0] == "Table: 6 rows, 20 columns"
        assert lines[4].split() == ["status", "int16", "200,", "404,", "null,", "299,", "null"]
        assert max(map(len, lines)) <= 110

    def test_html(self, mixed: Results) -> None:
        page = mixed.table(["index", "status"])._repr_html_()
        assert "<td>3</td><td>299</td>" in page

    @settings(max_examples=25)
    @given(st.text(min_size=1), st.text())
    def test_nothing_of_others_is_believed(self, url: str, tag: str) -> None:
        evil = f"<script>{url}</script>\x1b[31m&"
        request = Request("GET", "http://127.0.0.1:1/", tag=f"<img src=x>{tag}\n\r")
        table = gather(evil, request, deadline=0.001).table()
        text, page = repr(table), table._repr_html_()
        assert all(line.isprintable() for line in text.split("\n"))
        assert "<script" not in page
        assert "<img" not in page
        assert "\x1b" not in page
        assert len(text) < 4_000
        assert len(page) < 40_000

    def test_a_large_body_takes_no_room(self, route_server: RouteServer) -> None:
        table = gather(f"{route_server.url}/bytes/1000000").table()
        assert len(repr(table)) < 3_000
        assert len(table._repr_html_()) < 5_000
