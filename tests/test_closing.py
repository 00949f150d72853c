"""A client is closed while it is used: by several, at once, and more than once (rule L33)."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import fastfetch as ff
import pytest
from fastfetch import ClientClosed, Limits, sync

from tests.amounts import SLACK, times
from tests.figures import Measured
from tests.servers.ledger import PATIENCE
from tests.servers.routes import RouteServer

REQUESTS = 100
LIMITS = Limits(concurrency=20, per_host=20)


def closing(close: Callable[[], object]) -> tuple[list[threading.Thread], list[BaseException]]:
    """Two threads that close a client in the same moment."""
    together, raised = threading.Barrier(2), list[BaseException]()

    def run() -> None:
        together.wait()
        try:
            close()
            close()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    return threads, raised


def close_awaited(client: ff.Client) -> Callable[[], object]:
    return lambda: asyncio.run(client.aclose())


@pytest.mark.torture
@pytest.mark.parametrize("door", ["get", "gather", "as_completed", "stream"])
def test_l33_two_threads_close_it(door: str, route_server: RouteServer, measured: Measured) -> None:
    """Some requests are being answered then, some wait for their turn, and some are still to be made."""
    rounds, ends = times(50, 3), Counter[str]()
    urls = [f"{route_server.url}/delay/0.002"] * REQUESTS

    async def main() -> None:
        client = ff.Client(limits=LIMITS)

        async def get(url: str) -> Any:
            try:
                return await client.get(url)
            except ff.FetchError as error:
                return error

        async def stream(url: str) -> Any:
            try:
                async with client.stream("GET", url) as response:
                    await response.aread()
                return response
            except ff.FetchError as error:
                return error

        async def fetch() -> list[Any]:
            match door:
                case "get":
                    return await asyncio.gather(*map(get, urls))
                case "stream":
                    return await asyncio.gather(*map(stream, urls))
                case "gather":
                    return list(await client.gather(urls))
                case _:
                    return [response async for response in client.as_completed(urls)]

        before = len(route_server.ledger.requests)
        task = asyncio.ensure_future(fetch())
        await asyncio.to_thread(route_server.ledger.wait_requests, before + 20)
        threads, raised = closing(close_awaited(client))
        for response in await asyncio.wait_for(task, PATIENCE + SLACK):
            error = response if isinstance(response, ff.FetchError) else getattr(response, "error", None)
            if error is None:
                assert response.json() == {"delay": 0.002}
            ends[type(error).__name__] += 1
        for thread in threads:
            await asyncio.to_thread(thread.join)
        assert raised == []
        await client.aclose()
        with pytest.raises(ClientClosed):
            await client.get(urls[0])
        with pytest.raises(ClientClosed):
            async with client.stream("GET", urls[0]):
                pass
        assert (await client.gather(urls[:2])).counts == {"ClientClosed": 2}

    for _ in range(rounds):
        asyncio.run(main())
    assert ends.total() == rounds * REQUESTS
    assert set(ends) <= {"NoneType", "ClientClosed"}
    assert ends["NoneType"] >= 20 * rounds
    measured(
        f"{rounds} times two threads close a client with {REQUESTS} requests, by {door}",
        f"{ends['NoneType']:,} answers, {ends['ClientClosed']:,} ClientClosed, and nothing else",
    )
    route_server.ledger.wait_none_open()


def test_l33_the_waiting_face(route_server: RouteServer) -> None:
    """Each request waits on a thread of its own."""
    client, ends = sync.Client(limits=LIMITS), list[object]()

    def get() -> None:
        try:
            ends.append(client.get(f"{route_server.url}/delay/0.002").status_code)
        except ff.FetchError as error:
            ends.append(type(error))

    getting = [threading.Thread(target=get) for _ in range(REQUESTS)]
    for thread in getting:
        thread.start()
    route_server.ledger.wait_requests(20)
    threads, raised = closing(client.close)
    for thread in [*getting, *threads]:
        thread.join(PATIENCE + SLACK)
        assert not thread.is_alive()
    assert raised == []
    assert len(ends) == REQUESTS
    assert set(ends) <= {200, ClientClosed}
    with pytest.raises(ClientClosed):
        client.get(f"{route_server.url}/json/a")
    assert client.gather([f"{route_server.url}/json/a"]).counts == {"ClientClosed": 1}
    route_server.ledger.wait_none_open()
