"""URLs of many hosts: all addresses of the loopback network lead to the one server."""

from collections.abc import Iterator
from urllib.parse import urlsplit

HOSTS = 1_000


def urls(url: str, count: int) -> Iterator[str]:
    """The hosts in turn."""
    parts = urlsplit(url)
    hosts = [f"http://127.0.{n // 250}.{n % 250 + 1}:{parts.port}{parts.path}" for n in range(HOSTS)]
    for number in range(count):
        yield f"{hosts[number % HOSTS]}?n={number}"
