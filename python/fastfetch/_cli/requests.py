"""URLs as requests that know where they stood, and the way back from a response."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import fastfetch
from fastfetch._cli.outcomes import Outcome
from fastfetch._cli.sources import Known

if TYPE_CHECKING:
    from fastfetch._cli.sources import Arriving, Source

__all__ = ["Requests", "first_url"]


class Requests:
    """The requests for the URLs of a source, in its order."""

    def __init__(self, method: str) -> None:
        self._method = method
        self._made = 0
        # A URL that is none makes no request, so that nothing can be tied to it.
        self._invalid: defaultdict[str, deque[int]] = defaultdict(deque)

    def over(self, urls: Source) -> _Known | AsyncIterator[str | fastfetch.Request]:
        """What to fetch, as `fastfetch.as_completed` takes it."""
        return _Known(self, urls) if isinstance(urls, Known) else self._arriving(urls)

    def outcome(self, response: fastfetch.Response) -> Outcome:
        """A response, with what its URL was."""
        if response.tag is None:
            return Outcome(self._invalid[response.url].popleft(), response.url, response)
        index, url = response.tag
        if "@" in url:
            # It may hold a password.
            url = first_url(response)
        return Outcome(index, url, response)

    def of(self, url: str) -> str | fastfetch.Request:
        """The request for a URL; or the URL, where that is none."""
        index = self._made
        self._made += 1
        try:
            return fastfetch.Request(self._method, url, tag=(index, url))
        except fastfetch.InvalidURL as error:
            self._invalid[error.url or ""].append(index)
            return url

    async def _arriving(self, urls: Arriving) -> AsyncIterator[str | fastfetch.Request]:
        async for url in urls:
            yield self.of(url)


def first_url(response: fastfetch.Response) -> str:
    """The URL that was asked for before all redirects, without user name and password."""
    hops = [] if response.error else response.history
    return hops[0].url if hops else response.url


class _Known:
    """Requests of which it is known how many there are."""

    def __init__(self, requests: Requests, urls: Known) -> None:
        self._requests = requests
        self._urls = urls

    def __iter__(self) -> Iterator[str | fastfetch.Request]:
        return map(self._requests.of, self._urls)

    def __len__(self) -> int:
        return len(self._urls)
