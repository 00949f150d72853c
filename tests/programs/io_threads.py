"""Says how many I/O threads it has: after the import, after requests to one host, to a hundred, and again.

Arguments: the port of a server at every loopback address. The environment says how many threads there may be.
"""

import asyncio
import sys

import fastfetch as ff

from tests.programs.running import allow_slow_callbacks, thread_names
from tests.servers.everywhere import url_of


def say() -> None:
    print(list(thread_names().values()).count("fastfetch-io"))


async def main(port: int) -> None:
    say()
    for hosts in (1, 100, 100):
        urls = [f"{url_of(number % hosts, port)}/json/{number}" for number in range(400)]
        assert (await ff.gather(urls, per_host=4)).counts == {200: 400}
        say()


if __name__ == "__main__":
    allow_slow_callbacks()
    asyncio.run(main(int(sys.argv[1])))
