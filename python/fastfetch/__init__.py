"""Fetch many URLs, fast and safely.

>>> import fastfetch
>>> async def main(urls):
...     results = await fastfetch.gather(urls)  # in input order; one bad URL never sinks the batch
...     return results.counts
"""

from fastfetch._api import (
    as_completed,
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
)
from fastfetch._batch import Batch
from fastfetch._client import Client
from fastfetch._completed import Completed
from fastfetch._config import TLS, Limits, Timeout
from fastfetch._core import Headers, Request, Response
from fastfetch._core import version as _version
from fastfetch._exceptions import (
    CertificateError,
    ClientClosed,
    ConnectError,
    ConnectionRefused,
    ConnectTimeout,
    DecodeError,
    DNSError,
    FetchError,
    IncompleteBody,
    InvalidRequest,
    InvalidURL,
    LimitExceeded,
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
)
from fastfetch._options import BatchOptions, ClientOptions, HeaderFields, RequestOptions
from fastfetch._progress import Progress
from fastfetch._results import Results

__version__ = _version()

__all__ = [
    "TLS",
    "Batch",
    "BatchOptions",
    "CertificateError",
    "Client",
    "ClientClosed",
    "ClientOptions",
    "Completed",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionRefused",
    "DNSError",
    "DecodeError",
    "FetchError",
    "HeaderFields",
    "Headers",
    "IncompleteBody",
    "InvalidRequest",
    "InvalidURL",
    "LimitExceeded",
    "Limits",
    "Progress",
    "ProtocolError",
    "ProxyError",
    "ReadTimeout",
    "RedirectError",
    "Request",
    "RequestOptions",
    "Response",
    "Results",
    "StatusError",
    "TLSError",
    "Timeout",
    "TimeoutException",
    "TooManyRedirects",
    "TotalTimeout",
    "TransportError",
    "UnsafeRedirect",
    "__version__",
    "as_completed",
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
]
