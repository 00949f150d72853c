"""The tables that the command line writes."""

import signal
from pathlib import Path

import fastfetch
import pyarrow.parquet
import pytest

from tests import commands
from tests.commands import Say
from tests.servers.routes import RouteServer

REFUSED = "http://127.0.0.1:1/"


def test_a_table_in_input_order(route_server: RouteServer, say: Say, tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    urls = [f"{route_server.url}/json/{number}" for number in range(30)]
    code, out, err = say(*urls, f"{route_server.url}/nowhere", REFUSED, "no url", "--parquet", path, "-v")
    assert (code, out) == (1, "")
    assert f"fastfetch: GET {route_server.url}/nowhere: 404 Not Found\n" in err
    assert "33 URLs in " in err
    table = pyarrow.parquet.read_table(path)
    assert table["status"].to_pylist() == [200] * 30 + [404, None, None]
    assert table["url"].to_pylist()[:30] == urls
    assert table["error_kind"].to_pylist()[30:] == [None, "ConnectionRefused", "InvalidURL"]
    loaded = fastfetch.Results.load(path)
    assert [response.json()["name"] for response in loaded[:30]] == [str(number) for number in range(30)]


def test_arrow_needs_no_other_library(
    route_server: RouteServer, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastfetch._cli.arguments.find_spec", lambda name: None)
    url = f"{route_server.url}/json/a"
    code, _, err = say(url, "--parquet", tmp_path / "a.parquet")
    assert code == 2
    assert "--parquet: needs pyarrow (pip install pyarrow)" in err
    assert say(url, "--parquet", tmp_path / "a.arrow")[0] == 0
    assert fastfetch.Results.load(tmp_path / "a.arrow")[0].json() == {"name": "a"}


def test_a_file_is_replaced_only_when_told(route_server: RouteServer, say: Say, tmp_path: Path) -> None:
    path = tmp_path / "all.arrow"
    path.write_text("precious")
    url = f"{route_server.url}/json/a"
    said = f"fastfetch: {path} is there already; --overwrite replaces it\n"
    assert say(url, "--parquet", path) == (2, "", said)
    assert route_server.ledger.requests == []
    assert path.read_text() == "precious"
    assert say(url, "--parquet", path, "--overwrite")[0] == 0
    assert len(fastfetch.Results.load(path)) == 1


def test_urls_from_standard_input(route_server: RouteServer, tmp_path: Path) -> None:
    path = tmp_path / "all.arrow"
    done = commands.run("-i", "-", "--parquet", path, stdin=f"{route_server.url}/json/a\n# b\n".encode())
    assert done.returncode == 0, done.stderr
    assert len(fastfetch.Results.load(path)) == 1


def test_the_first_failure_is_the_end_where_that_is_wanted(
    route_server: RouteServer, say: Say, tmp_path: Path
) -> None:
    path = tmp_path / "some.arrow"
    urls = f"{route_server.url}/nowhere", f"{route_server.url}/never"
    assert say(*urls, "--parquet", path, "--fail-fast")[0] == 1
    assert [response.status_code for response in fastfetch.Results.load(path)] == [404]


def test_an_interrupt_leaves_what_was_fetched(route_server: RouteServer, tmp_path: Path) -> None:
    path = tmp_path / "some.arrow"
    # One after another: when the second is asked for, the first has its place.
    urls = f"{route_server.url}/json/a", f"{route_server.url}/never"
    with commands.started(*urls, "-j", "1", "--parquet", path) as process:
        route_server.ledger.wait_requests(2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert err.startswith(b"interrupted: 1 URL in ")
    assert [response.json() for response in fastfetch.Results.load(path)] == [{"name": "a"}]
