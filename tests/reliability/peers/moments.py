"""Moments in the life of a process, one by one: says as JSON whether it went well, and how.

Arguments: the client, the moment, the URL of a server.
"""

import asyncio
import json
import os
import resource
import select
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable

from tests.reliability.peers.peer import Ask, Peer, calm, client

PATIENCE = 5.0
"""Seconds after which a forked child hangs."""

FILES = 64
CANCELS, AT_ONCE = 300, 50

Kind = type[Peer]


def tell(right: bool, words: str) -> None:
    print(json.dumps({"right": right, "words": words}), flush=True)


def count(outcomes: Iterable[str]) -> tuple[bool, str]:
    """Were all answered? And how many of each."""
    counts = Counter(outcomes)
    all_of_it = sum(counts.values())
    answered = counts.pop("200", 0)
    others = ", ".join(f"{number} {what}" for what, number in counts.most_common(2))
    return not counts, f"{answered} of {all_of_it} answered" + (f", {others}" if others else "")


async def one(peer: Peer, url: str) -> str:
    """The status, or the name of the error."""
    try:
        return str((await peer.fetch(Ask(url)))[0])
    except Exception as error:
        return type(error).__name__


async def alone(kind: Kind, url: str) -> str:
    """By a client that is opened and closed for it."""
    async with kind(calm()) as peer:
        return await one(peer, url)


async def opened(peer: Peer, url: str) -> str:
    await peer.__aenter__()
    return await one(peer, url)


def forked(work: Callable[[], str]) -> None:
    """What a child gets, which then exits as any program does."""
    listening, saying = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(saying, work().encode())
        sys.exit()
    heard = bool(select.select([listening], [], [], PATIENCE)[0])
    said = os.read(listening, 1000).decode() if heard else "never ends"
    ended = wait(child)
    tell(said == "200" and ended, "answers" if said == "200" else said)


def wait(child: int) -> bool:
    """Has it come to its end? It is killed where it has not."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


def child_with_its_own(kind: Kind, url: str) -> None:
    asyncio.run(alone(kind, url))
    forked(lambda: asyncio.run(alone(kind, url)))


def child_with_its_parents(kind: Kind, url: str) -> None:
    peer = kind(calm())
    asyncio.run(opened(peer, url))
    forked(lambda: asyncio.run(one(peer, url)))


def runs(kind: Kind, url: str) -> None:
    """One client in three event loops, one after the other."""
    peer = kind(calm())
    tell(*count([asyncio.run(opened(peer, url)), *(asyncio.run(one(peer, url)) for _ in range(2))]))


def cancels(kind: Kind, url: str) -> None:
    """Says when a crowd is under way, cancels it when told to, and says when that is done."""

    async def main() -> None:
        async with kind(calm()) as peer:
            for _ in range(CANCELS // AT_ONCE):
                tasks = [asyncio.create_task(peer.fetch(Ask(url))) for _ in range(AT_ONCE)]
                await asyncio.to_thread(in_step, "under way")
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
                await asyncio.to_thread(in_step, "cancelled")

    asyncio.run(main())


def in_step(word: str) -> None:
    print(word, flush=True)
    sys.stdin.readline()


def few_files(kind: Kind, url: str) -> None:
    """500 URLs at once where 64 files may be open."""

    async def main() -> list[str]:
        async with kind(calm()) as peer:
            return await asyncio.gather(*(one(peer, f"{url}?{number}") for number in range(500)))

    asyncio.run(alone(kind, url))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    tell(*count(asyncio.run(main())))


def stale(kind: Kind, url: str) -> None:
    """300 GETs in turn."""

    async def main() -> list[str]:
        async with kind(calm()) as peer:
            return [await one(peer, url) for _ in range(300)]

    tell(*count(asyncio.run(main())))


def leaving(kind: Kind, url: str) -> None:
    """The main thread ends while a daemon thread fetches."""
    under_way = threading.Event()

    async def fetch() -> None:
        async with kind(calm()) as peer:
            waiting = [asyncio.create_task(peer.fetch(Ask(f"{url}/never"))) for _ in range(8)]
            for number in range(10**9):
                await peer.fetch(Ask(f"{url}/json/a"))
                if number == 20:
                    under_way.set()
            await asyncio.gather(*waiting)

    threading.Thread(target=lambda: asyncio.run(fetch()), daemon=True).start()
    assert under_way.wait(PATIENCE)


MOMENTS = {
    each.__name__: each
    for each in (child_with_its_own, child_with_its_parents, runs, cancels, few_files, stale, leaving)
}


def main(name: str, moment: str, url: str) -> None:
    MOMENTS[moment](client(name), url)


if __name__ == "__main__":
    main(*sys.argv[1:])
