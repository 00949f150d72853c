"""`Cookies` as a mutable mapping, as a file, and as a value."""

import copy
import os
import pickle
import stat
import threading
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastfetch import Client, Cookie, Cookies, InvalidRequest

pytestmark = pytest.mark.compat

FAR = datetime(2999, 1, 1, tzinfo=UTC)


def jar() -> Cookies:
    """Cookies of every kind."""
    cookies = Cookies({"plain": "hunter2", "latin": "caf\xe9", "": "hunter2"})
    cookies.set("s", "hunter2", domain="a.com", path="/p", secure=True, http_only=True)
    cookies.set("s", "hunter2", domain="b.com", host_only=True, expires=FAR)
    cookies.set("__Host-s", "hunter2", domain="b.com")
    return cookies


class TestMapping:
    def test_it_is_one(self) -> None:
        cookies: Any = Cookies()
        assert isinstance(cookies, MutableMapping)
        assert isinstance(cookies, Mapping)
        with pytest.raises(TypeError):
            hash(cookies)

    def test_items(self) -> None:
        cookies = Cookies([("a", "1"), ("b", "2")])
        cookies["c"] = b"3"
        cookies["a"] = "4"
        assert (list(cookies), len(cookies), cookies["a"]) == (["a", "b", "c"], 3, "4")
        assert cookies.keys() == ["a", "b", "c"]
        assert cookies.values() == ["4", "2", "3"]
        assert dict(cookies.items()) == {"a": "4", "b": "2", "c": "3"} == cookies
        assert "a" in cookies
        assert "z" not in cookies
        assert 5 not in cookies
        del cookies["a"]
        assert "a" not in cookies
        assert not Cookies()

    @pytest.mark.parametrize("name", ["z", "€", "a;b", 5])
    def test_what_is_not_there(self, name: Any) -> None:
        cookies = Cookies({"a": "1"})
        for missing in (lambda: cookies[name], lambda: cookies.__delitem__(name), lambda: cookies.pop(name)):
            with pytest.raises(KeyError) as caught:
                missing()
            assert caught.value.args == (name,)
        assert cookies.get(name) is None
        assert cookies.get(name, 7) == 7
        assert cookies.pop(name, 7) == 7
        cookies.delete(name)
        assert cookies == {"a": "1"}

    def test_the_rest_of_a_dict(self) -> None:
        cookies = Cookies({"a": "1", "b": "2"})
        assert cookies.pop("a") == "1"
        assert cookies.setdefault("b", "9") == "2"
        assert cookies.setdefault("c", "9") == "9"
        assert cookies.popitem() == ("c", "9")
        cookies.update([("d", "4")])
        cookies.update()
        assert cookies == {"b": "2", "d": "4"}
        cookies.clear()
        with pytest.raises(KeyError, match="empty"):
            cookies.popitem()
        with pytest.raises(TypeError, match="one default"):
            cookies.pop("a", 1, 2)

    def test_one_name_in_several_places(self) -> None:
        cookies = Cookies()
        for domain in ("a.com", "b.com"):
            for path in ("/", "/p"):
                cookies.set("s", f"hunter2 {domain}{path}", domain=domain, path=path)
        choices: list[Callable[[], object]] = [
            lambda: cookies["s"],
            lambda: cookies.get("s"),
            lambda: cookies.get("s", domain="a.com"),
        ]
        for choose in choices:
            with pytest.raises(
                ValueError, match=r"found several.* 's' for a.com/, 's' for a.com/p"
            ) as caught:
                choose()
            assert "hunter2" not in str(caught.value)
        assert cookies.get("s", domain="A.com", path="/p") == "hunter2 a.com/p"
        assert (len(cookies), list(cookies)) == (4, ["s"] * 4)
        cookies.delete("s", domain="a.com", path="/")
        assert cookies.get("s", domain="a.com") == "hunter2 a.com/p"
        cookies.clear(domain="b.com")
        assert cookies["s"] == "hunter2 a.com/p"
        cookies.clear(path="/p")
        assert len(cookies) == 0

    def test_equality(self) -> None:
        assert jar() == jar()
        other = jar()
        other["plain"] = "other"
        assert jar() != other
        one, two = Cookies([("a", "1"), ("b", "2")]), Cookies([("b", "2"), ("a", "1")])
        assert one == two == {"a": "1", "b": "2"}
        assert one != {"a": "1"}
        assert one != 5
        with_domain = Cookies({"b": "2"})
        with_domain.set("a", "1", domain="a.com")
        assert with_domain == {"a": "1", "b": "2"}
        assert with_domain != one

    def test_a_copy_is_its_own(self) -> None:
        first = jar()
        for second in (Cookies(first), copy.copy(first), copy.deepcopy(first)):
            assert second == first
            second["new"] = "1"
            assert second != first


class TestValues:
    def test_all(self) -> None:
        host_only = {cookie.name: cookie.host_only for cookie in jar().all()}
        assert host_only == {"plain": True, "latin": True, "": True, "s": True, "__Host-s": True}
        first, second, third = jar().all()[3:]
        assert (first.domain, first.path, first.secure, first.http_only, first.host_only) == (
            "a.com",
            "/p",
            True,
            True,
            False,
        )
        assert (second.domain, second.host_only, second.expires) == ("b.com", True, FAR)
        assert (third.name, third.secure, third.path) == ("__Host-s", True, "/")
        assert first == jar().all()[3]
        assert hash(first) == hash(jar().all()[3])
        assert first != second
        assert pickle.loads(pickle.dumps(second)) == second

    def test_where_no_owner_has_more_than_a_host(self) -> None:
        cookies = Cookies()
        for domain in ("com", "co.uk", "github.io", "localhost", "127.0.0.1"):
            cookies.set("a", "1", domain=domain)
        assert all(cookie.host_only for cookie in cookies.all())

    def test_expires(self) -> None:
        cookies = Cookies()
        soon = datetime.now(UTC) + timedelta(hours=1)
        cookies.set("date", "1", expires=soon)
        cookies.set("number", "1", expires=soon.timestamp())
        cookies.set("never", "1", expires=float("inf"))
        cookies.set("past", "1", expires=0)
        cookies.set("long past", "1", expires=float("-inf"))
        ends = {cookie.name: cookie.expires for cookie in cookies.all()}
        assert list(ends) == ["date", "number", "never"]
        assert ends["date"] == soon
        assert ends["never"] == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
        cookies.set("date", "", expires=0)
        assert "date" not in cookies
        for wrong in ("tomorrow", True, datetime(2999, 1, 1)):
            with pytest.raises(TypeError, match="expires: expected a datetime with a time zone"):
                cookies.set("a", "1", expires=wrong)
        with pytest.raises(ValueError, match=r"expires: .* got nan"):
            cookies.set("a", "1", expires=float("nan"))

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"domain": "a b"}, "host name"),
            ({"domain": "a.com:80"}, "host name"),
            ({"domain": "a.com\r\nx"}, "host name"),
            ({"path": "p"}, "begin with a slash"),
            ({"path": "/p;q\r\n"}, None),
            ({"path": "/" + "x" * 1024}, "1024 bytes"),
        ],
    )
    def test_wrong_places(self, options: dict[str, Any], words: str | None) -> None:
        cookies = Cookies()
        if words is None:
            cookies.set("a", "1", **options)  # no request has such a path
            assert repr(cookies).isprintable()
            return
        with pytest.raises(InvalidRequest, match=f"cookies: 'a': .*{words}") as caught:
            cookies.set("a", "hunter2", **options)
        assert str(caught.value).isprintable()
        assert "hunter2" not in str(caught.value)

    def test_prefixes(self) -> None:
        cookies = Cookies()
        with pytest.raises(InvalidRequest, match="__Host-"):
            cookies.set("__Host-a", "1", domain="a.com", path="/p")
        cookies["__Secure-a"] = "1"
        assert cookies.all()[0].secure

    def test_nothing_is_shown(self) -> None:
        cookies = jar()
        assert "hunter2" not in repr(cookies) + repr(cookies.all())
        expected = "Cookies('plain', 'latin', '', 's' for a.com/p, 's' for b.com/, '__Host-s' for b.com/)"
        assert repr(cookies) == expected
        many = repr(Cookies({f"c{n}": "1" for n in range(100)}))
        assert many.endswith("'c7', and 92 more)")


class TestFiles:
    def test_save_and_load(self, tmp_path: Path) -> None:
        path = tmp_path / "cookies.json"
        path.write_text("older")
        path.chmod(0o666)
        for name in (path, str(path)):
            jar().save(name)
            assert Cookies.load(name) == jar()
        assert os.listdir(tmp_path) == ["cookies.json"]
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_what_expires_meanwhile(self, tmp_path: Path) -> None:
        path = tmp_path / "cookies.json"
        jar().save(path)
        path.write_text(path.read_text().replace(f"{FAR.timestamp():.0f}", "1000"))
        assert len(Cookies.load(path)) == len(jar()) - 1

    def test_faults_name_the_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError) as missing:
            Cookies.load(tmp_path / "none")
        assert missing.value.filename == str(tmp_path / "none")
        with pytest.raises(FileNotFoundError, match=r"/no/folder: No such file or directory$"):
            jar().save(tmp_path / "no" / "folder")
        with pytest.raises(OSError, match=str(tmp_path)):
            jar().save(tmp_path)
        path = tmp_path / "other"
        for text in ("", "# Netscape HTTP Cookie File\n", "[]", '{"format": "hunter2", "version": 1}'):
            path.write_text(text)
            with pytest.raises(ValueError, match=r"other: no cookie file of fastfetch") as damaged:
                Cookies.load(path)
            assert "hunter2" not in str(damaged.value)
        with pytest.raises(TypeError):
            Cookies.load(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("protocol", range(6))
def test_pickle(protocol: int) -> None:
    twin = pickle.loads(pickle.dumps(jar(), protocol))
    assert type(twin) is Cookies
    assert twin == jar()
    assert twin.all() == jar().all()
    with pytest.raises(ValueError, match="not a pickled jar"):
        Cookies._restore("{}")


def test_many_threads() -> None:
    cookies = Cookies()
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for n in range(20):
                cookies[f"{number}-{n}"] = "1"
                cookies.set(f"{number}-{n}", "1", domain=f"h{number}.com")
                assert len(cookies.items()) > 0
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(cookies) == 320


def test_a_mapping_that_fails() -> None:
    class Failing(Mapping[str, str]):
        def __getitem__(self, name: str) -> str:
            raise LookupError("hunter2")

        def __iter__(self) -> Any:
            return iter(["a"])

        def __len__(self) -> int:
            return 1

    calls: list[Callable[[], object]] = [lambda: Cookies(Failing()), lambda: Client(cookies=Failing())]
    for call in calls:
        with pytest.raises(LookupError):
            call()


def test_a_cookie_cannot_be_changed() -> None:
    cookie = jar().all()[0]
    assert type(cookie) is Cookie
    with pytest.raises(AttributeError):
        cookie.value = "other"  # type: ignore[misc]
