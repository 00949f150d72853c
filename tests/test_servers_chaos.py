"""The chaos proxy itself, asked with plain sockets and streams before fastfetch is."""

import asyncio
import socket
import ssl
import time
from asyncio import StreamReader, StreamWriter
from typing import Any

import pytest

from tests.conftest import ChaosFactory, RawServerFactory
from tests.servers.chaos import CLEAR, Chaos, Weather
from tests.servers.raw import RawServer, RequestReader
from tests.servers.tls import Authority

SENT = bytes(range(256)) * 400


async def echo(reader: RequestReader, writer: StreamWriter) -> None:
    while data := await reader.read(2**16):
        writer.write(data)
        await writer.drain()


@pytest.fixture
def server(raw_server: RawServerFactory) -> RawServer:
    return raw_server(echo)


def certain(what: str, **more: Any) -> Weather:
    """This, whenever it may happen."""
    chances: dict[str, Any] = {what: 1.0, **more}
    return Weather(**chances)


def told(proxy: Chaos, data: bytes = SENT) -> tuple[bytes, str]:
    """What comes back of what is sent, and how it ended: whole, by an end, by a reset, or not at all."""

    async def talk(reader: StreamReader, writer: StreamWriter) -> tuple[bytes, str]:
        got = b""
        writer.write(data)
        try:
            while len(got) < len(data):
                async with asyncio.timeout(0.5):
                    piece = await reader.read(2**16)
                if not piece:
                    return got, "end"
                got += piece
        except ConnectionResetError:
            return got, "reset"
        except TimeoutError:
            return got, "silence"
        finally:
            writer.close()
        return got, "whole"

    async def main() -> tuple[bytes, str]:
        try:
            streams = await asyncio.open_connection(proxy.host, proxy.port)
        except ConnectionResetError:  # It may come before this side has seen that it is connected.
            return b"", "reset"
        return await talk(*streams)

    return asyncio.run(main())


def test_in_clear_weather_everything_passes(server: RawServer, chaos: ChaosFactory) -> None:
    proxy = chaos(server.url)
    assert told(proxy) == (SENT, "whole")
    proxy.ledger.wait_none_open()
    server.ledger.wait_none_open()
    assert not proxy.met
    assert proxy.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("what", ["delay", "split", "throttle"])
def test_what_is_slow_changes_nothing(server: RawServer, chaos: ChaosFactory, what: str) -> None:
    proxy = chaos(server.url, certain(what, rate=2e6))
    assert told(proxy) == (SENT, "whole")
    assert proxy.met[what] >= 2 * (len(SENT) // CLEAR.stretch)
    assert set(proxy.met) == {what}


def test_slow_accept(server: RawServer, chaos: ChaosFactory) -> None:
    proxy = chaos(server.url, Weather(slow_accept=1.0, longest=0.2), seed=1)
    begun = time.monotonic()
    assert told(proxy) == (SENT, "whole")
    assert time.monotonic() - begun > 0.02
    assert proxy.met == {"slow_accept": 1}


@pytest.mark.parametrize(("what", "ends"), [("cut", "end"), ("reset", "reset"), ("stall", "silence")])
def test_what_breaks_off_breaks_off_at_a_byte(
    server: RawServer, chaos: ChaosFactory, what: str, ends: str
) -> None:
    proxy = chaos(server.url, certain(what))
    got, end = told(proxy)
    assert end == ends
    assert len(got) < CLEAR.stretch
    assert SENT.startswith(got)
    assert 1 <= proxy.met[what] <= 2
    proxy.ledger.wait_none_open()
    server.ledger.wait_none_open()


def test_a_flipped_bit_for_each_stretch_and_way(server: RawServer, chaos: ChaosFactory) -> None:
    proxy = chaos(server.url, Weather(corrupt=1.0))
    got, end = told(proxy)
    assert (len(got), end) == (len(SENT), "whole")
    flipped = sum((a ^ b).bit_count() for a, b in zip(got, SENT, strict=True))
    assert flipped == proxy.met["corrupt"] >= 2 * (len(SENT) // CLEAR.stretch)


def test_the_same_seed_brings_the_same(server: RawServer, chaos: ChaosFactory) -> None:
    weather = Weather(corrupt=0.5, split=0.3)

    def seen(seed: int) -> list[tuple[bytes, str]]:
        proxy = chaos(server.url, weather, seed=seed)
        return [told(proxy) for _ in range(5)]

    assert seen(1) == seen(1) != seen(2)


def test_the_weather_changes_at_run_time(server: RawServer, chaos: ChaosFactory) -> None:
    proxy = chaos(server.url, Weather(stall=1.0))
    assert told(proxy)[1] == "silence"
    proxy.weather = CLEAR
    assert told(proxy) == (SENT, "whole")
    with socket.create_connection((proxy.host, proxy.port), timeout=5) as client:
        client.sendall(b"clear")
        assert client.recv(9) == b"clear"
        proxy.weather = Weather(cut=1.0, stretch=1)
        client.sendall(b"cut")
        assert client.recv(9) == b""


def test_tls_passes(raw_server: RawServerFactory, chaos: ChaosFactory, authority: Authority) -> None:
    server = raw_server(echo, tls=authority.context("127.0.0.1"))
    proxy = chaos(server.url)
    assert proxy.url.startswith("https://")
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    with (
        socket.create_connection((proxy.host, proxy.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as client,
    ):
        client.sendall(b"hello")
        assert client.recv(9) == b"hello"


def test_a_server_that_is_not_there(chaos: ChaosFactory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert told(chaos(f"http://127.0.0.1:{port}")) == (b"", "reset")
