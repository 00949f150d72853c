"""A WSGI application that has fetched before its server forks the workers, and fetches for each request.

Environment: FETCHED, the URL that it fetches.
"""

import os
from collections.abc import Callable, Iterable

from fastfetch import sync

URL = os.environ["FETCHED"]
CLIENT = sync.Client()

assert sync.get(URL).ok
assert CLIENT.gather([URL] * 20).counts == {200: 20}


def app(
    environ: dict[str, object], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answers with the process that it runs in, once it has fetched in both ways."""
    assert sync.get(URL).ok
    assert CLIENT.gather([URL] * 5).counts == {200: 5}
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
