"""What travels between processes: responses, results, headers, requests and every exception."""

import asyncio
import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import fastfetch
import pytest
from fastfetch import Client, FetchError, Headers, Request, Response, Results, StatusError, Timeout

from tests.fetching import fetch, outcome, said
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

Copy = Callable[[Any], Any]

COPIES = pytest.mark.parametrize(
    "again",
    [
        *(lambda thing, p=protocol: pickle.loads(pickle.dumps(thing, p)) for protocol in range(6)),
        copy.copy,
        copy.deepcopy,
    ],
    ids=[*(f"pickle{protocol}" for protocol in range(6)), "copy", "deepcopy"],
)


def parts(response: Response) -> list[object]:
    """All that a response says."""
    always = [response.url, response.method, response.elapsed, response.ok, response.tag, repr(response)]
    if response.error is not None:
        return [*always, said(response.error)]
    answer = [
        response.status_code,
        response.reason,
        response.http_version,
        response.headers.raw,
        response.content,
    ]
    return [*always, *answer, *(parts(hop) for hop in response.history)]


@COPIES
def test_response(route_server: RouteServer, again: Copy) -> None:
    route_server.routes["/answer"] = Answer(
        b"\x00\xff", 299, (("X-Latin", "caf\xe9"), ("X-Two", "1"), ("X-Two", "2"))
    )
    response = fetch(Request("POST", f"{route_server.url}/answer", tag={"any": "thing"}))
    twin = again(response)
    assert type(twin) is Response
    assert parts(twin) == parts(response)
    assert memoryview(twin) == memoryview(response)


@COPIES
def test_response_with_a_history(route_server: RouteServer, again: Copy) -> None:
    response = fetch(Request("GET", f"{route_server.url}/redirect/2"))
    assert len(response.history) == 2
    assert parts(again(response)) == parts(response)


@COPIES
def test_results(route_server: RouteServer, again: Copy) -> None:
    async def main() -> tuple[Results, Results]:
        items: list[Any] = [
            f"{route_server.url}/json/a",
            Request("GET", f"{route_server.url}/status/404", tag=1),
            "x",
            5,
        ]
        results = await fastfetch.gather([*items, f"{route_server.url}/delay/0.2"], timeout=0.1)
        twin = again(results)
        assert type(twin) is Results
        assert [parts(response) for response in twin] == [parts(response) for response in results]
        assert (twin.counts, repr(twin)) == (results.counts, repr(results))
        return results, await twin.retry_failed(timeout=5)

    results, retried = asyncio.run(main())
    assert results.counts == {200: 1, 404: 1, "InvalidURL": 1, "InvalidRequest": 1, "TotalTimeout": 1}
    assert retried.counts == {200: 2, 404: 1, "InvalidURL": 1, "InvalidRequest": 1}


@COPIES
def test_headers(again: Copy) -> None:
    headers = Headers([("A", "1"), (b"b", b"caf\xe9"), ("a", "2")])
    assert again(headers) == headers
    assert again(headers).raw == headers.raw


@COPIES
@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "http://me:secret@a.test/?q#f"),
        Request("post", "http://a.test/", content=b"\xff", tag=("a", 1), timeout=5),
        Request(
            "PUT",
            "http://a.test/",
            content="",
            headers=[("A", "1"), (b"a", b"\xe9")],
            timeout=Timeout(read=None),
        ),
        Request("GET", "http://a.test/", timeout=None),
        Request(
            "GET", "https://a.test/", cookies=[("a", "caf\xe9"), ("a", "=2"), ("__Host-b", ""), ("", "3")]
        ),
    ],
    ids=repr,
)
def test_request(request_: Request, again: Copy) -> None:
    def facts(request: Request) -> list[object]:
        return [
            request.method,
            request.url,
            request.headers.raw,
            request.content,
            request.cookies,
            request.timeout,
            request.tag,
        ]

    twin = again(request_)
    assert type(twin) is Request
    assert facts(twin) == facts(request_)


def tree(root: type[FetchError] = FetchError) -> list[type[FetchError]]:
    """An exception class and all below it."""
    return [root, *(cls for child in root.__subclasses__() for cls in tree(child))]


def test_the_tree_is_public() -> None:
    assert {cls.__name__ for cls in tree()} <= set(fastfetch.__all__)


@COPIES
@pytest.mark.parametrize("cls", tree())
def test_exceptions_made_by_hand(cls: type[FetchError], again: Copy) -> None:
    for error in (
        cls(),
        cls("words"),
        cls("words", url="http://a.test/", attempts=3, reason="r", history=["u"], limit=5),
    ):
        error.__cause__ = OSError(111, "refused")
        error.add_note("a note")
        twin = again(error)
        assert type(twin) is cls
        assert (twin.args, vars(twin), str(twin)) == (error.args, vars(error), str(error))
        assert repr(twin.__cause__) == repr(error.__cause__)


@COPIES
@pytest.mark.parametrize("cls", [fastfetch.CheckpointError, fastfetch.DisallowedByRobots])
def test_earlier_attempts(cls: type[FetchError], again: Copy) -> None:
    assert cls("words").earlier == ()
    assert again(cls("words", earlier=("first", "second"))).earlier == ("first", "second")


@COPIES
def test_exceptions_that_happened(route_server: RouteServer, again: Copy) -> None:
    at = route_server.url
    route_server.routes["/loop"] = Answer.redirect("/loop")
    route_server.routes["/unsafe"] = Answer.redirect("file:///etc/passwd")
    route_server.routes["/nowhere"] = Answer.redirect("http://h:99999/")
    happened = [
        outcome("http://127.0.0.1:1/").error,
        outcome(f"http://{'x' * 64}.test/").error,
        outcome(at.replace("http", "https"), timeout=Timeout(connect=0.01)).error,
        outcome(f"{at}/never", timeout=Timeout(read=0.01)).error,
        outcome(f"{at}/never", timeout=0.01).error,
        outcome(f"{at}/bytes/100", max_body=10).error,
        *(outcome(f"{at}/{path}").error for path in ("loop", "unsafe", "nowhere")),
        outcome("nonsense").error,
        outcome(5).error,  # type: ignore[arg-type]
    ]
    for error in happened:
        assert error is not None
        twin = again(error)
        assert said(twin) == said(error)
        assert twin.elapsed == error.elapsed
    assert len({type(error) for error in happened}) == len(happened)


@COPIES
def test_errors_about_answers(route_server: RouteServer, again: Copy) -> None:
    response = fetch(Request("GET", f"{route_server.url}/status/404"))
    with pytest.raises(StatusError) as status:
        response.raise_for_status()
    twin = again(status.value)
    assert parts(twin.response) == parts(response)
    assert str(twin) == str(status.value)
    with pytest.raises(fastfetch.DecodeError) as decode:
        response.json()
    assert said(again(decode.value)) == said(decode.value)


@COPIES
def test_closed(again: Copy) -> None:
    async def main() -> Results:
        client = Client()
        await client.aclose()
        return await client.gather(["http://a.test/"])

    error = asyncio.run(main()).errors[0]
    assert type(error) is fastfetch.ClientClosed
    assert said(again(error)) == said(error)


def test_another_process_needs_no_import_first(route_server: RouteServer) -> None:
    response = fetch(Request("GET", f"{route_server.url}/json/far"))
    error = outcome("http://127.0.0.1:1/").error
    program = (
        "import pickle, sys; r, e = pickle.load(sys.stdin.buffer); print(r.json(), type(e).__name__, e.url)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps((response, error)),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().strip() == "{'name': 'far'} ConnectionRefused http://127.0.0.1:1/"
    assert done.stderr == b""


def test_nonsense_is_refused() -> None:
    for state in (b"", b"\xff" * 100, b"\x00"):
        with pytest.raises(ValueError, match="not a pickled response"):
            Response._restore(state, None)
