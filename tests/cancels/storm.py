"""Requests in great number, each cancelled at a random moment, wherever it is then."""

import asyncio
import contextlib
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fastfetch import TLS, Client, ClientOptions, Limits, Request, Response, Retry, StreamedResponse

from tests.cancels.origins import TURN, Deaf, Http2Origin, Origin
from tests.cancels.seen import Seen
from tests.servers.silent import full_port, silent_name_server
from tests.servers.tls import Authority

PROTOCOLS = ["h1", "tls", "h2"]
WIDE = 16
"""How many may be in flight."""

AT_ONCE = 12
"""How many are begun at once: at times with more requests than may be in flight, so that some wait."""

DISK = 5
"""How many answers a checkpoint is to keep."""

LONGEST = 0.03
"""Seconds after which the last is cancelled."""

_UPLOAD = bytes(2**18)


async def _trickle() -> AsyncIterator[bytes]:
    """A body that does not end."""
    while True:
        yield b"drop"
        await asyncio.sleep(TURN)


class Lab(contextlib.ExitStack):
    """The servers of one protocol."""

    def __init__(self, protocol: str, authority: Authority, folder: Path) -> None:
        super().__init__()
        self.protocol = protocol
        self.folder = folder
        self._ca = authority.ca_pem
        self.origin: Origin | Http2Origin
        if protocol == "h2":
            self.origin = Http2Origin(WIDE, authority.context("127.0.0.1", alpn=("h2",)))
        else:
            self.origin = Origin(WIDE, authority.context("127.0.0.1") if protocol == "tls" else None)
        self.enter_context(self.origin)
        self.deaf = self.enter_context(Deaf())
        self.name_server = self.enter_context(silent_name_server())
        self.scheme = self.origin.url.partition(":")[0]

    @cached_property
    def full(self) -> int | None:
        """A port that takes no connection, where there can be one. To find it takes a while."""
        return self.enter_context(full_port())

    def client(self) -> Client:
        return Client(**self.settings())

    def settings(self) -> ClientOptions:
        """Those of a client that trusts these servers."""
        return ClientOptions(
            tls=TLS(ca=self._ca),
            dns=self.name_server,
            limits=Limits(concurrency=WIDE, per_host=WIDE),
            max_redirects=10**6,
            trust_env=False,
        )

    @property
    def seen(self) -> tuple[Seen, Seen]:
        return self.origin.seen, self.deaf.seen

    def request(self, point: str, number: int) -> Request:
        """One that spends its time at this point."""
        at = f"{self.origin.url}/{{}}?n={number}".format
        match point:
            case "dns":
                return Request("GET", f"{self.scheme}://number-{number}.test/")
            case "connect":
                return Request("GET", f"{self.scheme}://127.0.0.1:{self.full}/")
            case "tls":
                return Request("GET", f"https://{self.deaf.authority(number)}/")
            case "send":
                return Request("PUT", at("send"), content=_trickle() if number % 2 else _UPLOAD)
            case "backoff":
                return Request("GET", at("busy"), retry=Retry(attempts=1000, backoff=0.005, budget=None))
            case "disk":
                return Request("GET", at("blob"))
            case _:
                return Request("GET", at(point))

    def points(self) -> list[str]:
        """Where a request may be when it is cancelled, besides in the queue."""
        points = ["dns", "send", "head", "body", "gzip", "hops", "backoff", "disk", "echo"]
        if self.full is not None:
            points.append("connect")
        if self.scheme == "https":
            points.append("tls")
        return points


Door = Callable[[Client, list[Request], dict[str, Any]], Awaitable[list[Response | StreamedResponse]]]


async def get(client: Client, requests: list[Request], options: dict[str, Any]) -> list[Any]:
    return [await client.send(request) for request in requests]


async def gather(client: Client, requests: list[Request], options: dict[str, Any]) -> list[Any]:
    return list(await client.gather(requests, **options))


async def as_completed(client: Client, requests: list[Request], options: dict[str, Any]) -> list[Any]:
    return [response async for response in client.as_completed(requests, ordered=True, **options)]


async def stream(client: Client, requests: list[Request], options: dict[str, Any]) -> list[Any]:
    responses = []
    for request in requests:
        async with client.stream(request.method, request.url, content=request.content) as response:
            await response.aread()
        responses.append(response)
    return responses


DOORS: dict[str, Door] = {door.__name__: door for door in (get, gather, as_completed, stream)}


@dataclass
class Tally:
    """What came of all of them."""

    cancels: Counter[str]
    """By point."""
    moments: dict[int, float]
    """When a request was cancelled, on the clock of `time.monotonic`, by its number."""


class Storm:
    """Begins requests and cancels them."""

    def __init__(self, lab: Lab, client: Client, seed: int) -> None:
        self.tally = Tally(Counter(), {})
        self._lab = lab
        self._client = client
        self._chance = random.Random(seed)
        self._numbers = iter(range(10**6))

    async def rage(self, cancels: int) -> None:
        """So many cancels, by one of several that do so at the same time."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work(cancels))

    async def _work(self, cancels: int) -> None:
        while self.tally.cancels.total() < cancels:
            point = self._chance.choice(self._lab.points())
            names = ["gather", "as_completed"] if point == "disk" else list(DOORS)
            if point == "backoff":
                names.remove("stream")  # Its requests are not tried again.
            door = self._chance.choice(names)
            numbers = [next(self._numbers) for _ in range(DISK if point == "disk" else 2)]
            options = {"checkpoint": self._lab.folder / f"{numbers[0]}.db"} if point == "disk" else {}
            requests = [self._lab.request(point, number) for number in numbers]
            fetching = DOORS[door](self._client, requests, options)
            cancel = self._chance.choice([self._by_task, self._by_timeout])
            responses = await cancel(fetching, self._chance.uniform(0, LONGEST), numbers)
            if responses is None:
                self.tally.cancels[point] += 1
            elif point == "echo":
                assert [response.text for response in responses] == list(map(str, numbers))
            else:
                assert [type(response.error) for response in responses] == [type(None)] * len(numbers), point

    async def _by_task(
        self, fetching: Awaitable[list[Any]], after: float, numbers: list[int]
    ) -> list[Any] | None:
        task = asyncio.ensure_future(fetching)
        await asyncio.wait([task], timeout=after)
        self._note(numbers, time.monotonic())
        task.cancel()
        await asyncio.wait([task])
        return None if task.cancelled() else task.result()

    async def _by_timeout(
        self, fetching: Awaitable[list[Any]], after: float, numbers: list[int]
    ) -> list[Any] | None:
        try:
            async with asyncio.timeout(after) as limit:
                return await fetching
        except TimeoutError:
            when = limit.when()
            assert when is not None
            self._note(numbers, when)
            return None

    def _note(self, numbers: list[int], moment: float) -> None:
        self.tally.moments.update(dict.fromkeys(numbers, moment))

    def lateness(self) -> list[float]:
        """Seconds from each cancel that a server could see until it did, in ascending order."""
        for seen in self._lab.seen:
            seen.wait_none_open()
        left = [pair for seen in self._lab.seen for pair in seen.left.items()]
        return sorted(moment - self.tally.moments[number] for number, moment in left)


@contextlib.contextmanager
def nothing_said() -> Iterator[None]:
    """Nothing may reach the hook for exceptions that nobody can be told of."""
    said: list[object] = []
    before, sys.unraisablehook = sys.unraisablehook, said.append
    try:
        yield
    finally:
        sys.unraisablehook = before
    assert said == []
