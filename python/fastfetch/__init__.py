"""Fetch many URLs, fast and safely.

>>> import fastfetch
>>> from fastfetch.demo import Site
>>> site = Site()
>>> results = await fastfetch.gather(f"{site.url}/json/{number}" for number in range(100))
>>> results.counts  # one bad URL never sinks the rest
{200: 100}
>>> results[7].json()["name"]  # in input order
'item 7'

The examples of all docstrings run as they stand wherever `await` may stand at top level: in a notebook, in
IPython, in ``python -m asyncio``. They fetch from `fastfetch.demo.Site`, a web site on this machine.
"""

from typing import TYPE_CHECKING

from fastfetch._api import (
    as_completed,
    build_request,
    delete,
    gather,
    get,
    head,
    options,
    patch,
    post,
    put,
    request,
    send,
    sleep,
    stream,
)
from fastfetch._auth import Auth, BasicAuth, BearerAuth, DigestAuth, NetRCAuth
from fastfetch._batch import Batch
from fastfetch._client import Client
from fastfetch._codes import codes
from fastfetch._completed import Completed
from fastfetch._config import TLS, HostLimits, Limits, Proxy, Retry, Timeout
from fastfetch._core import Connection, Cookie, Cookies, Headers, Request, Response, Timings
from fastfetch._core import version as _version
from fastfetch._events import ServerSentEvent
from fastfetch._exceptions import (
    CertificateError,
    CheckpointError,
    ClientClosed,
    ConnectError,
    ConnectionRefused,
    ConnectTimeout,
    DecodeError,
    DisallowedByRobots,
    DNSError,
    FetchError,
    IncompleteBody,
    InvalidRequest,
    InvalidURL,
    LimitExceeded,
    PoolTimeout,
    ProtocolError,
    ProxyError,
    ReadTimeout,
    RedirectError,
    StatusError,
    TimeoutException,
    TLSError,
    TooManyRedirects,
    TotalTimeout,
    TransportError,
    UnsafeRedirect,
    WriteTimeout,
)
from fastfetch._options import (
    AuthOption,
    BatchOptions,
    BuildOptions,
    ClientOptions,
    CompletedOptions,
    CookieFields,
    EventHooks,
    HeaderFields,
    RequestOptions,
)
from fastfetch._progress import Progress
from fastfetch._results import Results
from fastfetch._statistics import HostStatistics, Statistics
from fastfetch._streaming import Stream, StreamedResponse
from fastfetch._table import Table

if TYPE_CHECKING:
    from fastfetch import demo as demo
    from fastfetch import sync as sync
else:
    from fastfetch._submodules import __getattr__ as __getattr__

__version__ = _version()

__all__ = [
    "TLS",
    "Auth",
    "AuthOption",
    "BasicAuth",
    "Batch",
    "BatchOptions",
    "BearerAuth",
    "BuildOptions",
    "CertificateError",
    "CheckpointError",
    "Client",
    "ClientClosed",
    "ClientOptions",
    "Completed",
    "CompletedOptions",
    "ConnectError",
    "ConnectTimeout",
    "Connection",
    "ConnectionRefused",
    "Cookie",
    "CookieFields",
    "Cookies",
    "DNSError",
    "DecodeError",
    "DigestAuth",
    "DisallowedByRobots",
    "EventHooks",
    "FetchError",
    "HeaderFields",
    "Headers",
    "HostLimits",
    "HostStatistics",
    "IncompleteBody",
    "InvalidRequest",
    "InvalidURL",
    "LimitExceeded",
    "Limits",
    "NetRCAuth",
    "PoolTimeout",
    "Progress",
    "ProtocolError",
    "Proxy",
    "ProxyError",
    "ReadTimeout",
    "RedirectError",
    "Request",
    "RequestOptions",
    "Response",
    "Results",
    "Retry",
    "ServerSentEvent",
    "Statistics",
    "StatusError",
    "Stream",
    "StreamedResponse",
    "TLSError",
    "Table",
    "Timeout",
    "TimeoutException",
    "Timings",
    "TooManyRedirects",
    "TotalTimeout",
    "TransportError",
    "UnsafeRedirect",
    "WriteTimeout",
    "__version__",
    "as_completed",
    "build_request",
    "codes",
    "delete",
    "gather",
    "get",
    "head",
    "options",
    "patch",
    "post",
    "put",
    "request",
    "send",
    "sleep",
    "stream",
]
