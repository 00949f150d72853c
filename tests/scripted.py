"""Routes that answer in turn, note when they were asked or count who is there at once; and waiting for it."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable

import fastfetch as ff

from tests.servers.ledger import PATIENCE
from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer

YES = Answer.text("yes")


class Script:
    """A route that gives these answers in turn, the last one from then on, and notes when it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = answers or (YES,)
        self.times: list[float] = []

    def __call__(self, request: Request) -> Answer:
        self.times.append(time.monotonic())
        return self.answers[min(len(self.times), len(self.answers)) - 1]

    @property
    def span(self) -> float:
        """Seconds from the first request to the last."""
        return self.times[-1] - self.times[0]

    @property
    def gaps(self) -> list[float]:
        """Seconds between one request and the next."""
        return [after - before for before, after in zip(self.times, self.times[1:], strict=False)]


class Crowd:
    """A route that holds each request for a moment, and counts how many of one kind are there at once."""

    def __init__(
        self, kind: Callable[[Request], str] = lambda request: request.headers["host"], hold: float = 0.02
    ) -> None:
        self.kind, self.hold = kind, hold
        self.now, self.peak = Counter[str](), Counter[str]()

    async def __call__(self, request: Request) -> Answer:
        kind = self.kind(request)
        self.now[kind] += 1
        self.peak[kind] = max(self.peak[kind], self.now[kind])
        try:
            await asyncio.sleep(self.hold)
        finally:
            self.now[kind] -= 1
        return YES


def busy(seconds: object = None, status: int = 503) -> Answer:
    """An answer that asks to come again, after so many seconds or at a date."""
    return Answer(status=status, headers=() if seconds is None else (("Retry-After", str(seconds)),))


def asked(server: RouteServer) -> list[str]:
    """The paths that a server was asked for, in order."""
    return [request.path for request in list(server.ledger.requests)]


def names(server: RouteServer, numbers: Iterable[int]) -> list[str]:
    """URLs whose answers say their numbers."""
    return [f"{server.url}/json/{number}" for number in numbers]


def most_at_once(times: Iterable[float], rate: float) -> float:
    """The burst that these times show: the most that any window had beyond `rate` times its length."""
    lowest, most = math.inf, 0.0
    for number, moment in enumerate(sorted(times)):
        lead = number - rate * moment
        lowest = min(lowest, lead)
        most = max(most, lead - lowest + 1)
    return most


async def until(condition: Callable[[], object], timeout: float = PATIENCE) -> None:
    """Wait for what no server sees."""
    async with asyncio.timeout(timeout):
        while not condition():
            await ff.sleep(0.001)
