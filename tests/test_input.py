"""URLs and requests: what is taken, and what becomes of what is not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import fastfetch
import pytest
from fastfetch import Batch, Client, FetchError, InvalidRequest, InvalidURL, Request, Results
from hypothesis import given
from hypothesis import strategies as st

from tests.fetching import said
from tests.servers.routes import RouteServer


def gather(urls: Any, **options: Any) -> Results:
    return asyncio.run(fastfetch.gather(urls, **options))


def completed(urls: Any, **options: Any) -> list[fastfetch.Response]:
    async def main() -> list[fastfetch.Response]:
        return [response async for response in fastfetch.as_completed(urls, **options)]

    return asyncio.run(main())


class TestItems:
    @pytest.mark.parametrize(
        "form",
        [
            list,
            tuple,
            set,
            frozenset,
            dict.fromkeys,
            lambda urls: dict.fromkeys(urls).keys(),
            iter,
            lambda urls: (url for url in urls),
            lambda urls: map(str, urls),
            lambda urls: [Request("GET", url) for url in urls],
            lambda urls: dict(enumerate(urls)).values(),
        ],
        ids=[
            "list",
            "tuple",
            "set",
            "frozenset",
            "dict",
            "keys",
            "iterator",
            "generator",
            "map",
            "requests",
            "values",
        ],
    )
    def test_any_iterable(
        self, route_server: RouteServer, form: Callable[[list[str]], Iterable[Any]]
    ) -> None:
        urls = [f"{route_server.url}/json/{n}" for n in range(5)]
        assert sorted(response.url for response in gather(form(urls))) == urls
        assert sorted(response.url for response in completed(form(urls))) == urls

    def test_a_sequence_without_iter(self, route_server: RouteServer) -> None:
        class Old:
            def __getitem__(self, index: int) -> str:
                if index == 3:
                    raise IndexError
                return f"{route_server.url}/json/{index}"

        assert gather(Old()).counts == {200: 3}

    @pytest.mark.parametrize("nothing", [[], (), {}, set(), iter([]), ""[1:].split()], ids=repr)
    def test_an_empty_one(self, nothing: Any) -> None:
        assert len(gather(nothing)) == 0
        assert completed(nothing) == []
        assert Batch(nothing).progress.fraction == 1.0

    @pytest.mark.parametrize(
        ("item", "kind", "words"),
        [
            (5, InvalidRequest, "expected str or Request, got int"),
            (None, InvalidRequest, "expected str or Request, got NoneType"),
            (b"http://a.test/", InvalidRequest, "expected str or Request, got bytes"),
            (["http://a.test/"], InvalidRequest, "expected str or Request, got list"),
            (Path("/a"), InvalidRequest, "expected str or Request, got P"),
            ("", InvalidURL, "no scheme"),
            ("a.test", InvalidURL, "no scheme"),
            ("/path", InvalidURL, "no scheme"),
            ("//a.test/", InvalidURL, "no scheme"),
            ("ftp://a.test/", InvalidURL, "ftp"),
            ("file:///etc/passwd", InvalidURL, "file"),
            ("javascript:alert(1)", InvalidURL, "javascript"),
            ("http://", InvalidURL, "host"),
            ("http://a.test:99999/", InvalidURL, "port"),
            ("http://a.test:port/", InvalidURL, "port"),
            ("http://[::1", InvalidURL, "IPv6"),
            ("http://a b/", InvalidURL, "invalid"),
            ("http://1.2.3.256/", InvalidURL, "IPv4"),
            ("http://\ud800.test/", InvalidURL, "surrogate"),
            ("x" * 1_000_000, InvalidURL, "no scheme"),
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_a_wrong_one_is_its_own_error(
        self, route_server: RouteServer, item: Any, kind: type[FetchError], words: str
    ) -> None:
        good = f"{route_server.url}/json/a"
        results = gather([good, item, good])
        assert [response.ok for response in results] == [True, False, True]
        error = results[1].error
        assert type(error) is kind
        assert words in str(error)
        assert len(str(error)) < 3_000
        assert (error.method, error.phase, error.attempts, error.elapsed) == ("GET", "input", 0, 0.0)
        assert (error.url, error.__cause__) == (results[1].url, None)
        late = [response.error for response in completed([item])]
        assert [said(error) for error in late if error] == [said(error)]

        with pytest.raises(kind, match=words.split()[-1] if isinstance(item, str) else "url: expected str"):
            asyncio.run(fastfetch.get(item))
        assert len(route_server.ledger.requests) == 2

    @given(st.text())
    def test_any_text_is_a_url_or_an_error(self, text: str) -> None:
        with contextlib.suppress(InvalidURL):
            assert Request("GET", text).url.startswith(("http://", "https://"))

    @pytest.mark.parametrize(
        "url",
        [
            "http://me:hunter2@a.test:99999/",
            "http://me:hunter2@a b.test/",
            "http://me:hunter/2@a.test:80/",
            "http://me:hunter?2@a.test/",
            "http://me:hunter#2@a.test/",
            "http://me:hunter2@hunter2@a.test:port/",
            "http:/me:hunter2@a.test:99999/",
            "http:\\\\me:hunter2@a.test:99999/",
            "ftp://me:hunter2@a.test/",
            "me:hunter2@a.test/",
            "http://me:hunter2@a.test/\n",
        ],
    )
    def test_an_invalid_url_shows_no_password(self, url: str) -> None:
        response = gather([url])[0]
        assert isinstance(response.error, InvalidURL)
        assert (
            "hunter"
            not in f"{response.error} {response.error.url} {response.url} {response!r} {gather([url])!r}"
        )
        with pytest.raises(InvalidURL) as caught:
            Request("GET", url)
        assert "hunter" not in f"{caught.value} {caught.value.url}"


class TestURLs:
    @pytest.mark.parametrize("many", [gather, completed, Batch, lambda urls: Client().as_completed(urls)])
    @pytest.mark.parametrize(
        "urls", ["http://a.test/", b"http://a.test/", 5, None, Request("GET", "http://a.test/")]
    )
    def test_one_instead_of_many(self, many: Callable[[Any], object], urls: Any) -> None:
        with pytest.raises(TypeError, match=f"urls: expected an iterable .*{type(urls).__name__}"):
            many(urls)

    @pytest.mark.parametrize("many", [gather, completed])
    def test_an_iterable_that_fails(self, many: Callable[[Any], object]) -> None:
        def source() -> Iterable[str]:
            yield "http://127.0.0.1:1/"
            raise LookupError("the source is dry")

        with pytest.raises(LookupError, match="dry"):
            many(source())

    def test_async_iterables_are_for_what_can_await(self, route_server: RouteServer) -> None:
        async def source() -> AsyncIterator[str]:
            for n in range(3):
                yield f"{route_server.url}/json/{n}"

        assert len(completed(source())) == 3
        assert [response.json()["name"] for response in gather(source())] == ["0", "1", "2"]
        with pytest.raises(TypeError, match=r"urls: expected an iterable .*async_generator; gather and as_"):
            Batch(source())  # type: ignore[arg-type]
