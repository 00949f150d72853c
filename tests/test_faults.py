"""Every fault of the table, through the public face."""

import asyncio
import re
import time
from typing import Any
from urllib.parse import urljoin

import pytest
from fastfetch import TLS, Client, FetchError, Request, Response

from tests.amounts import SLACK
from tests.faults.fault import Delivered, Fault
from tests.faults.stage import Stage
from tests.faults.table import FAULTS


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
        assert outcome.decoded is expected.decoded
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
