"""Each step of the quickstart of httpx, with `import fastfetch` and `await`.

https://www.python-httpx.org/quickstart/
"""

import io
from collections.abc import Iterator
from pathlib import Path

import fastfetch
import pytest

from tests.steps import step

pytestmark = pytest.mark.usefixtures("face")


@step
async def test_get_a_page(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/get")
    assert repr(r) == f"<Response [200] GET {httpbin}/get>"


@step
async def test_post_a_form(httpbin: str) -> None:
    r = await fastfetch.post(f"{httpbin}/post", data={"key": "value"})
    assert r.json()["form"] == {"key": "value"}


@step
async def test_the_other_methods(httpbin: str) -> None:
    r = await fastfetch.put(f"{httpbin}/put", content="value")
    assert r.json()["data"] == "value"
    for call, path in ((fastfetch.delete, "delete"), (fastfetch.head, "get"), (fastfetch.options, "get")):
        r = await call(f"{httpbin}/{path}")
        assert r.status_code == fastfetch.codes.OK


@step
async def test_parameters_in_urls(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/get", params={"key1": "value1", "key2": "value2"})
    assert r.url == f"{httpbin}/get?key1=value1&key2=value2"
    r = await fastfetch.get(f"{httpbin}/get", params={"key1": "value1", "key2": ["value2", "value3"]})
    assert r.url == f"{httpbin}/get?key1=value1&key2=value2&key2=value3"


@step
async def test_text_and_its_encoding(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/html")
    assert r.text.startswith("<!DOCTYPE html>")
    assert r.encoding == "utf-8"
    r.encoding = "ISO-8859-1"
    assert r.encoding == "windows-1252"  # What the web means by that name (https://encoding.spec.whatwg.org).


@step
async def test_binary_content(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/image/jpeg")
    assert io.BytesIO(r.content).read(3) == b"\xff\xd8\xff"


@step
async def test_content_codings(httpbin: str) -> None:
    for path, field in (("gzip", "gzipped"), ("deflate", "deflated"), ("brotli", "brotli")):
        r = await fastfetch.get(f"{httpbin}/{path}")
        assert r.json()[field] is True


@step
async def test_json(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/json")
    assert r.json()["slideshow"]["author"] == "Yours Truly"


@step
async def test_custom_headers(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/headers", headers={"user-agent": "my-app/0.0.1"})
    assert r.json()["headers"]["User-Agent"] == "my-app/0.0.1"


@step
async def test_form_data(httpbin: str) -> None:
    r = await fastfetch.post(f"{httpbin}/post", data={"key1": "value1", "key2": "value2"})
    assert r.json()["form"] == {"key1": "value1", "key2": "value2"}
    r = await fastfetch.post(f"{httpbin}/post", data={"key1": ["value1", "value2"]})
    assert r.json()["form"] == {"key1": ["value1", "value2"]}


@step
async def test_upload_a_file(httpbin: str, tmp_path: Path) -> None:
    report = tmp_path / "report.xls"
    report.write_bytes(b"numbers")
    with report.open("rb") as report_file:
        r = await fastfetch.post(f"{httpbin}/post", files={"upload-file": report_file})
    assert r.json()["files"] == {"upload-file": "numbers"}


@step
async def test_upload_with_name_and_type(httpbin: str) -> None:
    files = {"upload-file": ("report.xls", io.BytesIO(b"numbers"), "application/vnd.ms-excel")}
    r = await fastfetch.post(f"{httpbin}/post", files=files)
    assert r.json()["files"] == {"upload-file": "numbers"}


@step
async def test_upload_beside_fields(httpbin: str) -> None:
    r = await fastfetch.post(
        f"{httpbin}/post", data={"message": "Hello, world!"}, files={"file": io.BytesIO(b"numbers")}
    )
    assert (r.json()["files"], r.json()["form"]) == ({"file": "numbers"}, {"message": "Hello, world!"})


@step
async def test_send_json(httpbin: str) -> None:
    data = {"integer": 123, "boolean": True, "list": ["a", "b", "c"]}
    r = await fastfetch.post(f"{httpbin}/post", json=data)
    assert r.json()["json"] == data


@step
async def test_send_bytes(httpbin: str) -> None:
    r = await fastfetch.post(
        f"{httpbin}/post", content=b"Hello, world", headers={"Content-Type": "text/x-own"}
    )
    assert (r.json()["data"], r.json()["headers"]["Content-Type"]) == ("Hello, world", "text/x-own")


@step
async def test_send_what_a_generator_yields(httpbin: str) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"Hello, "
        yield b"world"

    r = await fastfetch.post(f"{httpbin}/post", content=pieces())
    assert r.json()["data"] == "Hello, world"


@step
async def test_status_codes(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/get")
    assert r.status_code == fastfetch.codes.OK
    assert r.is_success
    not_found = await fastfetch.get(f"{httpbin}/status/404")
    assert not_found.status_code == fastfetch.codes.NOT_FOUND
    assert (not_found.reason_phrase, not_found.is_client_error) == ("NOT FOUND", True)
    with pytest.raises(fastfetch.StatusError, match="status 404 NOT FOUND"):
        not_found.raise_for_status()
    assert (await fastfetch.get(f"{httpbin}/get")).raise_for_status().json()["args"] == {}


@step
async def test_response_headers(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/get")
    assert r.headers["Content-Type"] == r.headers.get("content-type") == "application/json"


@step
async def test_stream_bytes_text_and_lines(httpbin: str) -> None:
    whole = await fastfetch.get(f"{httpbin}/html")
    async with fastfetch.stream("GET", f"{httpbin}/html") as r:
        assert b"".join([data async for data in r.aiter_bytes()]) == whole.content
    async with fastfetch.stream("GET", f"{httpbin}/html") as r:
        assert "".join([text async for text in r.aiter_text()]) == whole.text
    async with fastfetch.stream("GET", f"{httpbin}/html") as r:
        assert [line async for line in r.aiter_lines()] == whole.text.splitlines()


@step
async def test_stream_raw_bytes(httpbin: str) -> None:
    async with fastfetch.stream("GET", f"{httpbin}/gzip") as r:
        assert b"".join([chunk async for chunk in r.aiter_raw()])[:2] == b"\x1f\x8b"


@step
async def test_read_a_stream_where_it_is_short(httpbin: str) -> None:
    async with fastfetch.stream("GET", f"{httpbin}/html") as r:
        with pytest.raises(RuntimeError):
            _ = r.text
        if int(r.headers["Content-Length"]) < 10_000:
            await r.aread()
            assert "Melville" in r.text


@step
async def test_cookies(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/cookies/set?chocolate=chip", follow_redirects=False)
    assert r.cookies["chocolate"] == "chip"
    r = await fastfetch.get(f"{httpbin}/cookies", cookies={"peanut": "butter"})
    assert r.json() == {"cookies": {"peanut": "butter"}}


@step
async def test_cookies_by_domain(httpbin: str) -> None:
    cookies = fastfetch.Cookies()
    cookies.set("cookie_on_domain", "hello", domain="127.0.0.1")
    cookies.set("cookie_off_domain", "nope.", domain="example.org")
    async with fastfetch.Client(cookies=cookies) as client:
        r = await client.get(f"{httpbin}/cookies")
    assert r.json() == {"cookies": {"cookie_on_domain": "hello"}}


@step
async def test_redirects_and_history(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/redirect/1", follow_redirects=False)
    assert (r.status_code, r.history) == (302, [])
    r = await fastfetch.get(f"{httpbin}/redirect/1")  # They are followed by default, as requests does.
    assert (r.url, r.status_code, [hop.status_code for hop in r.history]) == (f"{httpbin}/get", 200, [302])


@step
async def test_timeouts(httpbin: str) -> None:
    with pytest.raises(fastfetch.TimeoutException):
        await fastfetch.get(f"{httpbin}/delay/1", timeout=0.05)
    with pytest.raises(fastfetch.ReadTimeout):
        await fastfetch.get(f"{httpbin}/delay/1", timeout=fastfetch.Timeout(read=0.05))
    assert (await fastfetch.get(f"{httpbin}/get", timeout=None)).ok


@step
async def test_basic_authentication(httpbin: str) -> None:
    url = f"{httpbin}/basic-auth/my_user/password123"
    assert (await fastfetch.get(url)).status_code == 401
    r = await fastfetch.get(url, auth=("my_user", "password123"))
    assert r.json() == {"authenticated": True, "user": "my_user"}


@step
async def test_digest_authentication(httpbin: str) -> None:
    auth = fastfetch.DigestAuth("my_user", "password123")
    r = await fastfetch.get(f"{httpbin}/digest-auth/auth/my_user/password123", auth=auth)
    assert r.json() == {"authenticated": True, "user": "my_user"}


@step
async def test_exceptions(httpbin: str) -> None:
    with pytest.raises(fastfetch.FetchError) as caught:
        await fastfetch.get("http://127.0.0.1:1/")
    assert (caught.value.url, caught.value.method) == ("http://127.0.0.1:1/", "GET")
    with pytest.raises(fastfetch.FetchError):
        (await fastfetch.get(f"{httpbin}/status/500")).raise_for_status()
