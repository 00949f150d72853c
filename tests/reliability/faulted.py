"""Has every client perform every fault of the table."""

import base64
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin

from fastfetch import TLS

from tests.faults.fault import Delivered, Fault
from tests.faults.stage import Stage
from tests.reliability.judge import Cell, Due, judge, wrong
from tests.reliability.peers.answer import Job
from tests.reliability.report import CLIENTS, OURS, Row
from tests.reliability.running import DiedError, HungError, Program
from tests.reliability.wish import wish
from tests.servers.http2 import Http2Server
from tests.servers.tls import Authority

PATIENCE = 10.0
"""Seconds after which a client hangs, where the fault is not about longer ones."""


class Scene(Stage):
    """A stage that knows whether it has a server for HTTP/2 alone."""

    http2_alone = False

    def start(self, server: Any) -> Any:
        self.http2_alone |= isinstance(server, Http2Server)
        return super().start(server)


def rows(faults: Sequence[Fault], authority: Authority) -> Iterator[Row]:
    """A row for each fault, as it is done."""
    programs = {name: Program(name) for name in CLIENTS}
    try:
        for fault in faults:
            cells = {name: cell(fault, program, authority) for name, program in programs.items()}
            yield {**described(fault), "cells": cells}
    finally:
        for program in programs.values():
            program.end()


def described(fault: Fault) -> Row:
    expected = fault.expected
    if isinstance(expected, Delivered):
        comes, says = delivered(expected), ""
    else:
        comes, says = f"{expected.kind.__name__} ({expected.phase})", expected.words
    return {
        "id": fault.id,
        "what": fault.what,
        "comes": comes,
        "says": says,
        "attempts": fault.attempts,
        "within": fault.within,
        "cells": {},
    }


def delivered(expected: Delivered) -> str:
    """In the row's own words, where it has some."""
    return expected.words or f"{expected.status}, {len(expected.body):,} bytes"


def cell(fault: Fault, program: Program, authority: Authority) -> Cell:
    """How one client does, with the servers all its own."""
    patience = max(PATIENCE, 2 * fault.within)
    scene = Scene(authority)
    try:
        answer = program.ask(job_of(fault, scene), patience)
    except HungError:
        return wrong(f"no end within {patience:g} s")
    except DiedError as end:
        return wrong(f"died: {end}")
    finally:
        # A handler that a client has surprised: what the client made of it is all that counts here.
        with suppress(ExceptionGroup):
            scene.close()
    return judge(due(fault, ours=program.name == OURS), answer)


def job_of(fault: Fault, scene: Scene) -> Job:
    before = dict(os.environ)
    url = fault.perform(scene)
    options = {"tls": TLS(ca=scene.authority.ca_pem), "timeout": 30, **fault.options}
    # Not every client looks for a proxy there: each is told in its own way.
    if (proxy := os.environ.get("ALL_PROXY")) != before.get("ALL_PROXY"):
        options["proxy"] = proxy
    content = b"".join(fault.stream()) if fault.stream else fault.content
    return {
        "url": url,
        "method": fault.method,
        "headers": dict(fault.headers),
        "content": None if content is None else base64.b64encode(content).decode(),
        "streamed": fault.stream is not None,
        "wish": wish(options),
        "http2": scene.http2_alone,
        "then": None if fault.then is None else urljoin(url, "/then"),
    }


def due(fault: Fault, *, ours: bool) -> Due:
    """Of the others no error is demanded but one of their own."""
    sent = len(fault.content or b"")
    match fault.expected:
        case Delivered(body, status):
            return Due(fault.within, status=status, body=body, sent=sent, then=fault.then)
        case failure:
            error = failure.kind.__name__ if ours else None
            return Due(fault.within, error=error, sent=sent, then=fault.then)
