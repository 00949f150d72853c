"""The file of a checkpoint: what is in it and what is not, who may use it, and files that are wrong."""

import asyncio
import base64
import contextlib
import json
import os
import random
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import BasicAuth, CheckpointError, Client, Request, Results

from tests.amounts import times
from tests.programs import running
from tests.scripted import asked, names
from tests.servers.messages import Answer
from tests.servers.messages import Request as Heard
from tests.servers.routes import RouteServer

SECRET = "hunter2-and-more"


def gather(urls: list[Any], checkpoint: Path) -> Results:
    async def main() -> Results:
        async with Client() as client:
            return await client.gather(urls, checkpoint=checkpoint)

    return asyncio.run(main())


def contents(folder: Path) -> bytes:
    """All bytes of all files here."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def modes(folder: Path) -> list[int]:
    """Who may do what with each file here."""
    return [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()]


class TestSecrets:
    @pytest.mark.skipif(os.name != "posix", reason="modes of files")
    def test_only_its_owner_can_read_it(self, tmp_path: Path, route_server: RouteServer) -> None:
        """Nor the files that SQLite has beside it."""

        async def main() -> None:
            completed = ff.as_completed([f"{route_server.url}/json/a"], checkpoint=tmp_path / "job.db")
            async for _ in completed:
                assert set(modes(tmp_path)) == {0o600}

        asyncio.run(main())

    def test_none_is_stored_or_asked_for(self, tmp_path: Path, route_server: RouteServer) -> None:
        """Whoever has credentials of another kind, or newer ones, goes on with the same file."""
        checkpoint, url = tmp_path / "job.db", f"{route_server.url}/json/a"

        async def main(secret: str) -> None:
            named = url.replace("://", f"://me:{secret}@")
            headers = {"Authorization": f"Bearer {secret}", "Cookie": f"id={secret}"}
            clients: list[dict[str, Any]] = [
                {"headers": headers},
                {"auth": ("me", secret)},
                {"auth": BasicAuth("me", secret)},
                {"cookies": {"id": secret}},
            ]
            async with Client() as client:
                await client.gather([named], checkpoint=checkpoint)
                await client.gather([Request("GET", url, headers=headers)], checkpoint=checkpoint)
                await client.gather([Request("GET", url, auth=("me", secret))], checkpoint=checkpoint)
                await client.gather([url], headers=headers, checkpoint=checkpoint)
            for options in clients:
                async with Client(**options) as client:
                    assert (await client.gather([url], checkpoint=checkpoint)).counts == {200: 1}

        asyncio.run(main(SECRET))
        assert len(route_server.ledger.requests) == 1
        asyncio.run(main("another"))
        assert len(route_server.ledger.requests) == 1
        written = contents(tmp_path)
        for secret in (SECRET, "another"):
            for shape in (secret.encode(), base64.b64encode(f"me:{secret}".encode())):
                assert shape not in written

    @pytest.mark.parametrize("how", ["url", "header", "auth"])
    def test_none_is_stored_whichever_was_sent(
        self, how: str, tmp_path: Path, route_server: RouteServer
    ) -> None:
        url = f"{route_server.url}/redirect/1"
        item: Any = {
            "url": url.replace("://", f"://me:{SECRET}@"),
            "header": Request("GET", url, headers={"Authorization": SECRET, "Cookie": f"id={SECRET}"}),
            "auth": Request("GET", url, auth=("me", SECRET)),
        }[how]
        assert gather([item], tmp_path / "job.db").counts == {200: 1}
        sent = json.dumps([request.header_items for request in route_server.ledger.requests])
        encoded = base64.b64encode(f"me:{SECRET}".encode())
        assert SECRET in sent or encoded.decode() in sent
        written = contents(tmp_path)
        assert SECRET.encode() not in written
        assert encoded not in written


def text_file(path: Path) -> None:
    path.write_text("url,status\nhttp://a.test/,200\n" * 100)


def database_of_others(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE accounts (name TEXT)")
        database.execute("INSERT INTO accounts VALUES ('ann')")
        database.commit()


def picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(10_000))


class TestForeign:
    @pytest.mark.parametrize("make", [text_file, database_of_others, picture])
    def test_is_refused_and_left_as_it_was(
        self, make: Any, tmp_path: Path, route_server: RouteServer
    ) -> None:
        checkpoint = tmp_path / "job.db"
        make(checkpoint)
        before = checkpoint.read_bytes()
        with pytest.raises(CheckpointError, match=r"job\.db"):
            gather(names(route_server, [1]), checkpoint)
        assert checkpoint.read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["job.db"]
        assert route_server.ledger.requests == []

    def test_an_empty_file_is_a_new_one(self, tmp_path: Path, route_server: RouteServer) -> None:
        checkpoint = tmp_path / "job.db"
        checkpoint.touch()
        assert gather(names(route_server, [1]), checkpoint).counts == {200: 1}

    @pytest.mark.parametrize("where", [".", "missing/job.db"])
    def test_no_place_for_a_file(self, where: str, tmp_path: Path, route_server: RouteServer) -> None:
        with pytest.raises(CheckpointError):
            gather(names(route_server, [1]), tmp_path / where)
        assert route_server.ledger.requests == []

    def test_of_a_newer_version(self, tmp_path: Path, route_server: RouteServer) -> None:
        checkpoint, urls = tmp_path / "job.db", names(route_server, [1])
        gather(urls, checkpoint)
        with closing(sqlite3.connect(checkpoint)) as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            assert version >= 1
            database.execute(f"PRAGMA user_version = {version + 1}")
            database.commit()
        with pytest.raises(CheckpointError, match="version"):
            gather(urls, checkpoint)
        assert len(route_server.ledger.requests) == 1

    def test_the_error(self, tmp_path: Path) -> None:
        """It is raised by the call: it is no item's own."""
        text_file(tmp_path / "job.db")

        async def read() -> None:
            async for _ in ff.as_completed(["http://a.test/"], checkpoint=tmp_path / "job.db"):
                pass

        with pytest.raises(CheckpointError) as caught:
            asyncio.run(read())
        assert isinstance(caught.value, ff.FetchError)
        assert str(caught.value).isprintable()


class TestDamaged:
    """S06."""

    @pytest.mark.parametrize("seed", range(times(300, 30)))
    def test_never_a_wrong_body(
        self, seed: int, tmp_path: Path, route_server: RouteServer, stored: Path
    ) -> None:
        """Where a file was changed or cut, it is refused, or what was hit is fetched again."""
        chance, checkpoint = random.Random(seed), tmp_path / "job.db"
        content = bytearray(stored.read_bytes())
        if seed % 3 == 0:
            del content[chance.randrange(1, len(content)) :]
        else:
            for _ in range(chance.choice((1, 10, 1_000))):
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        checkpoint.write_bytes(content)
        with contextlib.suppress(CheckpointError):
            results = gather([f"{route_server.url}/body/{number}" for number in range(40)], checkpoint)
            assert [response.status_code for response in results] == [200] * 40
            assert [response.content for response in results] == [content_of(n) for n in range(40)]


def content_of(number: int) -> bytes:
    return random.Random(number).randbytes(300)


def body(request: Heard) -> Answer:
    return Answer(content_of(int(request.rest)))


@pytest.fixture
def stored(tmp_path_factory: pytest.TempPathFactory, route_server: RouteServer) -> Path:
    """A whole checkpoint."""
    path = tmp_path_factory.mktemp("stored") / "job.db"
    route_server.routes["/body/"] = body
    gather([f"{route_server.url}/body/{number}" for number in range(40)], path)
    return path


class TestOtherProcesses:
    """S04."""

    def test_a_second_one_is_told(self, tmp_path: Path, route_server: RouteServer) -> None:
        """And once the first is gone, however it went, the file is free."""
        checkpoint = tmp_path / "job.db"
        first = running.start("checkpointed", checkpoint, route_server.url, "gate", 3, 0)
        route_server.ledger.wait_requests(3, timeout=running.PATIENCE)
        with pytest.raises(CheckpointError, match="in use"):
            gather(names(route_server, [1]), checkpoint)
        first.kill()
        running.finish(first)
        assert gather(names(route_server, [1]), checkpoint).counts == {200: 1}

    def test_a_copy_is_as_good(self, tmp_path: Path, route_server: RouteServer) -> None:
        """After the end of a call all of it is in the one file."""
        urls = names(route_server, range(20))
        gather(urls, tmp_path / "job.db")
        shutil.copy(tmp_path / "job.db", tmp_path / "copy.db")
        gather(urls, tmp_path / "copy.db")
        assert len(asked(route_server)) == 20


class TestFullDisk:
    """S01."""

    def test_fetching_stops_and_what_is_stored_is_read(
        self, tmp_path: Path, route_server: RouteServer
    ) -> None:
        def large(request: Heard) -> Answer:
            return Answer(random.Random(int(request.rest)).randbytes(20_000))

        route_server.routes["/large/"] = large
        checkpoint = tmp_path / "job.db"
        done = running.finish(
            running.start("checkpointed", checkpoint, route_server.url, "large", 1_000, 2_000_000)
        )
        assert (done.returncode, done.stderr) == (0, "")
        said = done.stdout.splitlines()
        assert said[-1].startswith("CheckpointError ")
        before = asked(route_server)
        assert len(before) < 500
        urls = [f"{route_server.url}/large/{number}" for number in range(1_000)]
        results = gather(urls, checkpoint)
        assert [len(set(response.content)) > 1 and response.ok for response in results] == [True] * 1_000
        again = set(asked(route_server)[len(before) :])
        assert again.isdisjoint(f"/large/{number}" for number in said[:-1])
        assert len(again) <= 980
