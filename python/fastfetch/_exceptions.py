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
    """The URL does not parse, or is not http or https. Nothing was sent.

    Examples
    --------
    >>> import fastfetch
    >>> try:
    ...     fastfetch.Request("GET", "ftp://example.com/")
    ... except fastfetch.InvalidURL as error:
    ...     print(error.url)
    ftp://example.com/
    """


class InvalidRequest(FetchError, ValueError):
    """Something about the request other than its URL cannot be sent. Nothing was sent.

    Examples
    --------
    >>> import fastfetch
    >>> try:
    ...     fastfetch.Request("GET", "https://example.com/", headers={"a b": "value"})
    ... except fastfetch.InvalidRequest as error:
    ...     print(isinstance(error, ValueError))
    True
    """


class TransportError(FetchError):
    """The network or the server failed.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> try:
    ...     await fastfetch.get(f"{site.url}/truncated")
    ... except fastfetch.TransportError as error:
    ...     print(type(error).__name__, error.phase)
    IncompleteBody body
    """


class ConnectError(TransportError, ConnectionError):
    """No connection came about, or it was lost before the answer began.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> try:
    ...     await fastfetch.get(f"{site.url}/reset")
    ... except fastfetch.ConnectError as error:
    ...     print(error.phase)
    response
    """


class DNSError(ConnectError):
    """The host name did not resolve.

    Examples
    --------
    >>> import fastfetch
    >>> try:
    ...     await fastfetch.get("https://no..name.example/")
    ... except fastfetch.DNSError as error:
    ...     print(error.phase)
    dns
    """


class ConnectionRefused(ConnectError, ConnectionRefusedError):
    """The host answered, and refused the connection.

    Examples
    --------
    >>> import fastfetch
    >>> try:
    ...     await fastfetch.get("http://127.0.0.1:1/")
    ... except fastfetch.ConnectionRefused as error:
    ...     print(error.phase)
    connect
    """


class ProxyError(ConnectError):
    """A proxy refused, or did not speak its protocol.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> try:
    ...     await fastfetch.get("https://example.com/", proxy=site.url)  # which is no proxy
    ... except fastfetch.ProxyError as error:
    ...     print(error.url)
    https://example.com/
    """


class TLSError(ConnectError):
    """The TLS handshake failed.

    Examples
    --------
    >>> import fastfetch
    >>> issubclass(fastfetch.TLSError, ConnectionError)
    True
    """


class CertificateError(TLSError):
    """The server's certificate is not acceptable; nothing was sent.

    Attributes
    ----------
    reason : str
        What is wrong with it: ``"expired 2 days ago"``.

    Examples
    --------
    >>> import fastfetch
    >>> error = fastfetch.CertificateError("not trusted", reason="expired 2 days ago")
    >>> isinstance(error, fastfetch.TLSError), error.reason
    (True, 'expired 2 days ago')
    """

    reason: str = ""


class TimeoutException(TransportError, TimeoutError):
    """Something took longer than allowed. (`Timeout` is the setting.)

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> try:
    ...     await fastfetch.get(f"{site.url}/slow/60000", timeout=0.1)
    ... except fastfetch.TimeoutException as error:
    ...     print(type(error).__name__, isinstance(error, TimeoutError))
    TotalTimeout True
    """


class ConnectTimeout(TimeoutException):
    """No connection within ``Timeout.connect``.

    Examples
    --------
    >>> import fastfetch
    >>> issubclass(fastfetch.ConnectTimeout, TimeoutError)
    True
    >>> fastfetch.Timeout().connect  # seconds
    10.0
    """


class ReadTimeout(TimeoutException):
    """The server was silent for ``Timeout.read``.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> try:
    ...     await fastfetch.get(f"{site.url}/slow/60000", timeout=fastfetch.Timeout(read=0.1))
    ... except fastfetch.ReadTimeout as error:
    ...     print(error.phase)
    response
    """


class WriteTimeout(TimeoutException):
    """The server took no more of the request's body for ``Timeout.write``.

    Examples
    --------
    >>> import fastfetch
    >>> issubclass(fastfetch.WriteTimeout, TimeoutError)
    True
    >>> fastfetch.Timeout().write  # seconds
    30.0
    """


class PoolTimeout(TimeoutException):
    """The request's turn did not come within ``Timeout.pool``.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> async with fastfetch.Client(limits=fastfetch.Limits(concurrency=1)) as client:
    ...     async with client.stream("GET", f"{site.url}/json/1"):
    ...         try:
    ...             await client.get(f"{site.url}/json/2", timeout=fastfetch.Timeout(pool=0.1))
    ...         except fastfetch.PoolTimeout as error:
    ...             print(error.phase)
    queue
    """


class TotalTimeout(TimeoutException):
    """The whole exchange took longer than ``Timeout.total``, or its batch than ``deadline``.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> results = await fastfetch.gather([f"{site.url}/json/1", f"{site.url}/slow/60000"], deadline=1)
    >>> results.counts
    {200: 1, 'TotalTimeout': 1}
    """


class ProtocolError(TransportError):
    """The server broke the rules of HTTP.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> try:
    ...     await fastfetch.get(f"{site.url}/truncated")
    ... except fastfetch.ProtocolError as error:
    ...     print(type(error).__name__)
    IncompleteBody
    """


class IncompleteBody(ProtocolError):
    """The connection ended before the body did. A truncated body is never a success.

    Attributes
    ----------
    expected : int | None
        The length that the server announced, in bytes, where it did.
    received : int
        The bytes that came.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> try:
    ...     await fastfetch.get(f"{site.url}/truncated")
    ... except fastfetch.IncompleteBody as error:
    ...     print(error.received, "of", error.expected)
    400 of 1000
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

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> try:
    ...     await fastfetch.get(f"{site.url}/file/1000000", max_body=1000)
    ... except fastfetch.LimitExceeded as error:
    ...     print(error.value, ">", error.limit)
    1000000 > 1000
    """

    limit: int | None = None
    value: int | None = None


class DecodeError(FetchError, ValueError):
    """A body is not what it is taken for.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> response = await fastfetch.get(f"{site.url}/missing")
    >>> try:
    ...     response.json()
    ... except fastfetch.DecodeError as error:
    ...     print(isinstance(error, ValueError))
    True
    """


class RedirectError(FetchError):
    """A redirect that cannot be followed.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> async with fastfetch.Client(max_redirects=2) as client:
    ...     try:
    ...         await client.get(f"{site.url}/redirect/5")
    ...     except fastfetch.RedirectError as error:
    ...         print(type(error).__name__)
    TooManyRedirects
    """


class TooManyRedirects(RedirectError):
    """A chain of redirects longer than ``max_redirects``.

    Attributes
    ----------
    history : list[str]
        The URLs visited, in order.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> async with fastfetch.Client(max_redirects=2) as client:
    ...     try:
    ...         await client.get(f"{site.url}/redirect/5")
    ...     except fastfetch.TooManyRedirects as error:
    ...         print([url.removeprefix(site.url) for url in error.history])
    ['/redirect/5', '/redirect/4', '/redirect/3']
    """

    history: list[str] = []  # noqa: RUF012 (a default that is never changed)


class UnsafeRedirect(RedirectError):
    """A redirect to something other than http or https; it was not opened.

    Examples
    --------
    >>> import fastfetch
    >>> issubclass(fastfetch.UnsafeRedirect, fastfetch.RedirectError)
    True
    """


class StatusError(FetchError):
    """The status is 400 or more; raised by `Response.raise_for_status` only.

    Attributes
    ----------
    response : Response
        The answer, complete.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> try:
    ...     (await fastfetch.get(f"{site.url}/missing")).raise_for_status()
    ... except fastfetch.StatusError as error:
    ...     print(error.response.status_code, error.response.reason)
    404 Not Found
    """

    response: Response


class DisallowedByRobots(FetchError):
    """The host's robots.txt (RFC 9309) asks not to fetch the URL, or cannot be had. It was not fetched.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> results = await fastfetch.gather([f"{site.url}/page/1", f"{site.url}/private/1"], robots=True)
    >>> results.counts
    {200: 1, 'DisallowedByRobots': 1}
    """


class CheckpointError(FetchError):
    """The checkpoint of a batch cannot be used: a full disk, a file of another kind, another process.

    Fetching stops, and what was stored stays readable.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> try:
    ...     await fastfetch.gather([f"{site.url}/json/1"], checkpoint="no/such/folder/job.db")
    ... except fastfetch.CheckpointError as error:
    ...     print(type(error).__name__)
    CheckpointError
    """


class ClientClosed(FetchError):
    """The client was closed.

    Examples
    --------
    >>> import fastfetch
    >>> client = fastfetch.Client()
    >>> await client.aclose()
    >>> try:
    ...     await client.get("https://example.com/")
    ... except fastfetch.ClientClosed as error:
    ...     print(error.attempts)
    0
    """
