"""The points at which the other side falls silent, and what has to come of each."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastfetch import (
    ConnectTimeout,
    FetchError,
    Limits,
    PoolTimeout,
    ReadTimeout,
    Retry,
    Timeout,
    TotalTimeout,
    WriteTimeout,
)

from tests.stalls.ways import WAYS, Aim, Place, Way

PATIENCE = 0.5
"""The timeout that is to end each: seconds."""

ENDLESS = 10.0
"""All other timeouts."""

BACKOFF = 0.05

_PARTS: dict[type[FetchError], str] = {
    ConnectTimeout: "connect",
    ReadTimeout: "read",
    WriteTimeout: "write",
    PoolTimeout: "pool",
    TotalTimeout: "total",
}


@dataclass(frozen=True)
class Outcome:
    """What came of one request, and when: in seconds from its start."""

    error: FetchError | None
    wall: float


def _everywhere(way: Way) -> bool:
    return True


@dataclass(frozen=True)
class Point:
    """A point of silence."""

    name: str
    kind: type[FetchError]
    phase: str
    aim: Aim | str
    """Where to fetch; or the path at the way's server, over a connection that is there already."""
    applies: Callable[[Way], bool] = _everywhere
    method: str = "GET"
    content: bytes | None = None
    options: dict[str, Any] = field(default_factory=dict)
    attempts: int | None = 1
    """None where that depends on how fast it goes."""
    before: float = 0.0
    """Seconds that pass before the timeout's clock starts."""
    counted: bool = True
    """Whether the clock of the request runs, which it does from when it has left the queue."""

    @property
    def part(self) -> str:
        return _PARTS[self.kind]

    def is_possible(self, place: Place) -> bool:
        return self.name != "connecting" or place.full is not None

    async def happen(self, place: Place, ready: asyncio.Barrier, name: str) -> Outcome:
        """One request, begun together with all others of the `ready`."""
        aimed = isinstance(self.aim, str)
        url, options = (place.url + self.aim, {}) if isinstance(self.aim, str) else self.aim(place)
        timeouts = dict.fromkeys(_PARTS.values(), ENDLESS)
        async with place.client(timeout=Timeout(**timeouts), **options, **self.options) as client:
            if aimed:
                assert (await client.get(f"{place.url}/ready")).text == "ready"
            patient = Timeout(**{**timeouts, self.part: PATIENCE})
            if self.kind is PoolTimeout:
                async with client.stream("GET", f"{place.url}/body"):
                    return await self._fetch(client, url, patient, ready)
            return await self._fetch(client, url.replace("NAME", name), patient, ready)

    async def _fetch(self, client: Any, url: str, timeout: Timeout, ready: asyncio.Barrier) -> Outcome:
        await ready.wait()
        start, error = time.monotonic(), None
        try:
            await client.request(self.method, url, content=self.content, timeout=timeout)
        except FetchError as raised:
            error = raised
        return Outcome(error, time.monotonic() - start)


POINTS = [
    Point("name lookup", ConnectTimeout, "dns", Place.by_an_unknown_name),
    Point("connecting", ConnectTimeout, "connect", Place.to_a_full_port),
    Point(
        "the proxy's answer",
        ConnectTimeout,
        "connect",
        lambda place: (place.url, place.through_silence()),
        applies=lambda way: way.tunnels,
    ),
    Point(
        "the TLS handshake",
        ConnectTimeout,
        "tls",
        lambda place: (place.deaf, {}),
        applies=lambda way: way.tls,
    ),
    Point("sending the body", WriteTimeout, "send", "/send", method="PUT", content=bytes(16 * 2**20)),
    Point("before the head", ReadTimeout, "response", "/head"),
    Point("mid head", ReadTimeout, "response", "/mid-head"),
    Point("after an interim answer", ReadTimeout, "response", "/interim"),
    Point("before the body", ReadTimeout, "body", "/body"),
    Point("mid body", ReadTimeout, "body", "/mid-body"),
    Point("mid chunk or frame", ReadTimeout, "body", "/mid-piece"),
    Point("mid trailers", ReadTimeout, "body", "/mid-trailers"),
    Point("a dripping head", TotalTimeout, "response", "/drip-head"),
    Point("a dripping body", TotalTimeout, "body", "/drip-body"),
    Point("the hop of a redirect", ReadTimeout, "response", "/hop", attempts=2),
    Point(
        "redirects without end",
        TotalTimeout,
        "response",
        "/hops",
        options={"max_redirects": 1000},
        attempts=None,
    ),
    Point(
        "an attempt after a wait",
        ReadTimeout,
        "response",
        "/busy/NAME",
        options={"retry": Retry(attempts=2, backoff=BACKOFF, jitter=0)},
        attempts=2,
        before=BACKOFF,
    ),
    Point(
        "waiting for a turn",
        PoolTimeout,
        "queue",
        "/ready",
        options={"limits": Limits(concurrency=1)},
        attempts=0,
        counted=False,
    ),
]

CELLS = [(point, way) for way in WAYS for point in POINTS if point.applies(way)]
