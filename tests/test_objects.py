"""Subclasses, copies and pickles of what there is, and a `repr` that tells no secret (rule L26)."""

import asyncio
import copy
import pickle
from collections.abc import Callable
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import sync

from tests.servers.routes import RouteServer

SECRET = "hunter2"
URL = f"http://me:{SECRET}@127.0.0.1:1/"
CREDENTIALS = {"Authorization": f"Bearer {SECRET}", "Cookie": f"id={SECRET}"}
BEARER = {"Authorization": f"Bearer {SECRET}"}


def everything(url: str) -> list[object]:
    """An object of every kind that was given a secret, where it can be given one."""
    auth = ff.BasicAuth("me", SECRET)
    client = ff.Client(auth=auth, headers=BEARER, cookies={"id": SECRET}, proxy=URL, base_url=URL)
    request = ff.Request("POST", URL, headers=BEARER, cookies={"id": SECRET}, auth=("me", SECRET))
    failed = sync.gather([request])
    answered = sync.Client(auth=auth, headers=CREDENTIALS).gather([url.replace("://", f"://me:{SECRET}@")])
    return [
        client,
        sync.Client(auth=("me", SECRET), headers=CREDENTIALS),
        ff.Batch([request], client=client),
        client.as_completed([request]),
        client.stream("GET", URL),
        client.statistics,
        request,
        request.headers,
        failed,
        failed[0],
        failed[0].error,
        answered,
        answered[0],
        answered[0].headers,
        answered.table(),
        auth,
        ff.BearerAuth(SECRET),
        ff.DigestAuth("me", SECRET),
        ff.Proxy(URL, auth=("me", SECRET)),
    ]


def test_l26_no_repr_tells_a_secret(route_server: RouteServer) -> None:
    for thing in everything(f"{route_server.url}/json/a"):
        assert SECRET not in f"{thing!r} {thing}", type(thing)
        with_html = getattr(thing, "_repr_html_", None)
        assert with_html is None or SECRET not in with_html(), type(thing)


class Api(ff.Client):
    """As in everybody's own code: defaults of its own, a method more, and state."""

    def __init__(self, token: str, **options: Any) -> None:
        super().__init__(headers={"x-token": token}, **options)
        self.asked = 0

    async def item(self, url: str) -> Any:
        self.asked += 1
        return (await self.get(url)).json()


def test_l26_a_subclass_of_the_client(route_server: RouteServer) -> None:
    async def main() -> None:
        async with Api("t") as api:
            assert await api.item(f"{route_server.url}/json/a") == {"name": "a"}
            results = await ff.Batch([f"{route_server.url}/json/b"], client=api)
            assert results.counts == {200: 1}
            assert (api.asked, repr(api)) == (1, "<Api>")
        assert repr(api) == "<Api closed>"

    asyncio.run(main())
    assert [request.headers["x-token"] for request in route_server.ledger.requests] == ["t"] * 2


def test_l26_a_subclass_of_the_waiting_client(route_server: RouteServer) -> None:
    class Waiting(sync.Client):
        def name(self, url: str) -> Any:
            return self.get(url).json()["name"]

    with Waiting() as client:
        assert client.name(f"{route_server.url}/json/a") == "a"


def test_l26_an_exception_of_ones_own() -> None:
    class Refused(ff.ConnectError):
        pass

    error = Refused("no", url="http://a.test/", attempts=2)
    assert isinstance(error, ConnectionError)
    assert (str(error).startswith("no"), error.url, error.attempts) == (True, "http://a.test/", 2)
    twin = copy.copy(error)
    assert (type(twin), twin.args, vars(twin)) == (Refused, error.args, vars(error))


@pytest.mark.parametrize("final", [ff.Response, ff.Request, ff.Headers, ff.Cookies])
def test_l26_what_rust_makes_has_no_subclasses(final: type) -> None:
    """Rust makes them, and would not make one of another class."""
    with pytest.raises(TypeError, match=f"'fastfetch._core.{final.__name__}' is not an acceptable base type"):
        type("Own", (final,), {})


LIVING: dict[str, Callable[[], object]] = {
    "client": ff.Client,
    "waiting client": sync.Client,
    "batch": lambda: ff.Batch(["http://127.0.0.1:1/"]),
    "stream of many": lambda: ff.as_completed(["http://127.0.0.1:1/"]),
    "stream": lambda: ff.stream("GET", "http://127.0.0.1:1/"),
}


@pytest.mark.parametrize("again", [pickle.dumps, copy.deepcopy], ids=["pickle", "deepcopy"])
@pytest.mark.parametrize("make", LIVING.values(), ids=LIVING)
def test_l26_what_has_connections_stays_where_it_is(
    make: Callable[[], object], again: Callable[[Any], object]
) -> None:
    """Another process makes its own; the error says what it was that cannot go there."""
    with pytest.raises(TypeError, match=r"cannot pickle 'fastfetch\._core\.(Client|Batch|Stream)' object"):
        again(make())


def test_l26_settings_are_values() -> None:
    settings: list[Any] = [
        ff.Timeout(connect=1.0),
        ff.Limits(per_host=3),
        ff.Retry(attempts=2),
        ff.Proxy("http://proxy:1"),
        ff.TLS(verify=False),
        ff.BasicAuth("me", SECRET),
        ff.BearerAuth(SECRET),
    ]
    for setting in settings:
        for twin in (copy.copy(setting), copy.deepcopy(setting), pickle.loads(pickle.dumps(setting))):
            assert (type(twin), repr(twin)) == (type(setting), repr(setting))


def test_l26_a_shallow_copy_of_a_client_is_the_same_client(route_server: RouteServer) -> None:
    async def main() -> None:
        client = ff.Client()
        twin = copy.copy(client)
        assert (await twin.get(f"{route_server.url}/json/a")).ok
        assert (await client.get(f"{route_server.url}/json/b")).ok
        assert route_server.ledger.accepted == 1
        await client.aclose()
        with pytest.raises(ff.ClientClosed):
            await twin.get(f"{route_server.url}/json/c")

    asyncio.run(main())
