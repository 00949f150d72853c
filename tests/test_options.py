"""Options: what is taken, and how what is not is refused: by name, with what was expected."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastfetch
import pytest
from fastfetch import TLS, Batch, Client, Headers, InvalidRequest, InvalidURL, Limits, Request, Timeout

Call = Callable[[dict[str, Any]], object]

CONTROLS = [*(chr(n) for n in range(32)), "\x7f"]
URL = "http://a.test/"


def get(options: dict[str, Any]) -> object:
    return asyncio.run(fastfetch.get(URL, **options))


def gather(options: dict[str, Any]) -> object:
    return asyncio.run(fastfetch.gather([], **options))


def as_completed(options: dict[str, Any]) -> object:
    async def main() -> list[object]:
        return [response async for response in fastfetch.as_completed([], **options)]

    return asyncio.run(main())


def batch(options: dict[str, Any]) -> object:
    return Batch([], **options)


def client(options: dict[str, Any]) -> object:
    return Client(**options)


def request(options: dict[str, Any]) -> object:
    return Request("GET", URL, **options)


EVERY_CALL = pytest.mark.parametrize("call", [get, gather, as_completed, batch, client, request])
EVERY_MANY = pytest.mark.parametrize("call", [gather, as_completed, batch])


class TestUnknown:
    @pytest.mark.parametrize(
        ("call", "name", "near"),
        [
            (gather, "concurency", "concurrency"),
            (as_completed, "time_out", "timeout"),
            (batch, "perhost", "per_host"),
            (client, "http_2", "http2"),
            (client, "follow_redirect", "follow_redirects"),
            (request, "header", "headers"),
            (request, "tags", "tag"),
            (get, "timeuot", "timeout"),
            (get, "contents", "content"),
            (client, "zzz", ""),
            (gather, "zzz", ""),
        ],
    )
    def test_the_nearest_is_named(self, call: Call, name: str, near: str) -> None:
        with pytest.raises(TypeError, match=rf"{name!r}; did you mean '{near}"):
            call({name: 1})


class TestTimeout:
    @EVERY_CALL
    @pytest.mark.parametrize("value", ["5", True, [5], b"5"], ids=repr)
    def test_types(self, call: Call, value: Any) -> None:
        with pytest.raises(
            TypeError, match=f"timeout: expected a number of seconds.* got {type(value).__name__}"
        ):
            call({"timeout": value})

    @EVERY_CALL
    @pytest.mark.parametrize("value", [0, -1, -0.5, float("nan"), float("-inf")], ids=repr)
    def test_values(self, call: Call, value: Any) -> None:
        with pytest.raises(ValueError, match="timeout: expected a positive number of seconds"):
            call({"timeout": value})

    @pytest.mark.parametrize("call", [gather, as_completed, batch, client, request])
    @pytest.mark.parametrize(
        "value", [5, 0.001, float("inf"), None, Timeout(), Timeout(None, None, None)], ids=repr
    )
    def test_what_is_taken(self, call: Call, value: Any) -> None:
        call({"timeout": value})

    @pytest.mark.parametrize("part", ["connect", "read", "total"])
    @pytest.mark.parametrize("value", ["5", True, [5], 0, -1, float("nan")], ids=repr)
    def test_parts(self, part: str, value: Any) -> None:
        with pytest.raises(
            (TypeError, ValueError), match=f"{part}: expected a (positive )?number of seconds"
        ):
            Timeout(**{part: value})

    def test_of_a_request(self) -> None:
        assert Request("GET", URL).timeout is None
        assert Request("GET", URL, timeout=None).timeout == Timeout(None, None, None, None, None)
        assert Request("GET", URL, timeout=Timeout(1, 2, 3)).timeout == Timeout(1, 2, 3)


class TestLimits:
    @EVERY_MANY
    @pytest.mark.parametrize("name", ["concurrency", "per_host"])
    def test_of_a_call(self, call: Call, name: str) -> None:
        for number in (0, -1):
            with pytest.raises(ValueError, match=f"{name}: expected at least 1, got {number}"):
                call({name: number})
        for value in ("5", 1.5, True, [5]):
            with pytest.raises((TypeError, ValueError), match=f"{name}: expected a whole number.*, got"):
                call({name: value})
        for taken in (1, 10**9, None):
            call({name: taken})

    @pytest.mark.parametrize("name", ["concurrency", "per_host"])
    @pytest.mark.parametrize("value", [0, -1, "5", 1.5, True], ids=repr)
    def test_by_themselves(self, name: str, value: Any) -> None:
        with pytest.raises(
            (TypeError, ValueError), match=f"{name}: expected (at least 1|a whole number.*), got"
        ):
            Limits(**{name: value})

    @pytest.mark.parametrize("value", [5, None, {"concurrency": 5}], ids=repr)
    def test_of_a_client(self, value: Any) -> None:
        with pytest.raises(TypeError, match=f"limits: expected Limits, got {type(value).__name__}"):
            Client(limits=value)


class TestClientSettings:
    @pytest.mark.parametrize(
        ("options", "error", "words"),
        [
            ({"tls": True}, TypeError, "tls: expected TLS, got bool"),
            ({"tls": None}, TypeError, "tls: expected TLS, got NoneType"),
            ({"tls": TLS(ca=b"")}, ValueError, "ca: .*found none"),
            (
                {"tls": TLS(ca=b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
                ValueError,
                "ca: ",
            ),
            ({"tls": TLS(ca="missing.pem")}, FileNotFoundError, r"missing\.pem"),
            ({"tls": TLS(ca=Path("missing.pem"))}, FileNotFoundError, r"missing\.pem"),
            ({"resolve": [("a.test", "127.0.0.1")]}, TypeError, "resolve: expected a mapping .*got list"),
            ({"resolve": {5: "127.0.0.1"}}, TypeError, "resolve: expected .*str"),
            ({"resolve": {"a.test": 5}}, TypeError, "resolve: expected .*str"),
            (
                {"resolve": {"a.test": "localhost"}},
                ValueError,
                "resolve: expected an IP address.*'localhost'",
            ),
            ({"resolve": {"a.test": "127.0.0.1:99999"}}, ValueError, "resolve: expected an IP address"),
            ({"resolve": {"a.test": "127.0.0.1:"}}, ValueError, "resolve: expected an IP address"),
            ({"max_redirects": -1}, ValueError, "max_redirects: expected at least 0, got -1"),
            ({"max_redirects": "5"}, TypeError, "max_redirects: expected a whole number.*got str"),
            ({"max_redirects": True}, TypeError, "max_redirects: expected a whole number.*got bool"),
            ({"max_body": 0}, ValueError, "max_body: expected at least 1, got 0"),
            ({"max_body": 1.5}, TypeError, "max_body: expected a whole number, got float"),
        ],
        ids=lambda value: repr(value)[:40] if isinstance(value, dict) else "",
    )
    def test_wrong(self, options: dict[str, Any], error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            Client(**options)

    def test_what_is_taken(self, tmp_path: Path) -> None:
        resolve = {"A.test": "127.0.0.1", "b.test": "127.0.0.1:80", "c.test": "::1", "d.test": "[::1]:80"}
        Client(resolve=resolve, max_redirects=0, max_body=2**40, http2=False, headers=None, timeout=None)
        assert repr(Client()) == "<Client>"


class TestHeaders:
    @EVERY_CALL
    @pytest.mark.parametrize(
        "value", [5, "a: b", [5], ["a"], [("a", "b", "c")], {"a": 5}, {5: "a"}, {"a": None}], ids=repr
    )
    def test_types(self, call: Call, value: Any) -> None:
        with pytest.raises(TypeError, match=r"headers: .*expected .*got"):
            call({"headers": value})

    @EVERY_CALL
    @pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "\xe9", "a\x00", b"\xff", "(a)"], ids=repr)
    def test_names(self, call: Call, name: Any) -> None:
        with pytest.raises(InvalidRequest, match=r"headers: the name '.*' has a character") as caught:
            call({"headers": {name: "hunter2"}})
        assert "hunter2" not in str(caught.value)
        assert str(caught.value).isprintable()


class TestMethod:
    @pytest.mark.parametrize(
        "method", ["", "G T", "GET\r\nX", "GÉT", "GET ", "(", "a" * 10 + "\x00"], ids=repr
    )
    def test_values(self, method: str) -> None:
        for call in (Request, lambda m, url: asyncio.run(fastfetch.request(m, url))):
            with pytest.raises(InvalidRequest, match="method: expected an HTTP method") as caught:
                call(method, URL)
            assert str(caught.value).isprintable()

    @pytest.mark.parametrize("method", [5, None, b"GET"], ids=repr)
    def test_types(self, method: Any) -> None:
        with pytest.raises(TypeError, match=f"method: expected str, got {type(method).__name__}"):
            Request(method, URL)

    def test_connect_is_for_tunnels(self) -> None:
        with pytest.raises(InvalidRequest, match="CONNECT"):
            Request("connect", URL)

    def test_send_wants_a_request(self) -> None:
        with pytest.raises(TypeError, match="Request"):
            asyncio.run(fastfetch.send(URL))  # type: ignore[arg-type]


def spoilt(text: str) -> list[str]:
    """The text with each control character before, within and after it."""
    return [f"{text[:cut]}{control}{text[cut:]}" for control in CONTROLS for cut in (0, 1, len(text))]


class TestControlCharacters:
    """None of them passes, wherever it stands: what a line end can do to a request is request splitting."""

    @pytest.mark.parametrize(
        "url", ["{}", "http://{}/", "http://{}@a.test/", f"{URL}{{}}", f"{URL}?{{}}", f"{URL}#{{}}"]
    )
    def test_in_urls(self, url: str) -> None:
        for text in spoilt("text"):
            with pytest.raises(InvalidURL, match="control character") as caught:
                Request("GET", url.format(text))
            assert str(caught.value).isprintable()

    def test_in_methods(self) -> None:
        for method in spoilt("GET"):
            with pytest.raises(InvalidRequest, match="method: expected an HTTP method") as caught:
                Request(method, URL)
            assert str(caught.value).isprintable()

    @pytest.mark.parametrize("encode", [str, str.encode], ids=["str", "bytes"])
    def test_in_header_names(self, encode: Callable[[str], str | bytes]) -> None:
        for name in spoilt("name"):
            with pytest.raises(InvalidRequest, match="the name") as caught:
                Headers([(encode(name), "1")])
            assert str(caught.value).isprintable()

    @pytest.mark.parametrize("encode", [str, str.encode], ids=["str", "bytes"])
    def test_in_header_values(self, encode: Callable[[str], str | bytes]) -> None:
        passed = []
        for value in spoilt("value"):
            with contextlib.suppress(InvalidRequest):
                passed.append(Headers([("a", encode(value))])["a"])
        assert passed == [
            "value",
            "v\talue",
            "value",
        ]  # A tab is white space within a value, and none around it.

    def test_in_resolve(self) -> None:
        for host in spoilt("a.test"):
            with pytest.raises(ValueError, match="resolve") as refused:
                Client(resolve={host: "127.0.0.1"})
            assert str(refused.value).isprintable()
        for address in spoilt("127.0.0.1"):
            with pytest.raises(ValueError, match="resolve") as refused:
                Client(resolve={"a.test": address})
            assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("setting", "message"),
    [({"ca": 5}, "ca: expected .*got int"), ({"verify": "no"}, "verify: expected True or False, got str")],
)
def test_tls_checks_its_parts_when_it_is_made(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        TLS(**setting)
