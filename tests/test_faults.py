"""Every fault of the table, through the public face."""

import asyncio
import re
import time
from typing import Any

import pytest
from fastfetch import TLS, Client, FetchError, Request, Response

from tests.amounts import SLACK
from tests.faults.fault import Delivered, Fault
from tests.faults.stage import Stage
from tests.faults.table import FAULTS


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_fault(fault: Fault, stage: Stage) -> None:
    """The right answer or error, in time and after as many attempts as it should; then a clean answer."""

    async def main() -> tuple[Response | FetchError, float, bytes | None]:
        url = fault.perform(stage)
        options: dict[str, Any] = {"tls": TLS(ca=stage.authority.ca_pem), "timeout": 30, **fault.options}
        async with Client(**options) as client:
            request = Request(fault.method, url, content=fault.content)
            begun = time.monotonic()
            response = (await client.gather([request]))[0]
            seconds = time.monotonic() - begun
            then = fault.then and (await client.get(f"{url.rstrip('/')}/then")).content
            return response.error or response, seconds, then

    outcome, seconds, then = asyncio.run(main())
    if isinstance(fault.expected, Delivered):
        assert isinstance(outcome, Response), outcome
        assert (outcome.status_code, outcome.content) == (fault.expected.status, fault.expected.body)
    else:
        assert type(outcome) is fault.expected.kind, outcome
        assert outcome.phase == fault.expected.phase
        assert re.search(fault.expected.words, str(outcome)), outcome
    assert outcome.attempts == fault.attempts
    assert seconds < fault.within + SLACK
    assert then == fault.then
