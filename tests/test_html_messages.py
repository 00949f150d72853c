"""`Response`, `Request` and `Headers` in a notebook: what the HTML says, and that it is harmless."""

import asyncio
import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import fastfetch
import pytest
from fastfetch import FetchError, Headers, Request, Response, Retry
from fastfetch._display.advice import advice
from fastfetch._display.images import recognise
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from tests.conftest import RawServerFactory
from tests.fetching import UNKNOWN_HOST, outcome
from tests.safe_html import HOSTILE, Shown, shown
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

HOSTILE_TEXT = pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:30]))

Show = Callable[..., Shown]


def html(thing: Any) -> Shown:
    return shown(thing._repr_html_())


@pytest.fixture
def show(route_server: RouteServer) -> Show:
    """Fetches a body of a type, and looks at its response."""

    def show(body: bytes | str, content_type: str = "", **headers: str) -> Shown:
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        fields = [("Content-Type", content_type)] if content_type else []
        route_server.routes["/body"] = Answer(content, 200, (*fields, *headers.items()))
        return html(asyncio.run(fastfetch.get(f"{route_server.url}/body")))

    return show


class TestAnswer:
    def test_head(self, route_server: RouteServer) -> None:
        seen = html(outcome(Request("POST", f"{route_server.url}/json/a", tag={"row": 7})))
        assert seen.text.startswith(f"200 OK POST {route_server.url}/json/aHTTP/1.1 · ")
        assert "13 B · application/json · tag {'row': 7}" in seen.text
        assert "first byte" in seen.text
        assert "2 headerscontent-typeapplication/jsoncontent-length13" in seen.text
        assert seen.links == [f"{route_server.url}/json/a"]

    def test_redirects(self, route_server: RouteServer) -> None:
        seen = html(outcome(f"{route_server.url}/redirect/2"))
        at = route_server.url
        assert seen.links == [f"{at}/json/landed", f"{at}/redirect/2", f"{at}/redirect/1"]
        assert "3 attempts" in seen.text
        assert "led here by 2 redirects302" in seen.text

    def test_error_statuses_say_so(self, route_server: RouteServer) -> None:
        seen = html(outcome(f"{route_server.url}/status/404"))
        assert seen.text.startswith("404 Not Found GET ")
        assert "no body" in seen.text

    def test_what_gives_access_is_hidden(self, show: Show) -> None:
        seen = show("x", **{"Set-Cookie": "session=secret", "Location": "http://me:secret@a.test/"})
        assert "set-cookie[hidden]" in seen.text
        assert "locationhttp://***@a.test/" in seen.text
        assert "secret" not in seen.text

    def test_a_tag_that_cannot_be_shown(self, route_server: RouteServer) -> None:
        class Odd:
            def __repr__(self) -> str:
                raise LookupError

        assert (
            "a tag that cannot be shown"
            in html(outcome(Request("GET", f"{route_server.url}/json/a", tag=Odd()))).text
        )

    def test_megabytes_of_headers_are_bounded(self, raw_server: RawServerFactory) -> None:
        fields = b"".join(b"X-%d: %s\r\n" % (n, b"<" * 250) for n in range(900))
        server = raw_server(b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: 0\r\n\r\n")
        assert "901 headers" in (seen := html(outcome(server.url))).text
        assert "and 801 more" in seen.text


class TestBody:
    def test_json(self, show: Show) -> None:
        seen = show('{"id": 7, "name": "A<b>\u202e", "deep": {"list": [1, [2.5, null], true]}, "none": []}')
        assert "JSON, " in seen.text
        assert seen.text.partition(" B{\n")[2].splitlines() == [
            '  "id": 7,',
            '  "name": "A<b>\\u202e",',
            '  "deep": {',
            '    "list": [',
            "      1,",
            "      [2.5, null],",
            "      true",
            "    ]",
            "  },",
            '  "none": []',
            "}",
        ]

    def test_json_of_any_size_is_bounded(self, show: Show) -> None:
        deep = "[1," * 150 + "1" + "]" * 150
        seen = show(deep, "application/json")
        assert "[ … 2 … ]" in seen.text
        for body in (
            json.dumps(list(range(100_000))),
            json.dumps({"x" * 100_000: "y" * 100_000}),
            json.dumps([{str(n): n for n in range(9)}] * 1_000),
            "9" * 100_000,
            "[" + "9" * 100_000 + "]",
            '"' + "<" * 1_000_000 + '"',
            json.dumps(["x"] * 1_000_000),
        ):
            assert len(show(body, "application/json").text.splitlines()) <= 60

    def test_what_is_said_to_be_json_and_is_not(self, show: Show) -> None:
        assert 'text, utf-8, 8 B{"a": 1,' in show('{"a": 1,', "application/json").text

    def test_any_json(self, route_server: RouteServer) -> None:
        printable = st.text(
            st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_characters="\x7f"), max_size=8
        ).filter(str.isprintable)
        leaves = (
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | printable
        )
        values = st.recursive(
            leaves,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(printable, inner, max_size=3),
            max_leaves=8,
        )

        @given(values)
        @settings(max_examples=60, deadline=None)
        def is_the_same(value: object) -> None:
            route_server.routes["/value"] = Answer.json(value)
            seen = html(asyncio.run(fastfetch.get(f"{route_server.url}/value")))
            written = seen.text.partition("JSON, ")[2].partition(" B")[2]
            if "…" not in written:
                assert json.loads(written) == value

        is_the_same()

    @pytest.mark.parametrize(
        ("body", "content_type", "encoding"),
        [
            ("caf\xe9\n\tx", "text/plain; charset=utf-8", "utf-8"),
            ("caf\xe9\r\n\tx".encode("latin-1"), "text/plain; charset=iso-8859-1", "windows-1252"),
            ("caf\xe9\n\tx".encode("utf-16"), "text/plain", "utf-16le"),
        ],
    )
    def test_text(self, show: Show, body: bytes | str, content_type: str, encoding: str) -> None:
        seen = show(body, content_type)
        assert f"text, {encoding}, " in seen.text
        assert seen.text.endswith("caf\xe9\n    x")

    def test_text_is_cut(self, show: Show) -> None:
        assert show("line\n" * 1_000, "text/plain").text.endswith("line\n…")
        assert show("\u20ac" * 5_000, "text/plain").text.endswith("…")

    def test_markup_is_text(self, show: Show) -> None:
        seen = show("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml")
        assert "<svg" in seen.text
        assert seen.pictures == []

    def test_bytes(self, show: Show) -> None:
        seen = show(bytes(range(256)) * 2, "text/plain")
        assert "bytes, 512 B00000000  00 01 02 03 04 05 06 07  08 09" in seen.text
        assert "00000040  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO\n" in seen.text
        assert seen.text.endswith("…")

    def test_what_is_still_coded_is_bytes(self, show: Show) -> None:
        assert "bytes, 8 B" in show('{"a": 1}', "application/json", **{"Content-Encoding": "unheard-of"}).text

    @given(st.binary(max_size=300))
    def test_any_bytes_are_no_picture_or_a_small_one(self, body: bytes) -> None:
        image = recognise(body)
        assert image is None or len(body) >= 10

    def test_any_body(self, route_server: RouteServer) -> None:
        types = st.sampled_from(["", "text/html", "application/json", "image/png", "text/html; charset=<x>"])
        starts = st.sampled_from(
            [b"", b"{", b"<", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"RIFF1234WEBPVP8X"]
        )

        @given(
            types,
            starts,
            st.binary(max_size=400) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
        )
        @settings(max_examples=100, deadline=None)
        def is_harmless(content_type: str, start: bytes, rest: bytes) -> None:
            route_server.routes["/any"] = Answer(start + rest, 200, (("Content-Type", content_type),))
            html(asyncio.run(fastfetch.get(f"{route_server.url}/any")))

        is_harmless()


class TestPictures:
    @pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp", "webp-lossless"])
    def test_are_shown_whatever_they_are_said_to_be(self, show: Show, kind: str) -> None:
        name, _, lossless = kind.partition("-")
        content = picture(name, 40, 30, lossless=bool(lossless))
        seen = show(content, "text/html")
        assert len(seen.pictures) == 1
        assert seen.pictures[0].startswith(f"data:image/{name};base64,")
        assert f"image/{name}, 40 × 30, " in seen.text

    @given(
        st.sampled_from(["png", "jpeg", "gif", "webp"]),
        st.integers(1, 300),
        st.integers(1, 300),
        st.booleans(),
    )
    @settings(max_examples=40, deadline=None)
    def test_sizes(self, kind: str, width: int, height: int, lossless: bool) -> None:
        image = recognise(picture(kind, width, height, lossless=lossless))
        assert image is not None
        assert (image.type, image.width, image.height) == (f"image/{kind}", width, height)

    def test_those_that_are_too_large_are_only_told_of(self, show: Show) -> None:
        bomb = picture("png", 1, 1).replace((1).to_bytes(4, "big") * 2, (60_000).to_bytes(4, "big") * 2)
        seen = show(bomb, "image/png")
        assert "image/png, 60,000 × 60,000, " in seen.text
        assert "too large to be shown" in seen.text
        assert seen.pictures == []
        seen = show(picture("gif", 2, 2) + b"\0" * 1_000_000, "image/gif")
        assert "too large to be shown" in seen.text
        assert seen.pictures == []

    @pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp"])
    def test_those_that_are_cut_short(self, kind: str) -> None:
        whole = picture(kind, 9, 9)
        for length in range(len(whole)):
            image = recognise(whole[:length])
            assert image is None or (image.width, image.height) == (9, 9)


def picture(kind: str, width: int, height: int, **options: Any) -> bytes:
    stream = BytesIO()
    Pillow.new("RGB", (width, height), (10, 200, 30)).save(stream, kind, **options)
    return stream.getvalue()


class TestFailure:
    def test_class_message_phase_attempts_and_what_to_do(self) -> None:
        seen = html(outcome("http://127.0.0.1:1/x"))
        assert seen.text.startswith(
            "ConnectionRefused GET http://127.0.0.1:1/xin phase connect · after 1 attempt · "
        )
        assert "GET http://127.0.0.1:1/x: " in seen.text
        assert "What to do: Look whether the server runs" in seen.text

    def test_not_sent(self) -> None:
        seen = html(outcome("no url"))
        assert "in phase input · not sent · " in seen.text
        assert seen.links == []

    def test_earlier_attempts(self) -> None:
        seen = html(outcome("http://127.0.0.1:1/", retry=Retry(attempts=3, backoff=0)))
        assert "after 3 attempts" in seen.text
        assert "earlier attempts1. " in seen.text
        assert "\n2. " in seen.text
        assert "before that" not in seen.text

    def test_what_own_code_raised(self, route_server: RouteServer) -> None:
        def refuse(response: Response) -> None:
            raise LookupError("<b>not this one</b>")

        results = asyncio.run(fastfetch.gather([f"{route_server.url}/json/a"], on_response=refuse))
        seen = html(results[0])
        assert "LookupError" in seen.text
        assert "<b>not this one</b>" in seen.text
        assert "Your own code raised it" in seen.text
        assert "<b>not this one</b>" in html(results).text

    def test_there_is_advice_for_every_class(self) -> None:
        def below(root: type[FetchError]) -> list[type[FetchError]]:
            return [root, *(cls for child in root.__subclasses__() for cls in below(child))]

        told = [cls for cls in below(FetchError) if advice(cls()) == advice(FetchError())]
        assert {cls.__name__ for cls in told} == {"FetchError", "TransportError", "TimeoutException"}


class TestHostile:
    @HOSTILE_TEXT
    def test_bodies_tags_and_urls(self, show: Show, route_server: RouteServer, text: str) -> None:
        for content_type in ("text/html", "application/json", "image/png", ""):
            show(text, content_type)
        show(json.dumps({text: [text, {text: text}]}), "application/json")
        html(outcome(Request("GET", f"{route_server.url}/json/a", tag=text)))
        html(outcome(f"http://{UNKNOWN_HOST}/{text}"))
        html(outcome(f"http://{text}/"))

    @pytest.mark.parametrize("text", [text for text in HOSTILE if len(text) < 1_000], ids=ascii)
    def test_headers_and_reasons(self, raw_server: RawServerFactory, text: str) -> None:
        value = text.encode("utf-8", "surrogatepass").translate(None, b"\0\r\n\x07\x1b\x7f")
        head = b"HTTP/1.1 200 %s\r\nContent-Type: %s\r\nX-%%: %s\r\nLocation: %s\r\n" % (
            value,
            value,
            value,
            value,
        )
        seen = html(outcome(raw_server(head + b"Content-Length: 1\r\n\r\nx").url))
        assert "4 headers" not in seen.text or seen.text.startswith("200 ")

    @HOSTILE_TEXT
    def test_redirects(self, raw_server: RawServerFactory, text: str) -> None:
        to = text[:5_000].encode("utf-8", "surrogatepass").translate(None, b"\0\r\n\x07\x1b\x7f")
        server = raw_server(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/%s\r\nContent-Length: 0\r\n\r\n" % to
        )
        html(outcome(server.url))

    @given(
        st.dictionaries(
            st.from_regex(r"[A-Za-z-]{1,20}", fullmatch=True),
            st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])),
        )
    )
    def test_any_headers(self, fields: dict[str, str]) -> None:
        headers = Headers(fields)
        html(headers)
        html(Request("GET", "http://a.test/", headers=headers))


def test_request() -> None:
    secret = Request(
        "PUT",
        "http://me:secret@a.test/?q=<",
        json=[1],
        headers={"Authorization": "secret", "X": "1"},
        tag="<t>",
    )
    seen = html(secret)
    assert seen.text.startswith("PUT http://***@a.test/?q=%3C 3 B of body · tag '<t>'3 headers")
    assert "authorization[hidden]" in seen.text
    assert "secret" not in seen.text
    assert seen.links == ["http://a.test/?q=%3C"]


def test_headers() -> None:
    assert html(Headers()).text == "no headers"
    assert html(Headers({"A": "<1>"})).text == "1 headera<1>"
