"""What a client has open and under way."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastfetch import _core

__all__ = ["HostStatistics", "Statistics"]


@dataclass(frozen=True, slots=True)
class HostStatistics:
    """The connections to one host and port, at one moment.

    Attributes
    ----------
    open : int
        Connections that are open.
    idle : int
        Of those, how many no answer is arriving on.
    opened : int
        Connections ever opened.
    reused : int
        Answers that came over a connection that had been used before.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.HostStatistics(open=2, idle=1, opened=2, reused=40).reused
    40
    """

    open: int
    idle: int
    opened: int
    reused: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a client has open and under way, at one moment: `Client.statistics` makes it.

    A connection through a proxy counts for the host that it leads to.

    Attributes
    ----------
    in_flight : int
        Requests under way, those whose turn has not come left out.
    open, idle, opened, reused : int
        The sums over all hosts.
    hosts : Mapping[str, HostStatistics]
        Each host by ``"host:port"``, the port left out where it is the scheme's own. Of more than ten
        thousand hosts, those without open connections are forgotten.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> async with fastfetch.Client() as client:
    ...     results = await client.gather([f"{site.url}/json/{n}" for n in range(50)], concurrency=5)
    ...     statistics = client.statistics()
    >>> statistics.in_flight, statistics.opened, statistics.reused
    (0, 5, 45)
    """

    in_flight: int
    open: int
    idle: int
    opened: int
    reused: int
    hosts: Mapping[str, HostStatistics]


def snapshot(native: _core.Client) -> Statistics:
    """The counters of a client as they are now."""
    in_flight, rows = native.statistics() or (0, [])
    hosts = {name: HostStatistics(*counters) for name, *counters in rows}

    def total(name: str) -> int:
        return sum(getattr(host, name) for host in hosts.values())

    return Statistics(
        in_flight=in_flight,
        open=total("open"),
        idle=total("idle"),
        opened=total("opened"),
        reused=total("reused"),
        hosts=MappingProxyType(hosts),
    )
