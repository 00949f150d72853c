"""Every fault of the table, through the public face."""

import asyncio
import contextlib
import itertools
import re
import sys
import time
from typing import Any
from urllib.parse import urljoin

import pytest
from fastfetch import TLS, Client, FetchError, Request, Response

from tests.amounts import SLACK, times
from tests.faults.answers import CHUNKED, CLEAN
from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.page import PAGE, rendered
from tests.faults.stage import Stage
from tests.faults.table import FAULTS
from tests.figures import Measured
from tests.programs.running import say
from tests.servers.raw import RawServer
from tests.servers.tls import Authority

MB = 2**20


def options(fault: Fault, stage: Stage) -> Any:
    """The options of a client that is to meet a fault."""
    return {"tls": TLS(ca=stage.authority.ca_pem), "timeout": 30, **fault.options}


def named(faults: list[Fault]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", faults, ids=lambda fault: fault.id)


@named(FAULTS)
def test_fault(fault: Fault, stage: Stage) -> None:
    """The right answer or error, in time and after as many attempts as it should; then a clean answer."""

    async def main() -> tuple[Response | FetchError, float, bytes | None]:
        url = fault.perform(stage)
        async with Client(**options(fault, stage)) as client:
            content = fault.stream() if fault.stream else fault.content
            request = Request(fault.method, url, content=content, headers=fault.headers)
            begun = time.monotonic()
            response = (await client.gather([request]))[0]
            seconds = time.monotonic() - begun
            then = fault.then and (await client.get(urljoin(url, "/then"))).content
            return response.error or response, seconds, then

    outcome, seconds, then = asyncio.run(main())
    expected = fault.expected
    if isinstance(expected, Delivered):
        assert isinstance(outcome, Response), outcome
        assert (outcome.status_code, outcome.content) == (expected.status, expected.body)
        assert {name: outcome.headers.get(name) for name in expected.headers} == expected.headers
        assert (outcome.decoded, outcome.complete) == (expected.decoded, expected.complete)
    else:
        assert type(outcome) is expected.kind, outcome
        assert outcome.phase == expected.phase
        assert re.search(expected.words, str(outcome)), outcome
        assert {name: getattr(outcome, name) for name in expected.facts} == expected.facts
        assert str(outcome).isprintable()
        assert "hunter2" not in f"{outcome} {outcome!r} {vars(outcome)}"
    assert outcome.attempts == fault.attempts
    assert seconds < fault.within + SLACK
    assert then == fault.then
    if fault.apart:
        assert [server.ledger.accepted for server in stage.servers] == [2]


def fails_late(fault: Fault) -> bool:
    """Does it make a GET fail after it was sent?"""
    late = isinstance(fault.expected, Fails) and fault.expected.phase in ("response", "body")
    # Redirects make it another request.
    return late and fault.method == "GET" and not fault.id.startswith("R")


@named([fault for fault in FAULTS if fails_late(fault)])
def test_a_post_is_not_sent_twice(fault: Fault, stage: Stage) -> None:
    """Who knows what the server has made of it? Unless it promises that it has not begun."""

    async def main() -> FetchError | None:
        request = Request("POST", fault.perform(stage), content=b"body", headers=fault.headers)
        async with Client(**options(fault, stage)) as client:
            return (await client.gather([request]))[0].error

    error = asyncio.run(main())
    assert isinstance(error, FetchError)
    assert error.attempts == (fault.attempts if fault.unprocessed else 1)
    for server in stage.servers:
        if isinstance(server, RawServer):
            assert len(server.ledger.requests) <= error.attempts


@pytest.mark.skipif(sys.platform != "linux", reason="Linux says how much memory is in use")
def test_memory_stays_within_the_bound(authority: Authority) -> None:
    """Whatever a server sends: no more is taken than may be kept, and some."""
    for most, group in itertools.groupby(
        sorted((fault for fault in FAULTS if fault.fills), key=largest), key=largest
    ):
        faults = list(group)
        with contextlib.ExitStack() as stages:
            urls = [fault.perform(stages.enter_context(Stage(authority))) for fault in faults]
            _, *lines = say("bombs", most, 60, *urls).splitlines()
        for fault, line in zip(faults, lines, strict=True):
            kind, growth = line.split()
            assert isinstance(fault.expected, Fails)
            assert kind == fault.expected.kind.__name__, fault.id
            assert int(growth) < most + 32 * MB, f"{fault.id}: {int(growth) / MB:.0f} MB"


def largest(fault: Fault) -> int:
    return int(fault.options.get("max_body", 16 * MB))


@pytest.mark.torture
def test_f11_a_chunk_costs_the_same_however_many_there_are(measured: Measured) -> None:
    count = times(5_000_000, 200_000)

    def chunks(number: int) -> RawServer:
        return RawServer(CHUNKED + b"1\r\nx\r\n" * number + b"0\r\n\r\n")

    with RawServer(CLEAN) as first, chunks(count // 4) as few, chunks(count) as many:
        said = say("chunks", first.url, few.url, many.url)
    (_, _), (some, little), (whole, much) = (map(float, line.split()) for line in said.splitlines())
    assert (some, whole) == (count // 4, count)
    assert much < 4 * little * 2
    assert much / count < 5e-6
    measured(f"{count:,} chunks of one byte", f"{much / count * 1e6:.2f} µs of processor time for each")


def test_each_fault_has_a_name_of_its_own() -> None:
    names = [fault.id for fault in FAULTS]
    assert sorted(set(names)) == sorted(names)


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.faults` writes it."""
    assert PAGE.read_text() == rendered()
