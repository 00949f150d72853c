"""Performs requests, one a line: jobs as JSON on stdin, what came of them as JSON on stdout.

Argument: the client.
"""

import asyncio
import hashlib
import json
import os
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NotRequired, TypedDict

from tests.reliability.peers.peer import Ask, Peer, UnableError, Wish, calm, client

DATA = 2 * 10**9
"""Bytes that a client may have: some take whatever a server sends."""

SHOWN = 30
"""How much of a body is told."""

STATUS, PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Job(TypedDict):
    url: str
    method: str
    headers: dict[str, str]
    content: str | None
    """The name of a file with the body to send."""
    streamed: bool
    wish: Wish
    http2: bool
    """Is the server one for HTTP/2 alone?"""
    then: str | None
    """What to GET afterwards."""


class Outcome(TypedDict, total=False):
    """An error's class, its bases and message, or a status and the body: length, digest, first bytes."""

    error: str
    bases: list[str]
    message: str
    status: int
    length: int
    digest: str
    start: str


class Answer(TypedDict):
    """What came of a job, or why this client cannot try."""

    unable: NotRequired[str]
    outcome: NotRequired[Outcome]
    seconds: NotRequired[float]
    rise: NotRequired[int]
    """By how many bytes the memory in use has risen at most."""
    then: NotRequired[Outcome | None]


async def outcome(peer: Peer, ask: Ask) -> Outcome:
    try:
        status, body = await peer.fetch(ask)
    except (KeyboardInterrupt, SystemExit):
        raise
    # What a panic in Rust becomes is no Exception.
    except BaseException as error:
        bases = [base.__name__ for base in type(error).__mro__]
        return {"error": type(error).__name__, "bases": bases, "message": str(error)[:300]}
    start = body[:SHOWN].decode("latin-1")
    return {"status": status, "length": len(body), "digest": digest(body), "start": start}


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def asked(job: Job) -> Ask:
    content = None if job["content"] is None else Path(job["content"]).read_bytes()
    return Ask(job["url"], job["method"], job["headers"], content, job["streamed"])


async def perform(kind: type[Peer], job: Job) -> Answer:
    ask = asked(job)
    try:
        peer = kind(job["wish"], http2=job["http2"])
        await peer.__aenter__()
    except UnableError as error:
        return {"unable": str(error)}
    try:
        begun, before = time.monotonic(), memory_begun()
        first = await outcome(peer, ask)
        seconds, rise = time.monotonic() - begun, peak() - before
        then = None if job["then"] is None else await outcome(peer, Ask(job["then"]))
    finally:
        await peer.__aexit__(None, None, None)
    return {"outcome": first, "seconds": seconds, "rise": rise, "then": then}


def memory_begun() -> int:
    """The bytes in use now; the peak counts from here on."""
    if not STATUS.exists():
        return 0
    PEAK.write_text("5")
    return peak()


def peak() -> int:
    if not STATUS.exists():
        return 0
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


async def warm_up(kind: type[Peer]) -> None:
    """What a client imports or starts at its first use is not the fault's."""
    async with kind(calm()) as peer:
        await outcome(peer, Ask("http://127.0.0.1:1/"))


def main(name: str) -> None:
    # The answers are alone on stdout, whatever a client prints.
    with os.fdopen(os.dup(1), "w", buffering=1) as said, suppress(KeyboardInterrupt):
        os.dup2(2, 1)
        resource.setrlimit(resource.RLIMIT_DATA, (DATA, DATA))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        kind = client(name)
        asyncio.run(warm_up(kind))
        print(json.dumps("ready"), file=said)
        for line in sys.stdin:
            print(json.dumps(asyncio.run(perform(kind, json.loads(line)))), file=said)


if __name__ == "__main__":
    main(*sys.argv[1:])
