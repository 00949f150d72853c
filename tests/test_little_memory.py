"""Where memory is short: a body that does not fit is an error of its request, and the process goes on."""

import sys
import zlib
from asyncio import StreamWriter

import pytest

from tests.amounts import times
from tests.conftest import RawServerFactory
from tests.figures import Measured
from tests.programs.running import finish, start
from tests.servers.faulty import OK
from tests.servers.pieces import CHUNKED, END, chunk, head
from tests.servers.raw import RawServer, RequestReader

if sys.platform != "linux":
    pytest.skip("how much memory a process may have is a matter of Linux", allow_module_level=True)

MB = 2**20
SPARE = times(200, 80) * MB
"""What may be had, beside what is in use."""

LARGE, HALF, THIRD = times(500, 100), times(100, 36), times(50, 20)
"""Megabytes of a body that does not fit, and of those that fit once or twice but not again."""

PIECES = {
    "ascii": ("text/plain", b"x" * MB),
    "latin": ("text/plain; charset=windows-1252", b"\xe9\xe8ab" * (MB // 4)),
    "numbers": ("application/json", b"10," * (MB // 3)),
    "escapes": ("application/json", b"\\n" * (MB // 2)),
    "rows": ("application/json", b'{"a":10,"b":"xyz"},' * (MB // 19)),
}
"""Types, and what their bodies consist of."""

ENDS = {"numbers": (b"[", b"0]"), "escapes": (b'"', b'"'), "rows": (b"[", b'{"a":1}]')}


async def large(reader: RequestReader, writer: StreamWriter) -> None:
    """At `/FRAMING/CONTENT/MEGABYTES`, a body of that content and size; at any other path, "ok"."""
    while True:
        _, *path = (await reader.head()).split(b" ", 2)[1].decode().split("/")
        if len(path) < 3:
            writer.write(OK)
            continue
        framing, content, size = path[0], path[1], int(path[2])
        kind, piece = PIECES[content]
        begin, end = ENDS.get(content, (b"", b""))
        fields = [f"Content-Type: {kind}"]
        compress = zlib.compressobj(1, wbits=31) if "gzip" in framing else None
        if compress:
            fields.append("Content-Encoding: gzip")
        if framing == "length":
            fields.append(f"Content-Length: {len(begin) + size * len(piece) + len(end)}")
        else:
            fields.append(CHUNKED)
        writer.write(head(*fields))
        for said in (begin, *[piece] * size, end):
            data = compress.compress(said) if compress else said
            if framing != "length" and data:
                data = chunk(data)
            writer.write(data)
            await writer.drain()
        if framing != "length":
            writer.write((chunk(compress.flush()) if compress else b"") + END)


@pytest.fixture
def server(raw_server: RawServerFactory) -> RawServer:
    return raw_server(large)


def told(server: RawServer, asked: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What came of each way of fetching a path."""
    arguments = [word for way, path in asked for word in (way, f"{server.url}/{path}")]
    # Without the addresses that allocators set aside for themselves: what is to be had is what was said.
    under = ("env", "MIMALLOC_ARENA_RESERVE=0", "MIMALLOC_PURGE_DELAY=0", "MALLOC_ARENA_MAX=1")
    done = finish(start("little_memory", SPARE, f"{server.url}/ok", *arguments, under=under), patience=300)
    assert (done.returncode, done.stderr) == (0, ""), (done.stdout, done.stderr)
    lines = [line.split(" ") for line in done.stdout.splitlines()]
    return {(way, path): came_of_it for way, path, came_of_it in lines}


@pytest.mark.torture
def test_what_does_not_fit_is_an_error_of_its_request(server: RawServer, measured: Measured) -> None:
    asked = [
        (way, f"{framing}/ascii/{LARGE}")
        for framing in ("length", "chunked", "gzip")
        for way in ("get", "gather", "aread", "stream", "stream_text")
    ]
    said = told(server, asked)
    for (way, path), came_of_it in said.items():
        # What a stream is put together from is Python's: either side may find out first.
        expected = {"stream": ["done"], "stream_text": ["done"], "aread": ["MemoryError", "LimitExceeded"]}
        assert came_of_it in expected.get(way, ["LimitExceeded"]), (way, path)
    measured(
        f"{len(said)} bodies of {LARGE} MB where {SPARE // MB} MB are to be had",
        "streamed ones are read, all others are errors, and the client lives",
    )


@pytest.mark.torture
def test_what_is_made_of_a_body_does_not_fit(server: RawServer, measured: Measured) -> None:
    """The bodies are there: what is asked of them is an error, and they stay."""
    asked = {
        ("content", f"length/ascii/{HALF}"): "MemoryError",
        ("text", f"length/ascii/{HALF}"): "MemoryError",
        ("text", f"length/latin/{HALF}"): "MemoryError",
        ("pickled", f"length/ascii/{HALF}"): "MemoryError",
        ("checkpoint", f"length/ascii/{HALF}"): "CheckpointError",
        ("table", f"length/ascii/{THIRD}"): "done",  # Large bodies are not copied into it.
        ("save", f"length/ascii/{THIRD}"): "MemoryError",
        ("json_table", f"length/numbers/{THIRD}"): "MemoryError",
        ("json_table", f"length/rows/{THIRD}"): "MemoryError",
        ("json", f"length/escapes/{HALF}"): "MemoryError",
        ("json", f"length/numbers/{HALF}"): "MemoryError",
        ("json", f"length/rows/{HALF}"): "MemoryError",
    }
    said = told(server, list(asked))
    # Where the body itself did not fit, what is in use beside it was a little more than usual.
    assert {what: said[what] for what in asked if said[what] not in (asked[what], "LimitExceeded")} == {}
    assert sum(said[what] == asked[what] for what in asked) > len(asked) / 2
    measured(
        f"{len(asked)} ways to use bodies of {THIRD} and {HALF} MB where {SPARE // MB} MB are to be had",
        "errors but where nothing is copied, and the client lives",
    )
