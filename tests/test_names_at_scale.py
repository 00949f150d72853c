"""C11. Ten thousand host names: none fails, none is asked for twice, and few questions are open at once."""

import asyncio
import json
import socket
import subprocess
import threading
from collections import Counter
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from fastfetch import Client, DNSError, Results

from tests.conftest import need
from tests.programs import own_names, running
from tests.servers.dnsmasq import Dnsmasq
from tests.servers.listening import find
from tests.servers.nginx import Nginx

HOSTS = 10_000


def gather(names: list[str], dnsmasq: Dnsmasq, nginx: Nginx, concurrency: int) -> Results:
    """What becomes of a request to each of these names, all of which lead to one nginx."""
    port = urlsplit(nginx.http).port

    async def main() -> Results:
        async with Client(dns=dnsmasq.address) as client:
            urls = [f"http://{name}:{port}/small.json" for name in names]
            return await client.gather(urls, concurrency=concurrency)

    return asyncio.run(main())


def once(names: list[str]) -> Counter[tuple[str, str]]:
    """One question for each kind of address of each name."""
    return Counter((name, kind) for name in set(names) for kind in ("A", "AAAA"))


# More at once than dnsmasq has room for: what it drops is asked again, seconds later.
@pytest.mark.parametrize("concurrency", [100, 2_000])
def test_ten_thousand_names(dnsmasq: Dnsmasq, nginx: Nginx, concurrency: int) -> None:
    names = [f"n{n}.test" for n in range(HOSTS)]
    results = gather(names, dnsmasq, nginx, concurrency)
    assert Counter(response.status_code for response in results) == {200: HOSTS}
    assert dnsmasq.asked() == once(names)


def test_equal_names_are_one_question(dnsmasq: Dnsmasq, nginx: Nginx) -> None:
    names = [f"n{n // 10}.test" for n in range(HOSTS)]
    results = gather(names, dnsmasq, nginx, 1_000)
    assert Counter(response.status_code for response in results) == {200: HOSTS}
    assert dnsmasq.asked() == once(names)


def test_that_a_name_is_missing_is_kept(dnsmasq: Dnsmasq, nginx: Nginx) -> None:
    names = [f"n{n % (HOSTS // 10)}.missing.test" for n in range(HOSTS)]
    results = gather(names, dnsmasq, nginx, 100)
    assert Counter(type(response.error) for response in results) == {DNSError: HOSTS}
    assert dnsmasq.asked() == once(names)


class Reluctant:
    """A name server that knows no name, and says so only when no more questions come in."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**22)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._socket.getsockname())
        self.most = 0
        """The most questions that waited at once."""
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        waiting: dict[bytes, tuple[bytes, Any]] = {}
        while True:
            self._socket.settimeout(0.05 if waiting else None)
            try:
                message, client = self._socket.recvfrom(4096)
            except TimeoutError:
                for question, (number, client) in waiting.items():
                    self._socket.sendto(number + b"\x81\x83\0\1" + bytes(6) + question, client)
                waiting.clear()
                continue
            if not message:
                return
            waiting[message[12 : message.index(b"\0", 12) + 5]] = (message[:2], client)
            self.most = max(self.most, len(waiting))


def test_questions_at_once_are_bounded() -> None:
    async def main(address: str) -> Results:
        async with Client(dns=address) as client:
            return await client.gather([f"http://n{n}.test/" for n in range(500)], concurrency=500)

    with Reluctant() as server:
        results = asyncio.run(main(server.address))
    assert Counter(type(response.error) for response in results) == {DNSError: 500}
    # 64 names, of two kinds each; a common forwarder refuses more than 150 questions.
    assert server.most <= 128


@pytest.fixture(scope="module")
def separate() -> None:
    """Skip what needs a name server at port 53, where this machine gives nobody a network of their own."""
    need("dnsmasq", find("dnsmasq"))
    try:
        trial = [*own_names.SEPARATE, "mount", "--bind", "/etc/hosts", "/etc/resolv.conf"]
        subprocess.run(trial, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network and mounts of one's own: {error}")


@pytest.mark.usefixtures("separate")
@pytest.mark.parametrize(
    ("hosts", "each", "domain", "outcome"),
    [
        (HOSTS, 1, "test", "200"),
        (HOSTS // 10, 10, "test", "200"),
        (HOSTS // 10, 10, "missing.test", "DNSError"),
    ],
)
def test_by_the_resolver_of_the_system(hosts: int, each: int, domain: str, outcome: str) -> None:
    said = running.say("own_names", hosts, each, domain, flags=(), under=own_names.SEPARATE)
    # For each name there are two questions, A and AAAA, each asked once.
    assert json.loads(said) == {"outcomes": {outcome: HOSTS}, "asked": {"1": 2 * hosts}}
