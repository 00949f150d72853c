"""Many URLs of many hosts: with few open files, and in memory that does not grow."""

import sys
from collections.abc import Iterator

import pytest

from tests.amounts import times
from tests.programs import running
from tests.servers.everywhere import EveryAddress

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux gives all of 127.0.0.0/8 to loopback")

GROWTH = 20_000_000
"""By how many bytes the memory in use may grow once a fifth of the URLs is done."""


@pytest.fixture
def every_address() -> Iterator[EveryAddress]:
    """A server that is many hosts."""
    with EveryAddress() as server:
        yield server


@pytest.mark.parametrize("hosts", [1, 300])
def test_fewer_open_files_than_hosts(hosts: int, every_address: EveryAddress) -> None:
    """Neither the limit on open files nor the connections that are kept for later fail a request."""
    said = running.say("many_hosts", every_address.port, hosts, 500, 64, flags=())
    assert said.splitlines()[-1] == "{200: 500}"


def test_memory_stays_flat(every_address: EveryAddress) -> None:
    count = times(200_000, 50_000)
    process = running.start("many_hosts", every_address.port, 1_000, count, 0, flags=())
    done = running.finish(process, patience=120)
    *memory, counts = done.stdout.splitlines()
    assert (counts, done.stderr) == (f"{{200: {count}}}", "")
    later = [int(line) for line in memory[4:]]
    assert len(later) == 16
    assert max(later) - later[0] < GROWTH
    assert len(every_address.ledger.requests) == count
