"""S01, S07: where memory or the disk is short, one request or file fails, and nothing aborts."""

import gzip
import json
import random
import sys
from asyncio import StreamWriter
from pathlib import Path

import pytest

from tests.conftest import RawServerFactory
from tests.programs.running import say
from tests.servers.messages import Answer
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer

if sys.platform != "linux":
    pytest.skip("Linux keeps the limits that these tests set", allow_module_level=True)

MB = 2**20
CHUNK = b"100000\r\n" + bytes(MB) + b"\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
LARGE = 4096
"""Megabytes that no process here has."""


async def large(reader: RequestReader, writer: StreamWriter) -> None:
    """Bodies of all sizes."""
    while True:
        match (await reader.head()).split()[1]:
            case b"/small":
                writer.write(LENGTH % 5 + b"small")
            case b"/announced":
                writer.write(LENGTH % (LARGE * MB))
                return
            case b"/packed":
                writer.write(CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"))
                member = gzip.compress(bytes(16 * MB), 1)
                for _ in range(LARGE // 16):
                    writer.write(b"%x\r\n%b\r\n" % (len(member), member))
                    await writer.drain()
                return
            case _:
                writer.write(CHUNKED)
                for _ in range(LARGE):
                    writer.write(CHUNK)
                    await writer.drain()
                return


def test_memory(raw_server: RawServerFactory) -> None:
    """S07, with RLIMIT_AS: what does not fit is `LimitExceeded`, and the client goes on."""
    said = json.loads(say("starved", "memory", raw_server(large).url))
    paths = ("small", "announced", "small", "chunked", "small", "packed", "small", "chunked", "small")
    assert said == [f"{path} {200 if path == 'small' else 'LimitExceeded'}" for path in paths]


def test_disk(route_server: RouteServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S01, with RLIMIT_FSIZE: the system's own error, the older file as it was, and no part of a new one."""
    for number in range(10):
        route_server.routes[f"/{number}"] = Answer(random.Random(number).randbytes(100_000))
    monkeypatch.chdir(tmp_path)
    names = ["results.arrow", "results.parquet", "cookies.json"]
    said = json.loads(say("starved", "disk", route_server.url))
    assert said == [*(f"{name}: File too large, as before: True" for name in names), *sorted(names)]
