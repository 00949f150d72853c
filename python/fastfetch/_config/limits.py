"""How much at once, and how fast."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from fastfetch._config.parts import check_count, check_flag, check_number, kind, positive, shown

__all__ = ["HostLimits", "Limits"]


@dataclass(frozen=True, slots=True, repr=False)
class HostLimits:
    """The limits of one host, in place of what `Limits` says of every host.

    Parameters
    ----------
    concurrency
        How many requests may be in flight; ``"auto"`` finds out how many the host takes; None for no bound.
    rate
        How many requests begin per second; None for no bound.
    burst
        How many may begin at once before `rate` holds them back; None for a twentieth of a second's worth,
        and at least one.
    min_delay
        Seconds between the starts of two requests.

    Raises
    ------
    TypeError, ValueError
        Where a part is not a positive number, or there is a `burst` and no `rate`.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.HostLimits(concurrency=4, rate=10)
    HostLimits(concurrency=4, rate=10)
    """

    concurrency: int | Literal["auto"] | None = "auto"
    rate: float | None = None
    burst: int | None = None
    min_delay: float | None = None

    def __post_init__(self) -> None:
        _check_adaptive("concurrency", self.concurrency)
        _check_pace(self, "rate")

    def __repr__(self) -> str:
        return shown(self)


@dataclass(frozen=True, slots=True, repr=False)
class Limits:
    """How many requests may be in flight at once, and how fast they begin.

    Parameters
    ----------
    concurrency
        How many in all.
    per_host
        How many to one host and port. ``"auto"`` begins with a few and finds out how many the host takes, up
        to `concurrency`; None for no bound of its own.
    rate
        How many requests begin per second, in all; None for no bound.
    per_host_rate
        The same for each host.
    burst
        How many may begin at once before a rate holds them back; None for a twentieth of a second's worth,
        and at least one.
    min_delay
        Seconds between the starts of two requests to one host.
    hosts
        `HostLimits` of single hosts, by ``"api.example.com"`` or ``"api.example.com:8443"``, or of a domain
        and all below it, by ``".example.com"``. The most specific wins. It is copied.
    per_site
        Count all hosts of a site as one: those that share a registrable domain by the public suffix list,
        as ``a.example.co.uk`` and ``b.example.co.uk`` do.

    Raises
    ------
    TypeError, ValueError
        Where a part is not a positive number, a host is not one, or there is a `burst` and no rate.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.Limits(per_host=8, rate=100)
    Limits(per_host=8, rate=100)
    >>> fastfetch.Limits(hosts={"api.example.com": fastfetch.HostLimits(rate=5)})
    Limits(hosts={'api.example.com': HostLimits(rate=5)})
    """

    concurrency: int = 100
    per_host: int | Literal["auto"] | None = "auto"
    rate: float | None = None
    per_host_rate: float | None = None
    burst: int | None = None
    min_delay: float | None = None
    hosts: Mapping[str, HostLimits] | None = field(default=None, hash=False)
    per_site: bool = False

    def __post_init__(self) -> None:
        check_count("concurrency", self.concurrency)
        _check_adaptive("per_host", self.per_host)
        _check_pace(self, "rate", "per_host_rate")
        check_flag("per_site", self.per_site)
        if self.hosts is not None:
            _check_hosts(self.hosts)
            object.__setattr__(self, "hosts", MappingProxyType(dict(self.hosts)))

    def __repr__(self) -> str:
        return shown(self)

    def __reduce__(self) -> tuple[Callable[..., Limits], tuple[Any, ...]]:
        # The view of a mapping cannot be pickled; what it views can.
        hosts = None if self.hosts is None else dict(self.hosts)
        paces = self.rate, self.per_host_rate, self.burst, self.min_delay
        return type(self), (self.concurrency, self.per_host, *paces, hosts, self.per_site)


# A host, or with a dot before it a domain and all below it; or an IPv6 address; and a port.
_HOST = re.compile(r"(?:\.?[^\s.:/?#@*\[\]\\][^\s:/?#@*\[\]\\]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


def _check_hosts(hosts: object) -> None:
    if not isinstance(hosts, Mapping):
        raise TypeError(f"hosts: expected a mapping of hosts to HostLimits, got {kind(hosts)}")
    for host, limits in hosts.items():
        if not isinstance(host, str):
            raise TypeError(f"hosts: expected hosts as str, got {kind(host)}")
        if not _HOST.fullmatch(host):
            what = '"example.com", "example.com:8443" or ".example.com"'
            raise ValueError(f"hosts: expected a host such as {what}, got {host!r}")
        if not isinstance(limits, HostLimits):
            raise TypeError(f"hosts: expected HostLimits for {host!r}, got {kind(limits)}")


def _check_adaptive(name: str, value: object) -> None:
    expected = 'a whole number, "auto" or None'
    if isinstance(value, str) and value != "auto":
        raise ValueError(f"{name}: expected {expected}, got {value!r}")
    if value is not None and value != "auto":
        check_count(name, value, expected)


def _check_pace(limits: HostLimits | Limits, *rates: str) -> None:
    """Checks the rates of these names, and what goes with a rate."""
    for name in rates:
        if (rate := getattr(limits, name)) is not None:
            check_number(name, rate, "a positive number or None", positive)
    if limits.min_delay is not None:
        check_number("min_delay", limits.min_delay, "a positive number of seconds or None", positive)
    if limits.burst is not None:
        check_count("burst", limits.burst)
        if all(getattr(limits, name) is None for name in rates):
            raise ValueError(f"burst: expected {' or '.join(rates)} with it, got none")
