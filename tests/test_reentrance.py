"""Callbacks that use the client they are called by: they ask it for more, close it, let go of it (rule L29).

Those that wait for the one permit of the request that calls them are in `test_hooks_raising.py`.
"""

import asyncio
import gc
import threading
from collections.abc import Callable
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import Client, ClientClosed, Limits, Request, Response, sync

from tests.loops import LoopFactory, run
from tests.servers.routes import RouteServer

PATIENCE = 10.0
EVENTS = ["request", "redirect", "response"]

Call = Callable[[Client, str], Any]


async def get(client: Client, url: str) -> object:
    return (await client.get(url)).status_code


async def gather(client: Client, url: str) -> object:
    (response,) = await client.gather([url])
    return response.error or response.status_code


async def as_completed(client: Client, url: str) -> object:
    (came,) = [response async for response in client.as_completed([url])]
    return came.error or came.status_code


async def stream(client: Client, url: str) -> object:
    async with client.stream("GET", url) as response:
        return (await response.aread()) and response.status_code


CALLS = pytest.mark.parametrize("call", [get, gather, as_completed, stream], ids=lambda call: call.__name__)


async def ends(work: Any) -> object:
    """What comes of it, in time: its value, or our error."""
    try:
        return await asyncio.wait_for(work, PATIENCE)
    except ff.FetchError as error:
        return error


class TestClosing:
    """Requests in flight end as they would, or with `ClientClosed`; later ones do not begin."""

    @CALLS
    @pytest.mark.parametrize("colour", ["plain", "async"])
    @pytest.mark.parametrize("event", EVENTS)
    def test_l29_a_hook_closes_its_client(
        self, event: str, colour: str, call: Call, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        async def main() -> None:
            def close(*_: object) -> None:
                client._native.close()

            async def aclose(*_: object) -> None:
                await client.aclose()

            client = Client(event_hooks={event: close if colour == "plain" else aclose})
            came = await ends(call(client, f"{route_server.url}/redirect/1"))
            assert came == 200 or isinstance(came, ClientClosed)
            later = await ends(call(client, f"{route_server.url}/json/a"))
            assert isinstance(later, ClientClosed)

        run(main, loop_factory)
        route_server.ledger.wait_none_open()

    def test_l29_a_reader_closes_its_client(self, route_server: RouteServer) -> None:
        """The rest of its batch is refused, or was on its way; nothing hangs."""
        urls = [f"{route_server.url}/json/{number}" for number in range(50)]

        async def main() -> None:
            for fetch in (client_gather, client_as_completed):
                client = Client(limits=Limits(concurrency=5))
                assert await asyncio.wait_for(fetch(client), PATIENCE) == 50

        async def client_gather(client: Client) -> int:
            results = await client.gather(urls, on_response=lambda _: client._native.close())
            assert set(results.counts) <= {200, "ClientClosed"}
            return len(results)

        async def client_as_completed(client: Client) -> int:
            came = client.as_completed(urls, on_response=lambda _: client._native.close())
            return len([response.error or response.status_code async for response in came])

        asyncio.run(main())
        route_server.ledger.wait_none_open()

    @pytest.mark.parametrize("way", ["get", "gather", "as_completed"])
    def test_l29_a_hook_of_the_waiting_face(self, way: str, route_server: RouteServer) -> None:
        url = f"{route_server.url}/json/a"
        client = sync.Client(event_hooks={"response": lambda _: client.close()})

        def fetch() -> None:
            if way == "get":
                came.append(client.get(url))
            else:
                came.extend(getattr(client, way)([url]))

        came: list[Response] = []
        thread = threading.Thread(target=fetch, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        assert [response.status_code for response in came] == [200]
        with pytest.raises(ClientClosed):
            client.get(url)


class TestAsking:
    @CALLS
    def test_l29_a_hook_asks_ten_deep(
        self, call: Call, route_server: RouteServer, loop_factory: LoopFactory
    ) -> None:
        """Each request has a hook that makes the next, with one permit for all."""
        depth: list[int] = []

        async def main() -> None:
            async def deeper(request: Request) -> None:
                if len(depth) < 10:
                    depth.append(len(depth))
                    assert await call(client, f"{route_server.url}/json/{len(depth)}") == 200

            client = Client(event_hooks={"request": deeper}, limits=Limits(concurrency=1, per_host=1))
            assert await ends(call(client, f"{route_server.url}/json/0")) == 200

        run(main, loop_factory)
        paths = [request.path for request in route_server.ledger.requests]
        assert paths == [f"/json/{number}" for number in reversed(range(11))]

    def test_l29_a_hook_runs_another_loop_in_another_thread(self, route_server: RouteServer) -> None:
        """And blocks on it: nothing that it needs is held by the loop that it blocks."""

        def elsewhere(request: Request) -> None:
            if request.url.endswith("/outer"):
                thread = threading.Thread(target=lambda: inner.append(asyncio.run(get(client, inside))))
                thread.start()
                thread.join(PATIENCE)

        inner: list[object] = []
        inside = f"{route_server.url}/json/inner"
        client = Client(event_hooks={"request": elsewhere})
        assert asyncio.run(get(client, f"{route_server.url}/json/outer")) == 200
        assert inner == [200]

    def test_l29_a_hook_waits_by_the_other_face(self, route_server: RouteServer) -> None:
        def plain(request: Request) -> None:
            if request.url.endswith("/outer"):
                inner.append(sync.get(f"{route_server.url}/json/inner").status_code)
                inner.append(sync.gather([f"{route_server.url}/json/inner"] * 3).counts)

        inner: list[object] = []
        client = Client(event_hooks={"request": plain}, limits=Limits(concurrency=1))
        assert asyncio.run(get(client, f"{route_server.url}/json/outer")) == 200
        assert inner == [200, {200: 3}]


def test_l29_a_hook_lets_go_of_its_client(route_server: RouteServer, loop_factory: LoopFactory) -> None:
    """Of everything that is not on the stack, with a collection on top."""
    clients: list[Client] = []

    def forget(_: Response) -> None:
        clients.clear()
        gc.collect()

    async def main() -> None:
        for call in (get, gather, as_completed, stream):
            clients.append(Client(event_hooks={"response": forget}))
            assert await ends(call(clients[0], f"{route_server.url}/json/a")) == 200
            assert clients == []

    run(main, loop_factory)


def test_l28_a_hook_that_raises_base_exceptions_leaves_the_client_whole(route_server: RouteServer) -> None:
    """They reach whoever awaits as they are; what is raised while others wait is theirs neither."""

    class Stop(BaseException):
        pass

    def stop(request: Request) -> None:
        if request.url.endswith("/stop"):
            raise Stop

    async def main() -> None:
        client = Client(event_hooks={"request": stop})
        others = [asyncio.create_task(get(client, f"{route_server.url}/delay/0.05")) for _ in range(10)]
        for _ in range(20):
            with pytest.raises(Stop):
                await client.get(f"{route_server.url}/stop")
        assert await asyncio.gather(*others) == [200] * 10

    asyncio.run(main())
