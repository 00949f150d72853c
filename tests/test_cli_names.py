"""File names made of URLs: allowed everywhere, within the folder, and never the same for two files."""

import asyncio
import doctest
import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import ModuleType

import fastfetch
import pytest
from fastfetch._cli import names, terminal
from fastfetch._cli.folder import Folder
from fastfetch._cli.names import INDEX, LONGEST, file_name
from fastfetch._cli.outcomes import Outcome
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.amounts import times
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

ALLOWED = re.compile(r"[A-Za-z0-9_=+,][A-Za-z0-9._=,+-]*")
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)

PIECES = st.one_of(
    st.sampled_from("./\\?#%:@~* \n\0ß😀\u202e"),
    st.sampled_from(["..", "%2e%2e", "%2F", "C:", "-rf", "$(x)", "`x`", "\x1b[2J", "a" * 300, "é" * 200]),
    st.sampled_from(["con", "NUL", "aux.txt", "index.jsonl", "INDEX", ".jsonl", "tar.gz"]),
)
URLS = st.one_of(
    st.text(),
    st.lists(PIECES).map("".join),
    st.lists(PIECES, min_size=1).map(lambda pieces: f"http://h{pieces[0]}/{'/'.join(pieces)}"),
    st.lists(PIECES).map(lambda pieces: f"http://{''.join(pieces)}"),
)
KINDS = st.one_of(
    st.none(), st.text(), st.sampled_from(["text/html", "TEXT/HTML; charset=x", "image/png", "../../x"])
)


@settings(max_examples=times(2_000, 200))
@given(URLS, KINDS, st.integers(1, 10**6))
@example("http://index.jsonl", None, 1)
@example("http://con", None, 1)
@example("http://con/", "text/html", 2)
@example("http://h/" + "a" * LONGEST + ".json", None, 10**6)
def test_any_url_makes_a_name_that_any_system_allows(url: str, kind: str | None, number: int) -> None:
    name = file_name(url, kind, number)
    assert ALLOWED.fullmatch(name)
    assert len(name) <= LONGEST + 8
    assert not name.endswith((".", " "))
    assert not DEVICES.fullmatch(name)
    assert name.lower() != INDEX
    assert PurePosixPath(name).name == PureWindowsPath(name).name == name
    assert file_name(url, kind, number) == name


@given(st.text(st.characters(exclude_characters="/?#\\@"), min_size=8), st.text(max_size=5))
def test_no_password_is_in_a_name(secret: str, path: str) -> None:
    with_secret = file_name(f"http://me:{secret}@example.com/{path}")
    assert with_secret == file_name(f"http://example.com/{path}")


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("https://example.com", None, "example.com"),
        ("https://EXAMPLE.com/", "text/html; charset=utf-8", "example.com.html"),
        ("https://example.com/A/b.tar.gz", "application/json", "example.com_A_b.tar.gz"),
        ("http://127.0.0.1:8000/json/1", "application/json", "127.0.0.1_8000_json_1.json"),
        ("http://example.com/.git/config", None, "example.com_.git_config"),
        ("http://example.com/a.json#part", None, "example.com_a.json"),
        ("http://example.com/run", "application/x-msdownload", "example.com_run"),
    ],
)
def test_plain_urls_make_plain_names(url: str, kind: str | None, name: str) -> None:
    assert file_name(url, kind) == name


def test_urls_that_differ_only_in_what_no_name_may_have_get_names_of_their_own() -> None:
    urls = [f"http://h/search?q={query}" for query in ("a/b", "a_b", "a?b", "a%2Fb", "a b", "ä", "ö", "A_B")]
    assert len({file_name(url).lower() for url in urls}) == len(urls)


@settings(
    max_examples=times(100, 15), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(URLS, min_size=1, max_size=8), st.booleans())
def test_each_answer_has_a_file_of_its_own_within_the_folder(
    answer: fastfetch.Response, tmp_path_factory: pytest.TempPathFactory, urls: list[str], overwrite: bool
) -> None:
    """However they are called, and although all of these have names that the next one would have as well."""
    root = tmp_path_factory.mktemp("root")
    folder = Folder(str(root / "pages"), overwrite=overwrite)
    for index, url in enumerate([*urls, *urls]):
        folder.take(Outcome(index, url, answer))
    folder.close()
    assert [path.name for path in root.iterdir()] == ["pages"]
    files = [path for path in (root / "pages").iterdir() if path.name != INDEX]
    assert len(files) == 2 * len(urls)
    assert {path.read_bytes() for path in files} == {answer.content}


@pytest.fixture(scope="module")
def answer() -> fastfetch.Response:
    async def fetch(url: str) -> fastfetch.Response:
        return await fastfetch.get(url)

    with RouteServer() as server:
        return asyncio.run(fetch(f"{server.url}/json/a"))


@pytest.mark.parametrize("module", [names, terminal])
def test_the_examples_are_true(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        Folder(str(tmp_path / "file"), overwrite=True)
