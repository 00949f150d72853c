"""Forks, fetches in the child and in the parent, and says how many seconds the child took.

Arguments: a moment to fork at, the URL of a route server.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection

import fastfetch as ff
from fastfetch import sync

from tests.programs.running import BODY, allow_slow_callbacks

PATIENCE = 10.0

# Python 3.12 and later warn of any fork beside threads. That is what this is about.
warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork")

# A jar with so much in it that the I/O thread is often found at it.
client = ff.Client(cookies={f"c{n}": "1" for n in range(100)}, limits=ff.Limits(per_host=None))


def fetch(url: str) -> None:
    """Fetch in every way, with both the module's client and one made before any fork."""

    async def main() -> None:
        assert (await ff.get(f"{url}/json/a")).json() == {"name": "a"}
        assert (await client.post(f"{url}/json/a", content=BODY)).ok
        assert (await client.gather([f"{url}/json/{n}" for n in range(20)])).counts == {200: 20}
        assert len([each async for each in client.as_completed([f"{url}/json/b"] * 20)]) == 20
        assert await ff.sleep(0.001, "awake") == "awake"

    asyncio.run(main())
    assert sync.gather([f"{url}/json/a"] * 5).counts == {200: 5}


def fetch_and_leave(url: str) -> None:
    """Where the child may not leave as usual: not on the main thread, or inside the parent's loop."""
    fetch(url)
    os._exit(0)


def fetch_beside_a_loop(url: str) -> None:
    """Where the child has inherited a running loop with its parent's stack."""
    thread = threading.Thread(target=fetch, args=(url,))
    thread.start()
    thread.join()
    os._exit(0)


def fork(work: Callable[[], object]) -> float:
    """Have a forked child do this work and exit as any program does; the seconds that it took in all."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        work()
        sys.stdout.flush()
        sys.exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with status {status}"
    return time.monotonic() - start


def before_use(url: str) -> float:
    seconds = fork(lambda: fetch(url))
    fetch(url)
    return seconds


def after_use(url: str) -> float:
    fetch(url)
    seconds = fork(lambda: fetch(url))
    fetch(url)
    return seconds


def of_a_fork(url: str) -> float:
    fetch(url)

    def child() -> None:
        fetch(url)
        fork(lambda: fetch(url))
        fetch(url)

    return fork(child)


def from_a_thread(url: str) -> float:
    fetch(url)
    took: list[float] = []
    thread = threading.Thread(target=lambda: took.append(fork(lambda: fetch_and_leave(url))))
    thread.start()
    thread.join(PATIENCE)
    fetch(url)
    return took[0]


def in_flight(url: str) -> float:
    """Fork within a running loop, while a hundred requests of all kinds are in flight."""

    async def main() -> float:
        gate = f"{url}/gate/forked"
        batch = ff.Batch([gate] * 40, per_host=40)
        stream = client.as_completed([f"{url}/json/a", *[gate] * 19])
        assert (await anext(stream)).ok
        by_hand = client.get(gate)
        by_hand.send(None)
        tasks = [asyncio.create_task(client.get(gate)) for _ in range(40)]
        whole = asyncio.ensure_future(batch)
        # Until the server has seen all of them.
        while int((await client.get(f"{url}/waiting")).text) < 100:
            pass

        def child() -> None:
            fetch(url)
            # Whatever was inherited raises or is done with; nothing waits for ever.
            try:
                by_hand.send(None)
            except RuntimeError:
                pass
            else:
                raise AssertionError("the parent's request goes on in the child")
            by_hand.close()
            gc.collect()
            assert batch.results.counts == {}
            os._exit(0)

        seconds = fork(child)
        assert (await client.get(f"{url}/open")).ok
        assert [response.ok for response in await asyncio.gather(*tasks)] == [True] * 40
        assert (await whole).counts == {200: 40}
        assert len([each async for each in stream]) == 19
        by_hand.close()
        return seconds

    return asyncio.run(main())


def under_load(url: str) -> float:
    """Twenty forks at whatever moment the I/O thread happens to be in, each child with its own fetches."""
    over = threading.Event()

    upload = ff.Request("POST", f"{url}/json/a", content=BODY)

    async def load() -> None:
        while not over.is_set():
            await client.gather([f"{url}/json/a"] * 500)
            await client.gather([upload] * 20)
            await asyncio.gather(*(client.post(f"{url}/json/a", content=BODY) for _ in range(20)))

    thread = threading.Thread(target=asyncio.run, args=(load(),))
    thread.start()
    slowest = max(fork(lambda: fetch_and_leave(url)) for _ in range(20))
    over.set()
    thread.join(PATIENCE)
    fetch(url)
    return slowest


def at_first_use(url: str) -> float:
    """While other threads do for the first time what is done once in a process."""
    # asyncio has a lock of its own for this, and a child would inherit it locked.
    asyncio.new_event_loop().close()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=use, args=(url,)) for use in (fetch, hooked, fetch, hooked)]
    for thread in threads:
        thread.start()
    slowest = max(fork(lambda: fetch_and_leave(url)) for _ in range(5))
    for thread in threads:
        thread.join(PATIENCE)
    return slowest


def hooked(url: str) -> None:
    def hook(_: object) -> None:
        pass

    with sync.Client(event_hooks={"request": hook, "response": hook}, auth=hook) as hooked:
        assert hooked.gather([f"{url}/json/a"] * 5, on_response=hook).counts == {200: 5}
        assert hooked.post(f"{url}/json/a", json={}, timeout=5).ok


def in_a_hook(url: str) -> float:
    """Fork where Rust has called Python, while a request waits for what it says."""
    took: list[float] = []

    def hook(_: object) -> None:
        took.append(fork(lambda: fetch_beside_a_loop(url)))

    async def main() -> None:
        async with ff.Client(event_hooks={"request": hook}) as hooked:
            assert (await hooked.get(f"{url}/json/a")).ok
            assert (await hooked.gather([f"{url}/json/a"], on_response=hook)).counts == {200: 1}

    asyncio.run(main())
    return max(took)


def in_a_callback_of_the_waiting_face(url: str) -> float:
    took: list[float] = []

    def reader(_: object) -> None:
        took.append(fork(lambda: fetch_and_leave(url)))

    assert sync.gather([f"{url}/json/a"] * 2, on_response=reader).counts == {200: 2}
    return max(took)


def beside_a_wait(url: str) -> float:
    """Another thread waits for an answer, and goes on waiting."""
    gate = f"{url}/gate/forked"
    thread = threading.Thread(target=lambda: answers.extend(sync.gather([gate] * 100, per_host=100)))
    answers: list[ff.Response] = []
    thread.start()
    while int(sync.get(f"{url}/waiting").text) < 100:
        pass
    seconds = fork(lambda: fetch_and_leave(url))
    assert sync.get(f"{url}/open").ok
    thread.join(PATIENCE)
    assert [response.ok for response in answers] == [True] * 100
    return seconds


def load(tasks: Connection) -> None:
    """What a worker of a data loader does: takes the next, fetches it, gives it back."""
    while (url := tasks.recv()) is not None:
        tasks.send([response.json()["name"] for response in sync.gather([f"{url}/{n}" for n in range(5)])])


def by_a_data_loader(url: str) -> float:
    """As PyTorch's: daemons, forked while the parent fetches; one is killed, the others are told to end."""
    fetch(url)
    start, processes = time.monotonic(), multiprocessing.get_context("fork")
    pipes = [processes.Pipe() for _ in range(4)]
    workers = [processes.Process(target=load, args=(theirs,), daemon=True) for _, theirs in pipes]
    for worker in workers:
        worker.start()
        assert client_in_a_loop(url)
    for _ in range(5):
        for ours, _ in pipes:
            ours.send(f"{url}/json")
        assert client_in_a_loop(url)
        for ours, _ in pipes:
            assert ours.poll(PATIENCE)
            assert ours.recv() == list("01234")
    assert workers[0].pid is not None
    os.kill(workers[0].pid, signal.SIGKILL)
    for ours, _ in pipes[1:]:
        ours.send(None)
    for worker in workers:
        worker.join(PATIENCE)
    assert [worker.exitcode for worker in workers] == [-signal.SIGKILL, 0, 0, 0]
    fetch(url)
    return (time.monotonic() - start) / len(workers)


def client_in_a_loop(url: str) -> bool:
    return asyncio.run(client.get(f"{url}/json/a")).ok


def by_multiprocessing(url: str, method: str) -> float:
    fetch(url)
    start = time.monotonic()
    with multiprocessing.get_context(method).Pool(2) as pool:
        pool.map(fetch, [url] * 4)
    fetch(url)
    # What a fresh interpreter costs is not ours.
    return time.monotonic() - start if method == "fork" else 0.0


MOMENTS: dict[str, Callable[[str], float]] = {
    "before_use": before_use,
    "after_use": after_use,
    "of_a_fork": of_a_fork,
    "from_a_thread": from_a_thread,
    "in_flight": in_flight,
    "under_load": under_load,
    "at_first_use": at_first_use,
    "in_a_hook": in_a_hook,
    "in_a_callback_of_the_waiting_face": in_a_callback_of_the_waiting_face,
    "beside_a_wait": beside_a_wait,
    "data_loader": by_a_data_loader,
    "multiprocessing_fork": lambda url: by_multiprocessing(url, "fork"),
    "multiprocessing_forkserver": lambda url: by_multiprocessing(url, "forkserver"),
    "multiprocessing_spawn": lambda url: by_multiprocessing(url, "spawn"),
}


if __name__ == "__main__":
    allow_slow_callbacks()
    print(MOMENTS[sys.argv[1]](sys.argv[2]))
