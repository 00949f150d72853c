"""Cancelled at any moment, wherever it is: everything stops, and nothing is lost (rules L16 to L19)."""

import asyncio
import gc
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fastfetch import Client

from tests.amounts import SLACK, TORTURE, times
from tests.cancels.storm import DISK, PROTOCOLS, WIDE, Lab, Storm, nothing_said
from tests.figures import Measured
from tests.servers.ledger import PATIENCE
from tests.servers.tls import Authority

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(sys.platform != "linux", reason="every address of 127.0.0.0/8 is its own"),
]

CANCELS = times(5_000, 200)
BOUND = 0.1
"""Within how many seconds a server knows, of 99 in 100."""

CANCEL = 8
"""The code of HTTP/2 (RFC 9113, 7)."""


def descriptors() -> Counter[str]:
    """What is open, by kind."""
    kinds = Counter[str]()
    for number in os.listdir("/proc/self/fd"):
        try:
            kinds[os.readlink(f"/proc/self/fd/{number}").partition(":")[0]] += 1
        except FileNotFoundError:
            continue
    return kinds


def settles(met: Any) -> bool:
    """Whether this comes to be. Neither the system nor a closed file tells anybody."""
    deadline = time.monotonic() + PATIENCE
    while not met():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_at_random_moments(protocol: str, authority: Authority, tmp_path: Path, measured: Measured) -> None:
    with Lab(protocol, authority, tmp_path) as lab, nothing_said():
        points = lab.points()
        late, storm = asyncio.run(_rage(lab))
    p99, worst = late[len(late) * 99 // 100], late[-1]
    assert p99 < BOUND + (0 if TORTURE else SLACK)
    assert set(storm.tally.cancels) == set(points)
    if protocol == "h2":
        codes = Counter(lab.origin.seen.codes.values())
        assert set(codes) == {CANCEL}, codes
        assert lab.origin.ledger.accepted == 1
    measured(
        f"{storm.tally.cancels.total():,} cancels at random moments, {protocol}",
        f"the server saw {len(late):,} requests end, {p99 * 1e3:.0f} ms later at p99"
        f" and {worst * 1e3:.0f} ms at worst; no slot lost, no answer wrong",
    )


async def _rage(lab: Lab) -> tuple[list[float], Storm]:
    said: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    async with lab.client() as client:
        await _all_at_once(lab, client, 10**6)
        gc.collect()
        before = descriptors()
        storm = Storm(lab, client, seed=len(lab.protocol))
        async with asyncio.timeout(60 + CANCELS / 20):
            await storm.rage(CANCELS)
        late = await asyncio.to_thread(storm.lateness)
        # Every slot is there again, and every answer is that of its own request.
        for turn in range(2, 5):
            await _all_at_once(lab, client, turn * 10**6)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        gc.collect()
        # Files are closed, and what they leave behind is gone.
        assert await asyncio.to_thread(settles, lambda: not descriptors() - before), descriptors() - before
        checkpoints = sorted(lab.folder.iterdir())
        assert {path.suffix for path in checkpoints} == {".db"}
        for path in checkpoints[:10]:
            requests = [lab.request("disk", int(path.stem) + number) for number in range(DISK)]
            assert (await client.gather(requests, checkpoint=path)).counts == {200: DISK}
    assert said == []
    return late, storm


async def _all_at_once(lab: Lab, client: Client, first: int) -> None:
    """As many as may be in flight: none is answered before all have come."""
    urls = [f"{lab.origin.url}/gate?n={first + number}" for number in range(WIDE)]
    async with asyncio.timeout(PATIENCE + SLACK):
        results = await client.gather(urls)
    assert [response.text for response in results] == [url.partition("=")[2] for url in urls]
