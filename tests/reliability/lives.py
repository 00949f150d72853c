"""Has every client go through moments in the life of a process: forks, cancels, exits, crowds."""

import json
import subprocess
from asyncio import StreamWriter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from tests.reliability.judge import Cell, wrong
from tests.reliability.peers.moments import AT_ONCE, CANCELS
from tests.reliability.report import CLIENTS, Row
from tests.reliability.running import command, end_of, environment
from tests.servers.raw import RawServer, RequestReader
from tests.servers.routes import RouteServer

PATIENCE = 30.0
EXITS = 20

CLOSED = 0.1
"""Seconds after a cancel at which no connection is to be open any more."""


@dataclass(frozen=True)
class Moment:
    id: str
    what: str
    due: str
    seen: Callable[[str], Cell]
    """How the client of this name does."""


def started(name: str, moment: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("moments", name, moment, url),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def told(name: str, moment: str, url: str) -> Cell:
    """What a program tells of itself."""
    with started(name, moment, url) as process:
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return wrong(f"no end within {PATIENCE:g} s")
    if not stdout:
        last = (stderr.strip().splitlines() or [""])[-1]
        return {**wrong(f"died: {end_of(process.returncode)}"), "said": last[:300]}
    verdict = json.loads(stdout.splitlines()[0])
    return {"grade": "right" if verdict["right"] else "wrong", "words": verdict["words"]}


def in_turn(moment: str) -> Callable[[str], Cell]:
    """A moment that needs no more than one answer, a little late."""

    def seen(name: str) -> Cell:
        with RouteServer() as server:
            return told(name, moment, f"{server.url}/delay/0.02")

    return seen


def stale(name: str) -> Cell:
    """The server closes each connection just as its second request comes."""

    async def once(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.head()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await reader.head()

    with RawServer(once) as server:
        return told(name, "stale", server.url)


def cancelled(name: str) -> Cell:
    """How many connections are still open, as the server sees it."""
    with RouteServer() as server, started(name, "cancels", f"{server.url}/never") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        left = 0
        for wave in range(1, CANCELS // AT_ONCE + 1):
            if process.stdout.readline() != "under way\n":
                process.kill()
                return wrong(f"died: {end_of(process.wait())}")
            # Not every client has as many connections at once.
            wait(partial(server.ledger.wait_requests, wave * AT_ONCE, timeout=1.0))
            print("cancel", file=process.stdin, flush=True)
            process.stdout.readline()
            wait(partial(server.ledger.wait_none_open, CLOSED))
            left = server.ledger.open
            print("go on", file=process.stdin, flush=True)
        process.stdout.read()
        if left:
            return wrong(f"{left} connections left open")
        return {"grade": "right", "words": "right"}


def wait(until: Callable[[], object]) -> None:
    """As long as it takes, or as long as there is time."""
    with suppress(AssertionError):
        until()


def leaving(name: str) -> Cell:
    """Clean exits: code 0, and nothing on stderr."""

    def end(url: str) -> str:
        with started(name, "leaving", url) as process:
            try:
                _, stderr = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                return "hung"
        if process.returncode:
            return end_of(process.returncode)
        return "noise on stderr" if stderr else ""

    with RouteServer() as server, ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(end, [server.url] * EXITS))
    unclean = [each for each in ends if each]
    if unclean:
        return wrong(f"{len(unclean)} of {EXITS} unclean: {', '.join(sorted(set(unclean)))}")
    return {"grade": "right", "words": "right"}


MOMENTS = [
    Moment(
        "L4a",
        "a forked child, after use, with a client of its own",
        "an answer",
        in_turn("child_with_its_own"),
    ),
    Moment(
        "L4b", "a forked child, with the client of its parent", "an answer", in_turn("child_with_its_parents")
    ),
    Moment("L5", f"{EXITS} exits while a daemon thread fetches", "exit code 0, stderr clean", leaving),
    Moment("L7", "one client in three event loops, one after the other", "3 answers", in_turn("runs")),
    Moment("L17", f"{CANCELS} cancels", f"all connections closed within {CLOSED * 1000:.0f} ms", cancelled),
    Moment("C07-300", "300 GETs; connections are closed as the second request comes", "300 answers", stale),
    Moment("C10-500", "500 URLs where 64 files may be open", "500 answers", in_turn("few_files")),
]


def rows(moments: Sequence[Moment]) -> Iterator[Row]:
    """A row for each moment, as it is done."""
    for moment in moments:
        yield {
            "id": moment.id,
            "what": moment.what,
            "due": moment.due,
            "cells": {name: moment.seen(name) for name in CLIENTS},
        }
