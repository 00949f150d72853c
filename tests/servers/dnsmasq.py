"""dnsmasq on loopback: a name server, and a log of what it was asked.

Every name below .test has the address 127.0.0.1 and none of IPv6, but below missing.test there is no name.
It knows no other server, and refuses all other names.
"""

import contextlib
import re
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.listening import bound, found, listening

_QUERY = re.compile(r" query\[(A{1,4})\] (\S+) from ")

_OPTIONS = (
    "--no-daemon",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    "--bind-interfaces",
    "--listen-address=127.0.0.1",
    "--local=/test/",
    "--address=/test/127.0.0.1",
    "--address=/missing.test/",
    "--local-ttl=60",
    "--log-queries",
    "--log-facility=-",
)


@dataclass(frozen=True)
class Dnsmasq:
    """A running dnsmasq."""

    address: str
    log: Path

    def asked(self) -> Counter[tuple[str, str]]:
        """How often it was asked for each name and type of record, such as `("n0.test", "AAAA")`.

        dnsmasq writes a question down before it answers, and leaves nothing in a buffer.
        """
        return Counter((name.lower(), kind) for kind, name in _QUERY.findall(self.log.read_text()))


@contextlib.contextmanager
def running_dnsmasq(port: int = 0) -> Iterator[Dnsmasq]:
    """Run dnsmasq on this port, or any that is free, which needs no rights of root."""
    with tempfile.TemporaryDirectory(prefix="dnsmasq-") as name, bound(port=port) as tcp:
        host, port = tcp.getsockname()
        log = Path(name, "log")
        with contextlib.ExitStack() as running:
            # A datagram goes to one of the sockets on a port: this one has to go once the other is there.
            with bound(socket.SOCK_DGRAM, port):
                running.enter_context(listening([found("dnsmasq"), *_OPTIONS, f"--port={port}"], [tcp], log))
            yield Dnsmasq(f"{host}:{port}", log)
