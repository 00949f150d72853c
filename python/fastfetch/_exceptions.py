"""The exceptions.

::

    FetchError                          .url .method .phase .attempts .earlier .elapsed
    ├── InvalidURL                      also ValueError
    ├── InvalidRequest                  also ValueError
    ├── TransportError
    │   ├── ConnectError                also ConnectionError
    │   │   ├── DNSError
    │   │   ├── ConnectionRefused       also ConnectionRefusedError
    │   │   ├── ProxyError
    │   │   └── TLSError
    │   │       └── CertificateError    .reason
    │   ├── TimeoutException            also TimeoutError
    │   │   ├── ConnectTimeout
    │   │   ├── ReadTimeout
    │   │   ├── WriteTimeout
    │   │   ├── PoolTimeout
    │   │   └── TotalTimeout
    │   └── ProtocolError
    │       ├── IncompleteBody          .expected .received
    │       └── LimitExceeded           .limit .value
    ├── DecodeError                     also ValueError
    ├── RedirectError
    │   ├── TooManyRedirects            .history
    │   └── UnsafeRedirect
    ├── StatusError                     .response
    ├── DisallowedByRobots
    ├── CheckpointError
    └── ClientClosed
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from fastfetch._core import Response

__all__ = [
    "CertificateError",
    "CheckpointError",
    "ClientClosed",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionRefused",
    "DNSError",
    "DecodeError",
    "DisallowedByRobots",
    "FetchError",
    "IncompleteBody",
    "InvalidRequest",
    "InvalidURL",
    "LimitExceeded",
    "PoolTimeout",
    "ProtocolError",
    "ProxyError",
    "ReadTimeout",
    "RedirectError",
    "StatusError",
    "TLSError",
    "TimeoutException",
    "TooManyRedirects",
    "TotalTimeout",
    "TransportError",
    "UnsafeRedirect",
    "WriteTimeout",
]


class FetchError(Exception):
    """A request that got no usable answer: the base of all exceptions of fastfetch.

    The message says what happened, to which URL, in which phase and after how many attempts. Neither it nor
    any attribute holds a password or a header. ``__cause__`` is the operating system's error where there
    was one. Exceptions can be pickled.

    Attributes
    ----------
    url : str | None
        The URL at fault, without user name and password.
    method : str | None
        The request's method.
    phase : str | None
        How far it had come: ``"input"``, ``"queue"``, ``"dns"``, ``"connect"``, ``"tls"``, ``"send"``,
        ``"response"``, ``"body"`` or ``"redirect"``.
    attempts : int
        How many times it was sent; 0 when it never was.
    earlier : tuple[str, ...]
        What went wrong at each attempt before the last, where it was tried again.
    elapsed : float
        Seconds from leaving the queue until the failure.

    Examples
    --------
    >>> import fastfetch
    >>> try:
    ...     fastfetch.Request("GET", "no-scheme.example")
    ... except fastfetch.FetchError as error:
    ...     print(type(error).__name__, error.url, error.attempts)
    InvalidURL no-scheme.example 0
    """

    url: str | None = None
    method: str | None = None
    phase: str | None = None
    attempts: int = 0
    earlier: tuple[str, ...] = ()
    elapsed: float = 0.0

    def __init__(self, message: str = "", **facts: object) -> None:
        super().__init__(message)
        self.__dict__.update(facts)

    def __str__(self) -> str:
        # OSError, a parent of some, has a form of its own for its arguments.
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _restore, (type(self), self.args, self.__dict__, self.__cause__)


def _restore(
    cls: type[FetchError], args: tuple[Any, ...], facts: dict[str, Any], cause: BaseException | None
) -> FetchError:
    error = cls(*args, **facts)
    error.__cause__ = cause
    return error


class InvalidURL(FetchError, ValueError):
    """The URL does not parse, or is not http or https. Nothing was sent."""


class InvalidRequest(FetchError, ValueError):
    """Something about the request other than its URL cannot be sent. Nothing was sent."""


class TransportError(FetchError):
    """The network or the server failed."""


class ConnectError(TransportError, ConnectionError):
    """No connection came about, or it was lost before the answer began."""


class DNSError(ConnectError):
    """The host name did not resolve."""


class ConnectionRefused(ConnectError, ConnectionRefusedError):
    """The host answered, and refused the connection."""


class ProxyError(ConnectError):
    """A proxy refused, or did not speak its protocol."""


class TLSError(ConnectError):
    """The TLS handshake failed."""


class CertificateError(TLSError):
    """The server's certificate is not acceptable; nothing was sent.

    Attributes
    ----------
    reason : str
        What is wrong with it: ``"expired 2 days ago"``.
    """

    reason: str = ""


class TimeoutException(TransportError, TimeoutError):
    """Something took longer than allowed. (`Timeout` is the setting.)"""


class ConnectTimeout(TimeoutException):
    """No connection within ``Timeout.connect``."""


class ReadTimeout(TimeoutException):
    """The server was silent for ``Timeout.read``."""


class WriteTimeout(TimeoutException):
    """The server took no more of the request's body for ``Timeout.write``."""


class PoolTimeout(TimeoutException):
    """The request's turn did not come within ``Timeout.pool``."""


class TotalTimeout(TimeoutException):
    """The whole exchange took longer than ``Timeout.total``, or its batch than ``deadline``."""


class ProtocolError(TransportError):
    """The server broke the rules of HTTP."""


class IncompleteBody(ProtocolError):
    """The connection ended before the body did. A truncated body is never a success.

    Attributes
    ----------
    expected : int | None
        The length that the server announced, in bytes, where it did.
    received : int
        The bytes that came.
    """

    expected: int | None = None
    received: int = 0


class LimitExceeded(ProtocolError):
    """The answer is larger than allowed.

    Attributes
    ----------
    limit : int | None
        The bound, where it is one number.
    value : int | None
        What was announced, or how far it had come.
    """

    limit: int | None = None
    value: int | None = None


class DecodeError(FetchError, ValueError):
    """A body is not what it is taken for."""


class RedirectError(FetchError):
    """A redirect that cannot be followed."""


class TooManyRedirects(RedirectError):
    """A chain of redirects longer than ``max_redirects``.

    Attributes
    ----------
    history : list[str]
        The URLs visited, in order.
    """

    history: list[str] = []  # noqa: RUF012 (a default that is never changed)


class UnsafeRedirect(RedirectError):
    """A redirect to something other than http or https; it was not opened."""


class StatusError(FetchError):
    """The status is 400 or more; raised by `Response.raise_for_status` only.

    Attributes
    ----------
    response : Response
        The answer, complete.
    """

    response: Response


class DisallowedByRobots(FetchError):
    """The host's robots.txt (RFC 9309) asks not to fetch the URL, or cannot be had. It was not fetched."""


class CheckpointError(FetchError):
    """The checkpoint of a batch cannot be used: a full disk, a file of another kind, another process.

    Fetching stops, and what was stored stays readable.
    """


class ClientClosed(FetchError):
    """The client was closed."""
