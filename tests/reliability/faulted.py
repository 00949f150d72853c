"""Has every client perform every fault of the table."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urljoin

from fastfetch import TLS

from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.page import outcome
from tests.faults.stage import Stage
from tests.faults.table import FAULTS
from tests.reliability.controls import CONTROLS
from tests.reliability.judge import Cell, Due, judge, wrong
from tests.reliability.peers.answer import Job
from tests.reliability.report import CLIENTS, OURS, Row
from tests.reliability.running import DiedError, HungError, Program
from tests.reliability.wish import wish
from tests.servers.http2 import Http2Server
from tests.servers.tls import Authority

PATIENCE = 10.0
"""Seconds after which a client hangs, where the fault is not about longer ones."""


EVERY = {fault.id: fault for fault in [*CONTROLS, *FAULTS]}
"""What every client meets, by name: what is no fault, and then the faults."""


def named(names: Sequence[str]) -> list[Row]:
    """The rows of these, performed in a process that may be one of several."""
    with tempfile.TemporaryDirectory() as folder:
        return list(rows([EVERY[name] for name in names], Authority(Path(folder))))


def rows(faults: Sequence[Fault], authority: Authority) -> Iterator[Row]:
    """A row for each fault, as it is done."""
    programs = {name: Program(name) for name in CLIENTS}
    try:
        for fault in faults:
            cells = {name: cell(fault, program, authority) for name, program in programs.items()}
            expected = what_is_due(fault.expected)
            yield {"id": fault.id, "what": fault.what, "due": expected, "cells": cells}
    finally:
        for program in programs.values():
            program.end()


def what_is_due(expected: Delivered | Fails) -> str:
    return expected.kind.__name__ if isinstance(expected, Fails) else outcome(expected)


def cell(fault: Fault, program: Program, authority: Authority) -> Cell:
    """How one client does, with the servers all its own."""
    patience = max(PATIENCE, 2 * fault.within)
    stage = Stage(authority)
    try:
        answer = program.ask(job_of(fault, stage), patience)
    except HungError:
        return wrong(f"no end within {patience:g} s")
    except DiedError as end:
        return wrong(f"died: {end}")
    finally:
        objections = objections_of(stage)
    return judge(due(fault, ours=program.name == OURS), answer, objections)


def objections_of(stage: Stage) -> list[str]:
    """What the servers assert of the client, at the end. What else surprises them is their own affair."""
    try:
        stage.close()
    except Exception as failure:
        return [str(each) for each in leaves(failure) if isinstance(each, AssertionError)]
    return []


def leaves(failure: Exception) -> Iterator[Exception]:
    if isinstance(failure, ExceptionGroup):
        for each in failure.exceptions:
            yield from leaves(each)
    else:
        yield failure


def job_of(fault: Fault, stage: Stage) -> Job:
    before = dict(os.environ)
    url = fault.perform(stage)
    options = {"tls": TLS(ca=stage.authority.ca_pem), "timeout": 30, **fault.options}
    # Not every client looks for a proxy there: each is told in its own way.
    if (proxy := os.environ.get("ALL_PROXY")) != before.get("ALL_PROXY"):
        options["proxy"] = proxy
    content = b"".join(fault.stream()) if fault.stream else fault.content
    return {
        "url": url,
        "method": fault.method,
        "headers": dict(fault.headers),
        "content": None if content is None else in_a_file(content, stage),
        "streamed": fault.stream is not None,
        "wish": wish(options),
        "http2": any(isinstance(server, Http2Server) for server in stage.servers),
        "then": None if fault.then is None else urljoin(url, "/then"),
    }


def in_a_file(content: bytes, stage: Stage) -> str:
    """Its name; it ends with the stage."""
    folder = Path(stage.enter_context(tempfile.TemporaryDirectory()))
    file = folder / "content"
    file.write_bytes(content)
    return str(file)


def due(fault: Fault, *, ours: bool) -> Due:
    """Of the others no error is demanded but one of their own."""
    sent = len(fault.content or b"")
    match fault.expected:
        case Delivered(body, status):
            return Due(fault.within, status=status, body=body, sent=sent, then=fault.then)
        case failure if ours:
            return Due(fault.within, error=failure.kind.__name__, sent=sent, then=fault.then)
        case _:
            # Who tries less often than fastfetch meets afterwards what a later attempt was to meet.
            return Due(fault.within, sent=sent, then=fault.then if fault.attempts == 1 else None)
