"""What a client adds to the URLs it is given: `base_url` and `params`."""

import asyncio
from typing import Any

import pytest
from fastfetch import Client, InvalidURL, Request, Response

BASE = "https://example.com/api/v1"


@pytest.mark.parametrize("base", [BASE, BASE + "?dropped#too"])
@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("", BASE),
        ("/item", f"{BASE}/item"),
        ("item?a=1#part", f"{BASE}/item?a=1#part"),
        ("?a=1", f"{BASE}?a=1"),
        ("https://other.example/x", "https://other.example/x"),
    ],
)
def test_relative_urls_are_below_it(base: str, url: str, whole: str) -> None:
    assert Client(base_url=base).build_request("GET", url).url == whole


@pytest.mark.parametrize("url", ["item", "/item"])
def test_a_slash_is_not_doubled(url: str) -> None:
    assert Client(base_url=BASE + "/").build_request("GET", url).url == f"{BASE}/item"


def test_a_url_without_a_scheme_of_its_own_is_refused() -> None:
    for url in ("//other.example/x", "ftp://other.example/x"):
        with pytest.raises(InvalidURL):
            Client(base_url=BASE).build_request("GET", url)
    with pytest.raises(InvalidURL):
        Request("GET", "/item")


def test_every_way_to_ask_knows_it(httpbin: str) -> None:
    async def main() -> list[Response]:
        async with Client(base_url=httpbin, params={"key": "all"}) as client:
            async with client.stream("GET", "/get") as streamed:
                await streamed.aread()
            several = [response async for response in client.as_completed(["/get"])]
            return [await client.get("/get"), *await client.gather(["/get"]), *several]

    responses = asyncio.run(main())
    assert [response.json()["args"] for response in responses] == [{"key": "all"}] * 3
    assert {response.url for response in responses} == {f"{httpbin}/get?key=all"}


def test_params_of_a_client_come_first() -> None:
    client = Client(base_url=BASE, params={"key": "all"})
    assert client.build_request("GET", "/x?a=1", params={"b": 2}).url == f"{BASE}/x?a=1&key=all&b=2"


@pytest.mark.parametrize("value", ["example.com", "ftp://example.com", "http://", "http://h/\n"])
def test_wrong_values(value: str) -> None:
    with pytest.raises(ValueError, match="base_url: invalid URL"):
        Client(base_url=value)


@pytest.mark.parametrize("value", [1, b"https://example.com"])
def test_wrong_types(value: Any) -> None:
    with pytest.raises(TypeError, match="base_url: expected str"):
        Client(base_url=value)
