"""Where the command line writes what it fetched: lines of JSON, and a folder."""

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest

from tests import commands
from tests.commands import Say
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat

REFUSED = "http://127.0.0.1:1/"


class TestJsonLines:
    def test_all_that_is_known(self, route_server: RouteServer, say: Say, tmp_path: Path) -> None:
        url, file = f"{route_server.url}/redirect/1", tmp_path / "rows.jsonl"
        code, out, _ = say(url, "no url", "--jsonl", file)
        assert (code, out) == (1, "")
        landed, invalid = commands.records(file.read_text())
        elapsed = landed.pop("elapsed")
        assert 0 < elapsed < 5
        assert landed == {
            "index": 0,
            "url": url,
            "final_url": f"{route_server.url}/json/landed",
            "status": 200,
            "ok": True,
            "error": None,
            "error_kind": None,
            "attempts": 2,
            "size": 18,
            "content_type": "application/json",
            "headers": {"content-length": "18", "content-type": "application/json"},
            "body": '{"name": "landed"}',
        }
        assert invalid == {
            "index": 1,
            "url": "no url",
            "final_url": None,
            "status": None,
            "ok": False,
            "error": "GET no url: invalid URL: it has no scheme, expected http:// or https:// (not sent)",
            "error_kind": "InvalidURL",
            "attempts": 0,
            "elapsed": 0.0,
            "size": 0,
            "content_type": None,
            "headers": None,
        }

    @pytest.mark.parametrize(
        ("content", "kind", "key", "encoding"),
        [
            (b"", "text/plain", "body", None),
            ("é\x1b\u2028\0".encode(), "application/octet-stream", "body", None),
            ("dvořák".encode("iso-8859-2"), "text/plain; charset=iso-8859-2", "body", "iso-8859-2"),
            ("日本".encode("shift_jis"), "text/html; charset=shift_jis", "body", "shift_jis"),
            (b"\xff\x81", "text/plain; charset=utf-8", "body_base64", None),
            (b"\x89PNG\xff", "image/png", "body_base64", None),
        ],
    )
    def test_no_byte_of_a_body_is_lost(
        self, route_server: RouteServer, say: Say, content: bytes, kind: str, key: str, encoding: str | None
    ) -> None:
        route_server.routes["/it"] = Answer(content, headers=(("Content-Type", kind),))
        (record,) = commands.records(say(f"{route_server.url}/it", "--jsonl", "-")[1])
        assert key in record
        assert record.get("encoding") == encoding
        if key == "body":
            assert record["body"].encode(encoding or "utf-8") == content
        else:
            assert base64.b64decode(record["body_base64"]) == content

    def test_passwords_are_not_written(self, route_server: RouteServer, say: Say) -> None:
        secret = route_server.url.replace("//", "//me:s3cret@")
        _, out, err = say(f"{secret}/redirect/1", "http://me:s3cret@127.0.0.1:1/", "--jsonl", "-", "-v")
        assert "s3cret" not in out + err
        urls = [record["url"] for record in commands.records(out)]
        assert urls == [f"{route_server.url}/redirect/1", REFUSED]

    def test_a_file_is_replaced_only_when_told(
        self, route_server: RouteServer, say: Say, tmp_path: Path
    ) -> None:
        file = tmp_path / "rows.jsonl"
        file.write_text("precious")
        url = f"{route_server.url}/json/a"
        said = f"fastfetch: {file} is there already; --overwrite replaces it\n"
        assert say(url, "--jsonl", file) == (2, "", said)
        assert route_server.ledger.requests == []
        assert file.read_text() == "precious"
        assert say(url, "--jsonl", file, "--overwrite")[0] == 0
        assert len(commands.records(file.read_text())) == 1
        assert say(url, "--jsonl", os.devnull)[0] == 0

    def test_a_file_that_cannot_be_written(self, route_server: RouteServer, say: Say, tmp_path: Path) -> None:
        file = tmp_path / "no" / "rows.jsonl"
        assert say(f"{route_server.url}/json/a", "--jsonl", file) == (
            1,
            "",
            f"fastfetch: {file}: No such file or directory\n",
        )
        code, _, err = say(f"{route_server.url}/json/a", "--jsonl", "/dev/full")
        assert code == 1
        assert "No space left on device" in err


class TestFolder:
    def test_a_file_for_each_and_an_index_of_all(
        self, route_server: RouteServer, say: Say, tmp_path: Path
    ) -> None:
        folder = tmp_path / "new" / "pages"
        host = route_server.url.removeprefix("http://").replace(":", "_")
        urls = [f"{route_server.url}{path}" for path in ("/json/a", "/json/a", "/nowhere", "/bytes/300")]
        code, out, err = say(*urls, REFUSED, "-o", folder)
        assert (code, out) == (1, "")
        assert err.startswith("5 URLs in ")
        index = commands.records((folder / "index.jsonl").read_text())
        names = [record.get("file") for record in index]
        assert sorted(names[:2]) == [f"{host}_json_a-2.json", f"{host}_json_a.json"]  # type: ignore[type-var]
        assert names[2:] == [None, f"{host}_bytes_300", None]
        assert index[2]["body"] == "no route for /nowhere"
        assert {entry.name for entry in folder.iterdir()} == {"index.jsonl", *filter(None, names)}
        assert (folder / f"{host}_json_a.json").read_bytes() == b'{"name": "a"}'
        assert (folder / f"{host}_bytes_300").read_bytes() == bytes(300)

    def test_nothing_is_replaced_unless_told(
        self, route_server: RouteServer, say: Say, tmp_path: Path
    ) -> None:
        url = f"{route_server.url}/json/a"
        outside = tmp_path / "outside"
        outside.write_text("precious")
        folder = tmp_path / "pages"
        folder.mkdir()
        name = f"{route_server.url.removeprefix('http://').replace(':', '_')}_json_a"
        (folder / f"{name}.json").symlink_to(outside)
        assert say(url, "-o", folder)[0] == say(url, "-o", folder)[0] == 0
        assert outside.read_text() == "precious"
        assert {path.name for path in folder.glob("*.json")} == {
            f"{name}{number}.json" for number in ("", "-2", "-3")
        }
        assert say(url, url, "-o", folder, "--overwrite")[0] == 0
        assert outside.read_text() == "precious"
        assert not (folder / f"{name}.json").is_symlink()
        assert len(list(folder.glob("*.json"))) == 3
        assert [record["file"] for record in commands.records((folder / "index.jsonl").read_text())].count(
            f"{name}.json"
        ) == 1

    @pytest.mark.parametrize("words", [(), ("--overwrite",)])
    def test_a_number_is_no_reason_to_lose_another_file(
        self, route_server: RouteServer, say: Say, tmp_path: Path, words: tuple[str, ...]
    ) -> None:
        names = ["a", "A", "a", "a-2", "A-2", "a-3"]
        urls = [f"{route_server.url}/json/{name}" for name in names]
        assert say(*urls, "-o", tmp_path, "-j", "1", *words)[0] == 0
        kept = sorted(path.read_text() for path in tmp_path.glob("*.json"))
        assert kept == sorted(json.dumps({"name": name}) for name in names)
        index = commands.records((tmp_path / "index.jsonl").read_text())
        assert len({record["file"] for record in index}) == len(names)

    def test_an_index_that_broke_off_is_gone_on_with(
        self, route_server: RouteServer, say: Say, tmp_path: Path
    ) -> None:
        (tmp_path / "index.jsonl").write_text('{"index": 0}\n{"ind')
        assert say(f"{route_server.url}/json/a", "-o", tmp_path)[0] == 0
        lines = (tmp_path / "index.jsonl").read_text().splitlines()
        assert lines[:2] == ['{"index": 0}', '{"ind']
        assert json.loads(lines[2])["url"] == f"{route_server.url}/json/a"

    def test_where_there_are_no_links_the_name_is_taken_first(
        self, route_server: RouteServer, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_links(*_: object) -> None:
            raise PermissionError("no links here")

        monkeypatch.setattr(os, "link", no_links)
        url = f"{route_server.url}/json/a"
        assert say(url, url, "-o", tmp_path)[0] == 0
        kept = sorted(path.read_bytes() for path in tmp_path.glob("*.json"))
        assert kept == [b'{"name": "a"}'] * 2


def test_ten_thousand_lines_are_whole(route_server: RouteServer) -> None:
    """What goes through is what came, whatever the order."""
    urls = [f"{route_server.url}/json/{number}" for number in range(10_000)]
    done = commands.run("-i", "-", "--jsonl", "-", stdin="\n".join(urls).encode())
    assert done.returncode == 0, done.stderr
    found = commands.records(done.stdout)
    assert [record["url"] for record in found] == urls
    digest = hashlib.sha256("".join(record["body"] for record in found).encode()).hexdigest()
    wanted = "".join(json.dumps({"name": str(number)}) for number in range(10_000))
    assert digest == hashlib.sha256(wanted.encode()).hexdigest()
