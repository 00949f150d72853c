"""What is tried again, how often, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from fastfetch._config.parts import check_count, check_flag, check_number, kind, not_negative, shown
from fastfetch._exceptions import ConnectError, FetchError, IncompleteBody, TimeoutException

__all__ = ["Retry", "retry_of"]


@dataclass(frozen=True, slots=True, repr=False)
class Retry:
    """What is tried again, how often, and when.

    A request that waits for its next attempt holds nothing: no place among those in flight, and no
    connection. After the last attempt the last answer stands, whatever its status; or the last error is
    raised, of which `FetchError.earlier` tells those before it.

    Parameters
    ----------
    attempts
        How often a request is tried in all.
    statuses
        The status codes after which it is tried again.
    errors
        The exceptions after which it is, their subclasses included; `CertificateError` and `PoolTimeout`
        only where they are named themselves. After a `DNSError` only where the name servers failed: a name
        that does not exist will not exist a moment later either.
    backoff
        Seconds before the second attempt; they double with each further one.
    jitter
        How much of that wait is left to chance, from 0 for none to 1 for all of it, so that many do not come
        back at once.
    max_wait
        The longest wait in seconds. An answer that asks for a longer one stands.
    budget
        The share of a host's requests that may be retries, so that a host in trouble is left in peace; beside
        these it may have ten, and one more each second. None for no bound.
    methods
        The methods of requests that may be sent twice. Those of another method are tried again only where
        nothing was sent.
    respect_retry_after
        Where an answer that is tried again has a ``Retry-After``, leave its whole host alone for as long.

    Raises
    ------
    TypeError, ValueError
        Where a part is of the wrong type, or out of its bounds.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> fastfetch.Retry(attempts=5, statuses=[429, 503])
    Retry(attempts=5, statuses=(429, 503))
    >>> retry = fastfetch.Retry(attempts=5, backoff=0.01)
    >>> response = await fastfetch.get(f"{site.url}/flaky/retry?fail=2", retry=retry)
    >>> response.status_code, response.attempts
    (200, 3)
    """

    attempts: int = 3
    statuses: Collection[int] = (408, 429, 500, 502, 503, 504)
    errors: Collection[type[FetchError]] = (ConnectError, TimeoutException, IncompleteBody)
    backoff: float = 0.5
    jitter: float = 0.5
    max_wait: float = 60.0
    budget: float | None = 0.2
    methods: Collection[str] = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE")
    respect_retry_after: bool = True

    def __post_init__(self) -> None:
        check_count("attempts", self.attempts)
        for name in ("backoff", "max_wait"):
            check_number(name, getattr(self, name), "a number of seconds, 0 or more", not_negative)
        check_number("jitter", self.jitter, "a number from 0 to 1", lambda share: 0 <= share <= 1)
        if self.budget is not None:
            check_number("budget", self.budget, "a number of 0 or more, or None", not_negative)
        check_flag("respect_retry_after", self.respect_retry_after)
        for name, parts in (
            ("statuses", _statuses(self.statuses)),
            ("errors", _errors(self.errors)),
            ("methods", _methods(self.methods)),
        ):
            object.__setattr__(self, name, parts)

    def __repr__(self) -> str:
        return shown(self)


def retry_of(value: object) -> Retry | None:
    """What an option `retry` stands for, other than None: a `Retry`, or None for no retries."""
    if isinstance(value, Retry):
        return value
    if isinstance(value, bool):
        return Retry() if value else None
    check_count("retry", value, "Retry, a number of attempts, True or False")
    return Retry(attempts=value)  # type: ignore[arg-type]


def _several(name: str, value: object, what: str) -> tuple[Any, ...]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{name}: expected several {what}, got {kind(value)}")
    return tuple(value)


def _statuses(value: object) -> tuple[int, ...]:
    statuses = _several("statuses", value, "status codes")
    for status in statuses:
        if isinstance(status, bool) or not isinstance(status, int):
            raise TypeError(f"statuses: expected status codes as whole numbers, got {kind(status)}")
        if not 100 <= status <= 599:
            raise ValueError(f"statuses: expected status codes from 100 to 599, got {status}")
    return statuses


def _errors(value: object) -> tuple[type[FetchError], ...]:
    errors = _several("errors", value, "exception classes")
    for error in errors:
        if not (isinstance(error, type) and issubclass(error, FetchError)):
            given = error.__name__ if isinstance(error, type) else kind(error)
            raise TypeError(f"errors: expected subclasses of FetchError, got {given}")
    return errors


def _methods(value: object) -> tuple[str, ...]:
    methods = _several("methods", value, "HTTP methods")
    for method in methods:
        if not isinstance(method, str):
            raise TypeError(f"methods: expected HTTP methods as str, got {kind(method)}")
        if not (method.isascii() and method.isprintable()) or not method or " " in method:
            raise ValueError(f"methods: expected HTTP methods, got {method!r}")
    return tuple(method.upper() for method in methods)
