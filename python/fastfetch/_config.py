"""Settings and their defaults: the one place for both."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from fastfetch import _core

__all__ = ["TLS", "Limits", "Timeout"]


def _check_seconds(name: str, value: float | None) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: expected a number of seconds or None, got {type(value).__name__}")
    if value != value or value <= 0:  # NaN is the number that is not itself
        raise ValueError(f"{name}: expected a positive number of seconds, got {value}")


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected a whole number, got {type(value).__name__}")
    if value < 1:
        raise ValueError(f"{name}: expected at least 1, got {value}")


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long to wait for what, in seconds; None waits for ever.

    The clock of a request starts when it leaves the queue. Where an option takes a `Timeout`, a bare number
    sets `total` and leaves the rest as it was.

    Parameters
    ----------
    connect
        For a connection: name lookup and TLS handshake included.
    read
        For the server's next bytes.
    total
        For the whole exchange, redirects included.

    Raises
    ------
    TypeError, ValueError
        Where a part is not a positive number or None.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.Timeout(read=5)
    Timeout(connect=10.0, read=5, total=300.0)
    """

    connect: float | None = 10.0
    read: float | None = 30.0
    total: float | None = 300.0

    def __post_init__(self) -> None:
        for name in ("connect", "read", "total"):
            _check_seconds(name, getattr(self, name))


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests may be in flight at once.

    Parameters
    ----------
    concurrency
        In all.
    per_host
        To one host and port; None for no bound of its own.

    Raises
    ------
    TypeError, ValueError
        Where a part is not a whole number of at least 1.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.Limits(per_host=8)
    Limits(concurrency=100, per_host=8)
    """

    concurrency: int = 100
    per_host: int | None = None

    def __post_init__(self) -> None:
        _check_count("concurrency", self.concurrency)
        if self.per_host is not None:
            _check_count("per_host", self.per_host)


@dataclass(frozen=True, slots=True)
class TLS:
    """Whom to trust.

    Parameters
    ----------
    ca
        Certificates to trust in place of the system's: the path of a PEM file, or PEM as bytes. None for
        the system's trust store (``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` are honoured), or bundled roots
        where there is none.
    verify
        Check the server's certificate and host name. Without it anybody on the way can read and change
        everything.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.TLS(ca="company-root.pem")
    TLS(ca='company-root.pem', verify=True)
    """

    ca: str | os.PathLike[str] | bytes | None = None
    verify: bool = True

    def __post_init__(self) -> None:
        if self.ca is not None and not isinstance(self.ca, (str, bytes, os.PathLike)):
            raise TypeError(
                f"ca: expected the path of a PEM file, or PEM as bytes, got {type(self.ca).__name__}"
            )
        if not isinstance(self.verify, bool):
            raise TypeError(f"verify: expected True or False, got {type(self.verify).__name__}")


# The settings of a client: what Client(...) takes, and what only this place sets.
CLIENT_DEFAULTS: dict[str, Any] = {
    "headers": None,
    "timeout": Timeout(),
    "limits": Limits(),
    "tls": TLS(),
    "resolve": None,
    "http2": True,
    "follow_redirects": True,
    "max_redirects": 20,
    "max_body": 512 * 2**20,
    "trust_env": True,
}
FIXED: dict[str, Any] = {
    "user_agent": f"fastfetch/{_core.version()}",
    "default_timeout": CLIENT_DEFAULTS["timeout"],
    "max_header_bytes": 300_000,
    "max_header_lines": 1_000,
    # Many servers close after 60 seconds, some after 5; what we keep longer than they do is a race at each
    # use.
    "idle_timeout": 20.0,
}
