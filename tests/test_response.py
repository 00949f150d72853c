"""`Response`: every attribute of an answer, and of the error that took its place."""

import contextlib
import ctypes
import gc
import hashlib
import json
import operator
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import fastfetch
import pytest
from fastfetch import (
    ConnectionRefused,
    DecodeError,
    FetchError,
    Request,
    Response,
    StatusError,
    TransportError,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.fetching import fetch, outcome
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

REFUSED = "http://127.0.0.1:1/nobody"


def answer(server: RouteServer, body: bytes, kind: str = "", status: int = 200) -> Response:
    """The response to an answer with this body and Content-Type."""
    server.routes["/answer"] = Answer(body, status, (("Content-Type", kind),) if kind else ())
    return fetch(Request("GET", f"{server.url}/answer"))


class TestAttributes:
    def test_of_an_answer(self, route_server: RouteServer) -> None:
        route_server.routes["/page"] = Answer(b'{"a": 1}', 201, (("Content-Type", "application/json"),))
        response = fetch(Request("post", f"{route_server.url}/page#x", tag="mine"))
        assert (response.status_code, response.reason, response.http_version) == (201, "Created", "HTTP/1.1")
        assert response.headers == {"content-type": "application/json", "content-length": "8"}
        assert (response.content, response.text, response.json()) == (b'{"a": 1}', '{"a": 1}', {"a": 1})
        assert response.content is response.content
        assert response.encoding == "utf-8"
        assert (response.url, response.method, response.tag) == (f"{route_server.url}/page#x", "POST", "mine")
        assert isinstance(response.elapsed, timedelta)
        assert timedelta() < response.elapsed < timedelta(seconds=10)
        assert (response.ok, response.error, response.history) == (True, None, [])
        assert response.raise_for_status() is response
        assert repr(response) == f"<Response [201] POST {route_server.url}/page#x>"

    @pytest.mark.parametrize(
        "touch",
        [
            *(
                operator.attrgetter(name)
                for name in ("status_code", "reason", "http_version", "headers", "content")
            ),
            *(operator.attrgetter(name) for name in ("text", "encoding", "history")),
            *(operator.methodcaller(name) for name in ("json", "raise_for_status")),
            memoryview,
        ],
        ids=str,
    )
    def test_touching_what_never_arrived_raises_the_error(self, touch: Callable[[Response], object]) -> None:
        with pytest.raises(ConnectionRefused, match=r"127\.0\.0\.1:1/nobody"):
            touch(outcome(REFUSED))

    def test_of_an_error(self) -> None:
        response = outcome(Request("PUT", REFUSED, tag=[1]))
        assert (response.ok, response.url, response.method, response.tag) == (False, REFUSED, "PUT", [1])
        assert isinstance(response.error, ConnectionRefused)
        assert response.elapsed.total_seconds() == pytest.approx(response.error.elapsed, abs=1e-6)
        assert response.error is response.error
        assert repr(response) == f"<Response [ConnectionRefused] PUT {REFUSED}>"

    @pytest.mark.parametrize("status", [200, 204, 304, 399, 400, 404, 500, 999])
    def test_ok_is_a_status_below_400(self, route_server: RouteServer, status: int) -> None:
        response = fetch(Request("GET", f"{route_server.url}/status/{status}"))
        assert (response.status_code, response.ok, response.error) == (status, status < 400, None)

    def test_it_never_changes(self, route_server: RouteServer) -> None:
        response: Any = answer(route_server, b"body")
        public = [name for name in dir(response) if not name.startswith("_")]
        public.remove("encoding")  # It says how to read `text`, where the server does not know.
        for name in [*public, "something_new"]:
            with pytest.raises(AttributeError):
                setattr(response, name, 1)
        for name in public:
            with pytest.raises(AttributeError):
                delattr(response, name)
        with pytest.raises(TypeError):
            memoryview(response)[0] = 1

    def test_it_cannot_be_made_by_hand(self) -> None:
        with pytest.raises(TypeError):
            Response()

    def test_threads_may_share_it(self, route_server: RouteServer) -> None:
        response = answer(route_server, json.dumps(list(range(1000))).encode())
        with ThreadPoolExecutor(8) as threads:
            values = list(
                threads.map(lambda _: (response.json(), response.content, response.text), range(64))
            )
        assert all(value == values[0] for value in values)
        assert values[0][0] == list(range(1000))


class TestRaiseForStatus:
    @pytest.mark.parametrize(("status", "reason"), [(404, "Not Found"), (500, "Internal Server Error")])
    def test_error_status(self, route_server: RouteServer, status: int, reason: str) -> None:
        url = f"{route_server.url}/status/{status}"
        response = fetch(Request("GET", url))
        with pytest.raises(StatusError) as caught:
            response.raise_for_status()
        error = caught.value
        assert error.response is response
        assert not isinstance(error, TransportError)
        assert (error.url, error.method, error.phase, error.attempts) == (url, "GET", "response", 1)
        assert error.elapsed == pytest.approx(response.elapsed.total_seconds(), abs=1e-6)
        assert str(error) == f"GET {url}: status {status} {reason}"


class TestJSON:
    """The rest is in test_json.py."""

    @pytest.mark.parametrize(
        ("body", "line", "column"),
        [
            (b"<html>", 1, 1),
            (b"NaN", 1, 1),
            (b'{"a": 1', 1, 8),
            (b'{"a": 1}}', 1, 9),
            (b'{\n  "a": 1,\n  "b": oops\n}', 3, 8),
            (b"\xef\xbb\xbf[1,\n]", 2, 1),
            (b'"\xff"', 1, 2),
        ],
    )
    def test_what_is_not_json(self, route_server: RouteServer, body: bytes, line: int, column: int) -> None:
        response = answer(route_server, body)
        with pytest.raises(DecodeError, match=f"line {line} column {column}") as caught:
            response.json()
        error = caught.value
        assert isinstance(error, ValueError)
        assert not isinstance(error, TransportError)
        assert (error.url, error.method, error.phase, error.attempts) == (response.url, "GET", "body", 1)
        assert str(error).startswith(f"GET {response.url}: the body is not JSON: ")


class TestText:
    @pytest.mark.parametrize(
        ("kind", "encoding", "body", "text"),
        [
            ("", "utf-8", "Grüße €".encode(), "Grüße €"),
            ("text/html", "windows-1252", b"caf\xe9", "caf\xe9"),
            ("text/html; charset=latin-1", "windows-1252", b"caf\xe9", "caf\xe9"),
            ('text/html; Charset="ISO-8859-15"', "iso-8859-15", b"\xa4", "€"),
            ("text/plain;charset = windows-1252 ; x=y", "windows-1252", b"\x80", "€"),
            ("text/plain; charset=utf-16", "utf-16le", "ü€".encode("utf-16"), "ü€"),
            ("text/plain; charset=shift_jis", "shift_jis", "日本".encode("shift_jis"), "日本"),
            ("text/plain; charset=ascii", "windows-1252", b"a\xff", "aÿ"),
            ("text/plain; charset=", "utf-8", "ü".encode(), "ü"),
            ("text/plain; charset=no-such-thing", "utf-8", "ü".encode(), "ü"),
            ("text/plain; charset=base64", "utf-8", b"YQ==", "YQ=="),
            ("charset=latin-1", "utf-8", "ü".encode(), "ü"),
        ],
    )
    def test_encoding(
        self, route_server: RouteServer, kind: str, encoding: str, body: bytes, text: str
    ) -> None:
        """The names and what they stand for are those of the WHATWG Encoding standard."""
        response = answer(route_server, body, kind)
        assert (response.encoding, response.text) == (encoding, text)

    def test_any_bytes_have_a_text(self) -> None:
        with RouteServer() as server:

            @given(st.binary(max_size=200))
            def decodes(body: bytes) -> None:
                text = answer(server, body).text
                with contextlib.suppress(UnicodeDecodeError):
                    assert text == body.decode("utf-8-sig")

            decodes()


class Buffer(ctypes.Structure):
    """The beginning of a Py_buffer: https://docs.python.org/3/c-api/buffer.html#buffer-structure."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("rest", ctypes.c_byte * 200),
    )


def address(thing: object) -> int | None:
    """Where in memory the bytes of a buffer lie."""
    view = Buffer()
    assert ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(thing), ctypes.byref(view), 0) == 0
    found: int | None = view.buf
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(view))
    return found


class TestBuffer:
    BODY = bytes(range(256)) * 100

    def test_the_body_without_a_copy(self, route_server: RouteServer) -> None:
        response = answer(route_server, self.BODY)
        one, two = memoryview(response), memoryview(response)
        assert address(one) == address(two) == address(response)
        assert address(response) != address(response.content)
        assert (one.readonly, one.format, one.nbytes, one.ndim, one.contiguous) == (
            True,
            "B",
            len(self.BODY),
            1,
            True,
        )
        assert one == self.BODY
        assert address(one[1000:]) == (address(one) or 0) + 1000

    def test_it_outlives_the_response(self, route_server: RouteServer) -> None:
        response = answer(route_server, self.BODY)
        view = memoryview(response)
        del response
        gc.collect()
        assert view == self.BODY

    def test_where_python_takes_buffers(self, route_server: RouteServer) -> None:
        response: Any = answer(route_server, self.BODY)
        assert bytes(response) == self.BODY
        assert hashlib.sha256(response).digest() == hashlib.sha256(self.BODY).digest()
        assert b"".join([response, response]) == self.BODY * 2

    def test_an_empty_body(self, route_server: RouteServer) -> None:
        assert memoryview(answer(route_server, b"")).nbytes == 0


def test_the_error_is_the_one_a_single_request_raises() -> None:
    with pytest.raises(FetchError) as caught:
        fetch(Request("GET", REFUSED))
    assert type(caught.value) is type(outcome(REFUSED).error) is fastfetch.ConnectionRefused
