"""Makes errors as usual, and again where little is left to make them with, and says which.

Arguments: what is missing, URLs that fail, and last one that answers 404. Errors are made when they are
looked at: here after something was taken away.
"""

import asyncio
import atexit
import os
import pickle
import resource
import sys
import traceback

from fastfetch import Client, FetchError, Results

from tests.programs.descriptors import occupy
from tests.programs.running import allow_slow_callbacks

LIMIT = 64


def words(error: BaseException) -> str:
    """A line for an error; and everything that may be done with one is done."""
    assert repr(pickle.loads(pickle.dumps(error))) == repr(error)
    assert str(error) in "".join(traceback.format_exception(error))
    return f"{type(error).__name__} {error}\n"


def say(results: Results) -> None:
    """A line for each failed result, and for the bad status of the last one."""
    for response in results:
        error = response.error
        if error is None:
            try:
                response.raise_for_status()
            except FetchError as refused:
                error = refused
        assert error is not None
        os.write(1, words(error).encode())


async def raised(client: Client, url: str) -> None:
    """A line for an error that is raised where it comes about."""
    try:
        await client.get(url)
    except FetchError as error:
        os.write(1, words(error).encode())


async def without_descriptors(client: Client, results: Results, url: str) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
    occupy()
    say(results)
    await raised(client, "http://")
    # Nothing can be connected to. A descriptor is waited for, and then that is an error.
    await raised(client, url)


async def without_importers(client: Client, results: Results, url: str) -> None:
    sys.meta_path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    say(results)
    await raised(client, url)


async def without_modules(client: Client, results: Results, url: str) -> None:
    kept = dict(sys.modules)
    sys.modules.clear()
    errors = [response.error for response in results]
    try:
        await client.get(url)
    except Exception as error:
        errors.append(error)
    told = [f"{type(error).__name__} {error}" for error in errors]
    sys.modules.update(kept)  # What follows is not ours, and imports.
    assert told[-1].startswith(told[1].partition(": ")[0])
    say(results)


class Late:
    """Looks at errors when it is deleted, which is when the interpreter has taken down this module."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.itself: Late | None = None
        self.write = os.write

    def __del__(self) -> None:
        for response in self.results:
            try:
                response.raise_for_status()
            except Exception as error:
                self.write(1, f"{type(error).__name__} {error}\n".encode())


late: list[Late] = []
"""What stays until the interpreter shuts down."""


async def at_exit(client: Client, results: Results, url: str) -> None:
    atexit.register(say, results)


async def in_del(client: Client, results: Results, url: str) -> None:
    late.append(Late(results))
    late[0].itself = late[0]  # Only the very last collection of garbage finds it.


WAYS = {
    function.__name__: function
    for function in (without_descriptors, without_importers, without_modules, at_exit, in_del)
}


async def main(way: str, *urls: str) -> None:
    async with Client(timeout=0.3, max_redirects=3, trust_env=False) as client:
        if way != "in_del":  # No error at all is made before.
            say(await client.gather(["http://", *urls]))
        results = await client.gather(["http://", *urls])
        await WAYS[way](client, results, urls[0])


if __name__ == "__main__":
    allow_slow_callbacks()
    asyncio.run(main(*sys.argv[1:]))
