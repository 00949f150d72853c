"""A TCP relay that makes bad weather between a client and any server.

    with Chaos(server.url, Weather(cut=0.1, delay=0.3)) as proxy:
        fetch(f"{proxy.url}/json/a")
        assert proxy.met["cut"]
        proxy.weather = CLEAR

It knows no protocol and passes bytes on, both ways: HTTP/1, HTTP/2 and TLS alike. Its URL has the scheme of
the server's. What happens is drawn for each stretch of bytes, at a byte of it, from dice of the connection's
own; so the same seed brings the same weather to the same connections, in whatever pieces their bytes come.
"""

import asyncio
import itertools
import random
from asyncio import StreamReader, StreamWriter
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.servers.ledger import PATIENCE
from tests.servers.raw import RawServer, RequestReader, reset
from tests.servers.relay import end

_PIECE = 2**16
_TINY = 3
"""No tiny write has more bytes than this."""
_SPLIT = 200
"""So many bytes are split into tiny writes."""


@dataclass(frozen=True, kw_only=True)
class Weather:
    """How probable each is; the weather of a proxy may be changed at any time."""

    slow_accept: float = 0.0
    """For a connection: nobody takes it for a while."""
    delay: float = 0.0
    """For a stretch, as all that follow: its bytes are held back for a while from one of them on."""
    split: float = 0.0
    """From a byte on, some are passed on in tiny writes."""
    throttle: float = 0.0
    """From a byte to the end of the stretch they are passed on slowly."""
    corrupt: float = 0.0
    """One of the bits of a byte is flipped."""
    stall: float = 0.0
    """From a byte on, nothing more is passed on, and the connection stays open until the client leaves."""
    cut: float = 0.0
    """Before a byte both connections are ended, the client's politely."""
    reset: float = 0.0
    """The same by a TCP reset."""
    stretch: int = 2**14
    """How many bytes are a stretch."""
    longest: float = 0.02
    """The most seconds that something is held back."""
    rate: float = 200_000.0
    """The bytes in a second that are slow."""


CLEAR = Weather()

_IN_A_STRETCH = ("delay", "split", "throttle", "corrupt", "stall", "cut", "reset")


class Chaos(RawServer):
    """Relays to a server; `met` counts what has happened on the way, by the names of `Weather`."""

    def __init__(self, origin: str, weather: Weather = CLEAR, *, seed: int = 0) -> None:
        address = urlsplit(origin)
        self.origin = (address.hostname or "", address.port or 0)
        self.weather = weather
        self.seed = seed
        self.met: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        super().__init__(self._relay)
        self.url = f"{address.scheme}://{self.host}:{self.port}"

    async def _stop(self) -> None:
        """Beside what every server does: see the connections to the origin end, which takes some turns."""
        await super()._stop()
        if left := [conversation for conversation in self.conversations if conversation]:
            await asyncio.wait(left, timeout=PATIENCE)

    async def _relay(self, reader: RequestReader, writer: StreamWriter) -> None:
        seed = f"{self.seed} {next(self._numbers)}"
        dice = random.Random(seed)
        if dice.random() < self.weather.slow_accept:
            self.met["slow_accept"] += 1
            await asyncio.sleep(dice.uniform(0, self.weather.longest))
        try:
            from_origin, to_origin = await asyncio.open_connection(*self.origin)
        except OSError:
            return reset(writer)
        ways = [
            asyncio.ensure_future(_Way(self, f"{seed} to", reader, to_origin).pass_on()),
            asyncio.ensure_future(_Way(self, f"{seed} from", from_origin, writer).pass_on()),
        ]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
            to_origin.close()
            if any(way.result() for way in done):
                reset(writer)
            else:
                await _leave(reader, writer)
        finally:
            to_origin.transport.abort()
        await end(to_origin)
        return None


@dataclass
class _Stretch:
    """What is to happen to the next bytes: at how many of them, what."""

    weather: Weather
    events: list[tuple[int, str]]
    left: int
    tiny: int = 0
    slow: bool = False


class _Way:
    """One of the two ways of a connection."""

    def __init__(self, chaos: Chaos, seed: str, source: StreamReader, sink: StreamWriter) -> None:
        self.chaos, self.source, self.sink = chaos, source, sink
        self.dice = random.Random(seed)
        self.stretch = self._drawn()

    async def pass_on(self) -> bool:
        """Pass on everything until the end; whether that is to be a reset."""
        try:
            while data := await self.source.read(_PIECE):
                while data:
                    size = self._calm(len(data))
                    await self._write(data[:size])
                    data = data[size:]
                    while data and (what := self._next()):
                        self.chaos.met[what] += 1
                        match what:
                            case "cut" | "reset":
                                return what == "reset"
                            case "stall":
                                await self._stall()
                                return False
                            case "corrupt":
                                data = bytes([data[0] ^ 1 << self.dice.randrange(8)]) + data[1:]
                            case "delay":
                                await asyncio.sleep(self.dice.uniform(0, self.stretch.weather.longest))
                            case "split":
                                self.stretch.tiny = _SPLIT
                            case _:
                                self.stretch.slow = True
        except OSError:
            return True
        return False

    def _drawn(self) -> _Stretch:
        weather = self.chaos.weather
        events = [
            (self.dice.randrange(weather.stretch), what)
            for what in _IN_A_STRETCH
            if self.dice.random() < getattr(weather, what)
        ]
        return _Stretch(weather, sorted(events), weather.stretch)

    def _calm(self, available: int) -> int:
        """How many of the next bytes are before anything happens."""
        if self.stretch.left == 0 or self.stretch.weather is not self.chaos.weather:
            self.stretch = self._drawn()
        stretch = self.stretch
        passed = stretch.weather.stretch - stretch.left
        until = stretch.events[0][0] - passed if stretch.events else stretch.left
        size = min(available, until)
        stretch.left -= size
        return size

    def _next(self) -> str | None:
        """What happens at this byte, if anything."""
        stretch = self.stretch
        passed = stretch.weather.stretch - stretch.left
        if stretch.events and stretch.events[0][0] == passed:
            return stretch.events.pop(0)[1]
        return None

    async def _write(self, data: bytes) -> None:
        while data:
            size = len(data)
            if self.stretch.tiny:
                size = min(size, self.stretch.tiny, self.dice.randint(1, _TINY))
                self.stretch.tiny -= size
                await asyncio.sleep(0)
            elif self.stretch.slow:
                size = min(size, 1000)
                await asyncio.sleep(size / self.stretch.weather.rate)
            self.sink.write(data[:size])
            await self.sink.drain()
            data = data[size:]

    async def _stall(self) -> None:
        """Until the client leaves: what it says is read here, or else by the other way, which then ends."""
        if isinstance(self.source, RequestReader):
            while await self.source.read(_PIECE):
                pass
        else:
            await asyncio.Event().wait()


async def _leave(reader: StreamReader, writer: StreamWriter) -> None:
    """End a connection politely, with a FIN: one that is closed while bytes are unread is reset instead."""
    writer.write_eof()
    while await reader.read(_PIECE):
        pass
