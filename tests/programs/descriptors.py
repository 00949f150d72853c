"""Fetches from many hosts where few files may be open, and says as JSON how it went.

Arguments: what to do, the URL of a server that stands for all hosts, the file of its authority if any.
"""

import asyncio
import json
import os
import random
import resource
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from fastfetch import TLS, Client, Limits, StreamedResponse, Timeout

from tests.programs.running import allow_slow_callbacks
from tests.servers.faulty import FAULTS

LIMIT = 64
HOSTS = 300
POSTS = 2000

Said = dict[str, object]


def host(number: int) -> str:
    return f"host-{number}.many.test"


def occupy(spare: int = 0) -> list[int]:
    """Opens all files that may still be open but so many."""
    opened = []
    try:
        while True:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        release(opened[len(opened) - spare :])
    return opened[: len(opened) - spare]


def release(opened: list[int]) -> None:
    for descriptor in opened:
        os.close(descriptor)


class Hosts:
    """URLs of as many hosts as one likes, all at one server."""

    def __init__(self, url: str, ca: str) -> None:
        self.scheme, address = url.split("://")
        self.address, self.port = address.split(":")
        self.tls = TLS(ca=ca) if ca else TLS()

    def url(self, number: int, path: str = "/echo") -> str:
        return f"{self.scheme}://{host(number)}:{self.port}{path}"

    def client(self, **options: Any) -> Client:
        return Client(resolve={host(n): self.address for n in range(HOSTS)}, tls=self.tls, **options)


async def in_turn(hosts: Hosts) -> Said:
    """One host after another. Meanwhile a few other files can be opened."""
    most = 0
    async with hosts.client() as client:
        for number in range(HOSTS):
            assert (await client.get(hosts.url(number))).ok
            most = max(most, client.statistics().open)
            release([os.open(os.devnull, os.O_RDONLY) for _ in range(16)])
        return {"opened": client.statistics().opened, "most": most}


async def together(hosts: Hosts) -> Said:
    """All hosts in one call, and again."""
    async with hosts.client() as client:
        rounds = [await client.gather([hosts.url(number) for number in range(HOSTS)]) for _ in range(2)]
        return {"counts": [sorted(results.counts.items()) for results in rounds]}


async def crowded(hosts: Hosts) -> Said:
    """Others have taken every file but those of three idle connections."""
    async with hosts.client() as client:
        for number in range(3):
            assert (await client.get(hosts.url(number))).ok
        taken = occupy()
        for number in range(50):
            assert (await client.get(hosts.url(number))).ok
        release(taken)
        # The oldest go first.
        kept = sorted(name for name, host in client.statistics().hosts.items() if host.open)
        return {"open": client.statistics().open, "newest": kept[-1].split(".")[0]}


async def looked_up(hosts: Hosts) -> Said:
    """The same, and the name is one that the system's resolver has to look up."""
    async with hosts.client() as client:
        for number in range(3):
            assert (await client.get(hosts.url(number))).ok
        taken = occupy()
        response = await client.get(f"{hosts.scheme}://localhost:{hosts.port}/echo")
        release(taken)
        return {"status": response.status_code}


async def posts(hosts: Hosts) -> Said:
    """Requests that must not be sent twice, to hosts in no order, while connections make way all the time."""
    dice = random.Random(4)
    numbers = iter(range(POSTS))
    async with hosts.client(limits=Limits(concurrency=12)) as client:
        assert (await client.get(hosts.url(0))).ok
        taken = occupy(spare=20)

        async def send() -> None:
            for number in numbers:
                url = hosts.url(dice.randrange(30))
                response = await client.post(url, content=str(number), headers={"x-number": str(number)})
                assert response.ok

        async with asyncio.TaskGroup() as group:
            for _ in range(12):
                group.create_task(send())
        release(taken)
        return {"opened": client.statistics().opened}


async def held(hosts: Hosts) -> Said:
    """Answers that somebody still reads keep their connections, whatever others need."""
    async with (
        hosts.client() as client,
        client.stream("GET", hosts.url(0, "/bytes/10")) as short,
        client.stream("GET", hosts.url(1, "/bytes/10000000")) as long,
    ):
        for number in range(2, HOSTS):
            assert (await client.get(hosts.url(number))).ok
        return {"lengths": [await length(short), await length(long)]}


async def length(response: StreamedResponse) -> int:
    return sum([len(piece) async for piece in response.aiter_bytes()])


async def faulted(hosts: Hosts) -> Said:
    """Every fault at every host at once, a good answer among them, with every file but a few taken."""
    async with hosts.client(timeout=Timeout(connect=10, read=0.3), max_redirects=3) as client:
        assert (await client.get(hosts.url(0, "/ok"))).ok
        taken = occupy(spare=12)
        paths = ["/ok", *FAULTS]
        urls = [hosts.url(number, path) for number in range(HOSTS // len(paths)) for path in paths]
        results = await client.gather(urls, concurrency=50)
        release(taken)
        kinds = [
            type(response.error).__name__ if response.error else str(response.status_code)
            for response in results
        ]
        told = {path: sorted({*kinds[place :: len(paths)]}) for place, path in enumerate(paths)}
        again = await client.gather([hosts.url(number, "/ok") for number in range(HOSTS)])
        return {"kinds": told, "then": sorted(again.counts.items())}


WAYS: dict[str, Callable[[Hosts], Awaitable[Said]]] = {
    function.__name__: function for function in (in_turn, together, crowded, looked_up, posts, held, faulted)
}


async def main(way: str, url: str, ca: str = "") -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
    print(json.dumps(await WAYS[way](Hosts(url, ca))))


if __name__ == "__main__":
    allow_slow_callbacks()
    asyncio.run(main(*sys.argv[1:]))
