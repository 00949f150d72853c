"""`files`: forms with files in them, as real parsers read them."""

import asyncio
import io
import pickle
import re
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import fastfetch
import pytest
from fastfetch import InvalidRequest, Request
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Http2ServerFactory
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

URL = "http://a.test/"


def post(url: str, **options: Any) -> Any:
    return asyncio.run(fastfetch.post(url, **options))


def parts(content_type: str, body: bytes) -> list[Message]:
    """The parts of a form, by the parser of Python's own email package."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    assert message.is_multipart()
    assert message.defects == []
    return message.get_payload()  # type: ignore[return-value]


def described(request: Request) -> list[tuple[object, ...]]:
    """Name, file name, type and content of each part."""
    assert request.content is not None
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part["content-type"],
            part.get_payload(decode=True),
        )
        for part in parts(request.headers["content-type"], request.content)
    ]


names = st.text(st.characters(codec="utf-8", exclude_characters="%\\"), max_size=12)
"""Without what could be taken for an escape."""


@given(st.lists(st.tuples(names.filter(bool), names, st.binary(max_size=80)), min_size=1, max_size=5))
def test_any_form_comes_back(fields: list[tuple[str, str, bytes]]) -> None:
    """What a name holds never becomes a line, or a part, of its own."""
    files = [(name, (file_name, content)) for name, file_name, content in fields]
    request = Request("POST", URL, files=files)
    assert request.content is not None
    boundary = b"--" + request.headers["content-type"].partition("boundary=")[2].encode()
    first, *others, last = request.content.split(boundary)
    assert (first, last, len(others)) == (b"", b"--\r\n", len(fields))
    for part, (name, file_name, content) in zip(others, fields, strict=True):
        head, _, body = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        assert body == content
        message = message_from_bytes(head + b"\r\n\r\n", policy=policy.HTTP)
        assert message.keys() == ["Content-Disposition", "Content-Type"]
        value = head.split(b"\r\n")[0].decode()
        found = re.fullmatch(r'Content-Disposition: form-data; name="([^"]*)"; filename="([^"]*)"', value)
        assert found
        assert [unquote(found[1]), unquote(found[2])] == [name, file_name]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (b"\0\xff", ("upload", "application/octet-stream", b"\0\xff")),
        ("ü", ("upload", "application/octet-stream", "ü".encode())),
        (bytearray(b"x"), ("upload", "application/octet-stream", b"x")),
        (memoryview(b"xyz")[1:], ("upload", "application/octet-stream", b"yz")),
        (("a.txt", b"x"), ("a.txt", "text/plain", b"x")),
        (("a.png", b"x"), ("a.png", "image/png", b"x")),
        (("a", b"x", "a/b"), ("a", "a/b", b"x")),
        (("a.png", b"x", None), ("a.png", "image/png", b"x")),
        ((None, b"x"), (None, None, b"x")),
        ((None, "x", "application/json"), (None, "application/json", b"x")),
        (("", b"x"), ("", "application/octet-stream", b"x")),
        (["a.txt", b"x"], ("a.txt", "text/plain", b"x")),
        (("a", b"x", None, {"Content-Type": "c/d"}), ("a", "c/d", b"x")),
    ],
    ids=repr,
)
def test_forms_of_a_file(file: Any, expected: tuple[object, ...]) -> None:
    assert described(Request("POST", URL, files={"f": file})) == [("f", *expected)]


def test_fields_come_first_and_names_repeat() -> None:
    data = {"a": ["1", 2, None, True], "none": None, "raw": b"b"}
    files = [("f", ("1.txt", b"one")), ("f", ("2.txt", b"two"))]
    assert [part[:2] + part[3:] for part in described(Request("POST", URL, data=data, files=files))] == [
        ("a", None, b"1"),
        ("a", None, b"2"),
        ("a", None, b"true"),
        ("raw", None, b"b"),
        ("f", "1.txt", b"one"),
        ("f", "2.txt", b"two"),
    ]


def test_headers_of_a_part() -> None:
    request = Request("POST", URL, files={"f": ("a", b"x", "a/b", {"X-Own": "1", "X-More": "ü"})})
    assert b"\r\nX-Own: 1\r\nX-More: \xc3\xbc\r\n" in (request.content or b"")


def test_without_files_it_is_an_ordinary_form() -> None:
    nothing: tuple[Any, ...] = ({}, [], None)
    for files in nothing:
        request = Request("POST", URL, data={"a": 1}, files=files)
        assert (request.content, request.headers["content-type"]) == (
            b"a=1",
            "application/x-www-form-urlencoded",
        )
        assert Request("POST", URL, files=files).content is None


def test_in_memory_it_is_a_value() -> None:
    request = Request("POST", URL, files={"f": b"x"}, data={"a": 1})
    again = pickle.loads(pickle.dumps(request))
    assert (again.content, again.headers) == (request.content, request.headers)
    assert Request("POST", URL, files={"f": b"x"}).content != Request("POST", URL, files={"f": b"x"}).content


class TestTypeOfOnesOwn:
    def test_its_boundary_is_used(self) -> None:
        for content_type in ("multipart/form-data; boundary=abc", 'multipart/mixed; x=y; Boundary="abc"'):
            request = Request("POST", URL, files={"f": b"x"}, headers={"Content-Type": content_type})
            assert request.headers["content-type"] == content_type
            assert (request.content or b"").startswith(b"--abc\r\n")

    @pytest.mark.parametrize("given", ["multipart/form-data", "multipart/form-data; boundary=a b", "a/b"])
    def test_without_a_usable_one_it_is_refused(self, given: str) -> None:
        with pytest.raises(InvalidRequest, match=r"Content-Type.* boundary"):
            Request("POST", URL, files={"f": b"x"}, headers={"Content-Type": given})


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"files": 5}, TypeError, "files: expected a mapping or an iterable of .*, got int"),
        ({"files": {"f": 5}}, TypeError, r"files\['f'\]: expected str, bytes, .*, got int"),
        ({"files": {"f": None}}, TypeError, r"files\['f'\]: expected .*, got NoneType"),
        ({"files": {"f": {}}}, TypeError, r"files\['f'\]: expected .*, got dict"),
        ({"files": {"f": ("a",)}}, TypeError, r"files\['f'\]: expected \(file name, content\)"),
        (
            {"files": {"f": ("a", b"", "", {}, 1)}},
            TypeError,
            r"files\['f'\]: expected \(file name, content\)",
        ),
        ({"files": {"f": (1, b"")}}, TypeError, r"files\['f'\]: file name: expected str or None, got int"),
        ({"files": {"f": ("a", b"", 1)}}, TypeError, r"files\['f'\]: content type: expected str or None"),
        ({"files": {"f": ("a", b"", None, 5)}}, TypeError, r"files\['f'\]: headers: expected a mapping"),
        (
            {"files": {"f": io.StringIO("x")}},
            TypeError,
            r"files\['f'\]: expected a file opened in binary mode",
        ),
        ({"files": {1: b""}}, TypeError, "files: expected str as the name of a part, got int"),
        ({"files": {"\ud800": b""}}, ValueError, "files: .* lone surrogate"),
        ({"files": {"f": b""}, "data": b"x"}, TypeError, "data: expected the fields of a form beside files"),
        ({"files": {"f": b""}, "data": {"a": {}}}, TypeError, r"data\['a'\]: expected str, .*, got dict"),
        ({"files": {"f": ("a", b"", "a/b", {"content-type": "c/d"})}}, InvalidRequest, "files: .*header"),
        ({"files": {"f": ("a", b"", None, {"content-disposition": "x"})}}, InvalidRequest, "files: .*header"),
    ],
    ids=repr,
)
def test_what_is_refused(options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Request("POST", URL, **options)


class TestServers:
    def test_httpbin_reads_them(self, httpbin: str, tmp_path: Path) -> None:
        path = tmp_path / "größe.txt"
        path.write_bytes(b"from disk")
        with path.open("rb") as file:
            files = {"memory": ("m.txt", "text ü"), "disk": file, "plain": (None, "field")}
            answer = post(f"{httpbin}/post", data={"a": ["1", "2"]}, files=files).json()
        assert answer["files"] == {"memory": "text ü", "disk": "from disk"}
        assert answer["form"] == {"a": ["1", "2"], "plain": "field"}
        assert int(answer["headers"]["Content-Length"]) > 0
        assert "Transfer-Encoding" not in answer["headers"]

    def test_httpbin_reads_awkward_names(self, httpbin: str) -> None:
        names = ['a"b', "ü€", "a;b=c", " a ", "a'b"]
        answer = post(f"{httpbin}/post", files={name: (name, "x") for name in names}).json()
        # Only the quote has to be escaped, as browsers do it; not every parser takes it back.
        assert {name.replace("%22", '"') for name in answer["files"]} == set(names)

    @pytest.mark.parametrize("size", [0, 1, 256 * 1024, 3 * 2**20 + 1])
    def test_a_file_has_a_length_and_comes_whole(
        self, route_server: RouteServer, tmp_path: Path, size: int
    ) -> None:
        content = bytes(range(256)) * (size // 256) + bytes(size % 256)
        path = tmp_path / "file.bin"
        path.write_bytes(b"skipped" + content)
        with path.open("rb") as file:
            file.seek(len(b"skipped"))
            post(f"{route_server.url}/status/204", files={"f": file}, data={"a": "b"})
        (seen,) = route_server.ledger.requests
        assert int(seen.headers["content-length"]) == len(seen.body)
        field, sent = parts(seen.headers["content-type"], seen.body)
        assert field.get_payload(decode=True) == b"b"
        assert sent.get_filename() == "file.bin"
        assert sent.get_payload(decode=True) == content

    def test_iterators_are_sent_as_they_come(self, httpbin: str) -> None:
        def sync() -> Iterator[bytes]:
            yield from (b"a", b"", b"b")

        async def main() -> Any:
            async def slow() -> AsyncIterator[str]:
                for text in ("c", "d"):
                    await asyncio.sleep(0)
                    yield text

            files: dict[str, Any] = {"one": ("1.txt", sync()), "two": ("2.txt", slow())}
            return (await fastfetch.post(f"{httpbin}/post", files=files)).json()

        answer = asyncio.run(main())
        assert answer["files"] == {"one": "ab", "two": "cd"}
        assert answer["headers"]["Transfer-Encoding"] == "chunked"

    def test_over_http2(self, h2_server: Http2ServerFactory, authority: Authority, tmp_path: Path) -> None:
        path = tmp_path / "file.bin"
        path.write_bytes(bytes(2**20))
        server = h2_server(Answer.text("ok"), tls=authority.context("127.0.0.1", alpn=("h2",)))

        async def main() -> None:
            async with fastfetch.Client(tls=fastfetch.TLS(ca=authority.ca_file)) as client:
                with path.open("rb") as file:
                    await client.post(server.url, files={"f": file})

        asyncio.run(main())
        (seen,) = server.ledger.requests
        assert int(seen.headers["content-length"]) == len(seen.body)
        (part,) = parts(seen.headers["content-type"], seen.body)
        assert part.get_payload(decode=True) == bytes(2**20)
