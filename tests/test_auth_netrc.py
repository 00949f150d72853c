"""`NetRCAuth`: which file, for which host, and whether it may be trusted."""

from pathlib import Path

import pytest
from fastfetch import NetRCAuth, Request

from tests.authorized import Chain, basic, sent
from tests.fetching import fetch
from tests.servers.routes import RouteServer


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory with nothing in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    return tmp_path


TEXT = "machine 127.0.0.1 login ada password secret\ndefault login eve password evil\n"


def write(path: Path, text: str = TEXT, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_it_is_never_read_unasked(home: Path, route_server: RouteServer) -> None:
    write(home / ".netrc")
    fetch(Request("GET", f"{route_server.url}/json/a"))
    assert sent(route_server) == [None]


@pytest.mark.parametrize("where", ["path", "environment", "home"])
def test_where_it_is(
    home: Path, route_server: RouteServer, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(home / (".netrc" if where == "home" else "other"))
    if where == "environment":
        monkeypatch.setenv("NETRC", str(file))
    auth = NetRCAuth(file) if where == "path" else NetRCAuth()
    fetch(Request("GET", f"{route_server.url}/json/a"), auth=auth)
    fetch(Request("GET", f"{route_server.url}/json/a", auth=auth))
    assert sent(route_server) == [basic("ada", "secret")] * 2
    assert "secret" not in repr(auth)


def test_the_exact_host_and_no_default(home: Path, route_server: RouteServer) -> None:
    resolve = dict.fromkeys(("a.test", "b.a.test", "xa.test"), "127.0.0.1")
    auth = NetRCAuth(write(home / "n", "machine a.test login ada password secret default login eve"))
    port = route_server.url.rpartition(":")[2]
    for host in ("a.test", "A.TEST", "b.a.test", "xa.test"):
        fetch(Request("GET", f"http://{host}:{port}/json/a"), auth=auth, resolve=resolve)
    assert sent(route_server) == [basic("ada", "secret")] * 2 + [None] * 2


@pytest.mark.parametrize("user", ["a.test", "a.test:", "a.test:80", ":a.test", "a.test%40"])
def test_a_host_in_the_place_of_the_user(user: str, home: Path, route_server: RouteServer) -> None:
    """What stands before the @ is never taken for the host whose password is looked for."""
    auth = NetRCAuth(write(home / "n", "machine a.test login ada password secret"))
    url = route_server.url.replace("://", f"://{user}@")
    fetch(Request("GET", f"{url}/json/a"), auth=auth)
    [said] = sent(route_server)
    assert said != basic("ada", "secret")


def test_not_after_a_foreign_redirect(home: Path, chained: Chain) -> None:
    auth = NetRCAuth(write(home / "n"))
    seen = chained("hhth", lambda url: fetch(Request("GET", url), auth=auth))
    assert [headers.get("authorization") for headers in seen] == [basic("ada", "secret")] * 2 + [None] * 2


def test_one_that_others_may_read(home: Path) -> None:
    file = write(home / ".netrc", mode=0o644)
    with pytest.raises(ValueError, match="netrc: ") as caught:
        NetRCAuth()
    assert "secret" not in str(caught.value)
    NetRCAuth(file)


def test_one_that_is_not_there(home: Path, route_server: RouteServer) -> None:
    fetch(Request("GET", f"{route_server.url}/json/a"), auth=NetRCAuth())
    assert sent(route_server) == [None]
    with pytest.raises(OSError, match="netrc: no such file"):
        NetRCAuth(home / "nothing")


def test_one_that_is_broken(home: Path) -> None:
    with pytest.raises(ValueError, match="netrc, line 2") as caught:
        NetRCAuth(write(home / "n", "machine h login ada\nsecret word"))
    assert "secret" not in str(caught.value)
    with pytest.raises(TypeError):
        NetRCAuth(5)  # type: ignore[arg-type]
