"""The demo's thousand URLs, and what must come of each."""

from __future__ import annotations

import random
from dataclasses import dataclass

import fastfetch
from fastfetch.demo import _contents

__all__ = ["Case", "thousand"]


@dataclass(frozen=True)
class Case:
    """A URL, and the status and body, or the exception, that fetching it must give."""

    url: str
    expected: int | type[fastfetch.FetchError]
    body: bytes = b""

    def is_met_by(self, response: fastfetch.Response) -> bool:
        """Whether the outcome is the expected one."""
        if response.error or not isinstance(self.expected, int):
            return isinstance(self.expected, type) and isinstance(response.error, self.expected)
        return response.status_code == self.expected and response.content == self.body


def thousand(site: str, refused: str) -> list[Case]:
    """Plan a thousand fetches from `site`, and from `refused` where nobody listens; the same every time."""

    def plain(paths: list[str], status: int = 200) -> list[Case]:
        return [Case(site + path, status, _contents.plain(path)) for path in paths]

    sizes = [2**10, 2**14, 2**17, 2**20]
    cases = [
        *(Case(f"{site}/json/{number}", 200, _contents.small(number)) for number in range(500)),
        *(Case(f"{site}/file/{size}", 200, _contents.file(size)) for size in sizes * 40),
        *plain([f"/slow/{50 + 5 * number}" for number in range(151)]),
        *plain(["/missing"] * 50, 404),
        *plain(["/broken"] * 30, 500),
        *(Case(f"{site}/redirect/{1 + number % 3}", 200, _contents.small(1)) for number in range(49)),
        *[Case(f"{site}/reset", fastfetch.ConnectError)] * 20,
        *[Case(f"{site}/truncated", fastfetch.IncompleteBody)] * 20,
        *[Case(f"{refused}/", fastfetch.ConnectionRefused)] * 10,
        *[Case("http://no-such-host.invalid/", fastfetch.DNSError)] * 10,
    ]
    random.Random(1).shuffle(cases)
    return cases
