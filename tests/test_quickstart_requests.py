"""Each step of the quickstart of requests, with `import fastfetch` and `await`.

https://requests.readthedocs.io/en/latest/user/quickstart/
"""

import io
import json
from pathlib import Path
from typing import Any

import fastfetch
import pytest

from tests.servers.routes import RouteServer
from tests.steps import step

pytestmark = pytest.mark.usefixtures("face")


@step
async def test_make_a_request(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/get")
    assert r.status_code == 200
    assert r.json()["url"].endswith("/get")


@step
async def test_post_and_the_other_methods(httpbin: str) -> None:
    r = await fastfetch.post(f"{httpbin}/post", content=b"key=value")
    assert r.json()["data"] == "key=value"
    r = await fastfetch.put(f"{httpbin}/put", content=b"key=value")
    assert r.json()["data"] == "key=value"
    r = await fastfetch.patch(f"{httpbin}/patch")
    assert r.ok
    r = await fastfetch.delete(f"{httpbin}/delete")
    assert r.ok
    r = await fastfetch.head(f"{httpbin}/get")
    assert r.content == b""
    r = await fastfetch.options(f"{httpbin}/get")
    assert "GET" in r.headers["Allow"]


@step
async def test_parameters_in_urls(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/get", params={"key1": "value1", "key2": "value2"})
    assert r.url == f"{httpbin}/get?key1=value1&key2=value2"


@step
async def test_parameters_with_a_list(httpbin: str) -> None:
    payload = {"key1": "value1", "key2": ["value2", "value3"]}
    r = await fastfetch.get(f"{httpbin}/get", params=payload)
    assert r.url == f"{httpbin}/get?key1=value1&key2=value2&key2=value3"


@step
async def test_response_content(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/encoding/utf8")
    assert r.encoding == "utf-8"
    assert "STARGΛ̊TE" in r.text
    r.encoding = "ISO-8859-1"
    assert "STARGΛ̊TE" not in r.text


@step
async def test_binary_content(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/image/png")
    assert io.BytesIO(r.content).read(8) == b"\x89PNG\r\n\x1a\n"


@step
@pytest.mark.parametrize(("path", "field"), [("gzip", "gzipped"), ("deflate", "deflated")])
async def test_content_codings_are_undone(httpbin: str, path: str, field: str) -> None:
    r = await fastfetch.get(f"{httpbin}/{path}")
    assert r.json()[field] is True


@step
async def test_json_content(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/json")
    assert r.json()["slideshow"]["title"] == "Sample Slide Show"


@step
async def test_json_that_is_none(httpbin: str) -> None:
    for path in ("status/204", "html"):
        r = await fastfetch.get(f"{httpbin}/{path}")
        with pytest.raises(ValueError, match="not JSON"):
            r.json()


@step
async def test_raw_content(httpbin: str) -> None:
    async with fastfetch.stream("GET", f"{httpbin}/gzip") as r:
        assert (await anext(r.aiter_raw(10)))[:2] == b"\x1f\x8b"


@step
async def test_save_to_a_file(httpbin: str, tmp_path: Path) -> None:
    file = tmp_path / "download"
    async with fastfetch.stream("GET", f"{httpbin}/bytes/100000?seed=1") as r:
        with file.open("wb") as fd:
            async for chunk in r.aiter_bytes(chunk_size=128):
                fd.write(chunk)
    r2 = await fastfetch.get(f"{httpbin}/bytes/100000?seed=1")
    assert file.read_bytes() == r2.content


@step
async def test_custom_headers(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/headers", headers={"user-agent": "my-app/0.0.1"})
    assert r.json()["headers"]["User-Agent"] == "my-app/0.0.1"


@step
async def test_form_data(httpbin: str) -> None:
    r = await fastfetch.post(f"{httpbin}/post", data={"key1": "value1", "key2": "value2"})
    assert r.json()["form"] == {"key1": "value1", "key2": "value2"}


@step
async def test_form_data_with_repeated_keys(httpbin: str) -> None:
    for payload in ([("key1", "value1"), ("key1", "value2")], {"key1": ["value1", "value2"]}):
        r = await fastfetch.post(f"{httpbin}/post", data=payload)
        assert r.json()["form"] == {"key1": ["value1", "value2"]}


@step
async def test_a_body_that_is_no_form(httpbin: str) -> None:
    r = await fastfetch.post(f"{httpbin}/post", content=json.dumps({"some": "data"}))
    assert (r.json()["json"], r.json()["form"]) == ({"some": "data"}, {})


@step
async def test_a_body_of_json(httpbin: str) -> None:
    r = await fastfetch.post(f"{httpbin}/post", json={"some": "data"})
    assert r.json()["json"] == {"some": "data"}
    assert r.json()["headers"]["Content-Type"] == "application/json"


@step
async def test_upload_a_file(httpbin: str, tmp_path: Path) -> None:
    report = tmp_path / "report.xls"
    report.write_bytes(b"numbers")
    with report.open("rb") as file:
        r = await fastfetch.post(f"{httpbin}/post", files={"file": file})
    assert r.json()["files"] == {"file": "numbers"}


@step
async def test_upload_with_name_type_and_headers(httpbin: str) -> None:
    part = ("report.xls", io.BytesIO(b"numbers"), "application/vnd.ms-excel", {"Expires": "0"})
    r = await fastfetch.post(f"{httpbin}/post", files={"file": part})
    assert r.json()["files"] == {"file": "numbers"}


@step
async def test_upload_a_string_as_a_file(httpbin: str) -> None:
    r = await fastfetch.post(f"{httpbin}/post", files={"file": ("report.csv", "some,data\nto,send\n")})
    assert r.json()["files"] == {"file": "some,data\nto,send\n"}


@step
async def test_status_codes(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/get")
    assert r.status_code == fastfetch.codes.ok == fastfetch.codes["OK"] == 200
    assert r.raise_for_status() is r


@step
async def test_a_bad_status(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/status/404")
    assert r.status_code == fastfetch.codes.not_found
    with pytest.raises(fastfetch.StatusError, match="404") as caught:
        r.raise_for_status()
    assert caught.value.response is r


@step
async def test_response_headers(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/response-headers?X-One=1&X-Two=a&X-Two=b")
    assert r.headers["x-one"] == r.headers["X-ONE"] == "1"
    assert r.headers.get("Content-Type") == "application/json"
    assert r.headers.get("nothing") is None
    assert r.headers["X-Two"] == "a, b"
    assert dict(r.headers)["x-two"] == "a, b"


@step
async def test_cookies_of_a_response(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/cookies/set?name=value", follow_redirects=False)
    assert r.cookies["name"] == "value"


@step
async def test_send_cookies(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/cookies", cookies={"cookies_are": "working"})
    assert r.json() == {"cookies": {"cookies_are": "working"}}


@step
async def test_a_jar_of_cookies(httpbin: str) -> None:
    jar = fastfetch.Cookies()
    jar.set("tasty_cookie", "yum", domain="127.0.0.1", path="/cookies")
    jar.set("gross_cookie", "blech", domain="127.0.0.1", path="/elsewhere")
    async with fastfetch.Client(cookies=jar) as client:
        r = await client.get(f"{httpbin}/cookies")
    assert r.json() == {"cookies": {"tasty_cookie": "yum"}}


@step
async def test_redirects_and_history(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/redirect/2")
    assert r.url == f"{httpbin}/get"
    assert [hop.status_code for hop in r.history] == [302, 302]


@step
async def test_no_redirects(httpbin: str) -> None:
    r = await fastfetch.get(f"{httpbin}/redirect/1", follow_redirects=False)
    assert (r.status_code, r.history, r.is_redirect) == (302, [], True)


@step
async def test_redirects_of_head(httpbin: str) -> None:
    r = await fastfetch.head(f"{httpbin}/redirect/1", follow_redirects=True)
    assert (r.status_code, len(r.history)) == (200, 1)


@step
async def test_timeouts(httpbin: str) -> None:
    with pytest.raises(fastfetch.TimeoutException) as caught:
        await fastfetch.get(f"{httpbin}/delay/1", timeout=0.05)
    assert isinstance(caught.value, TimeoutError)


@step
async def test_errors(route_server: RouteServer) -> None:
    with pytest.raises(fastfetch.ConnectError):
        await fastfetch.get("http://127.0.0.1:1/")
    with pytest.raises(fastfetch.InvalidURL):
        await fastfetch.get("no/url")
    async with fastfetch.Client(max_redirects=2) as client:
        with pytest.raises(fastfetch.TooManyRedirects) as caught:
            await client.get(f"{route_server.url}/redirect/5")
    error: Any = caught.value
    assert isinstance(error, fastfetch.FetchError)
