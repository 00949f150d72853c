"""The names of `fastfetch`, waiting: for scripts, threads and notebooks that do not await.

Whatever is awaited there waits here, on the thread that calls it, with or without an event loop around it;
Ctrl-C ends the wait. Whatever does not wait is the same object.

>>> from fastfetch import sync
>>> from fastfetch.demo import Site
>>> site = Site()
>>> results = sync.gather(f"{site.url}/json/{number}" for number in range(100))
>>> results.counts  # one bad URL never sinks the rest
{200: 100}
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast, overload

import fastfetch._api as _api
import fastfetch._batch as _batch
import fastfetch._client as _client
import fastfetch._completed as _completed
import fastfetch._results as _results
import fastfetch._streaming as _streaming
from fastfetch._auth import Auth, BasicAuth, BearerAuth, DigestAuth, NetRCAuth
from fastfetch._base_client import BaseClient, chosen
from fastfetch._callbacks import refusal
from fastfetch._codes import codes
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
from fastfetch._statistics import HostStatistics, Statistics
from fastfetch._table import Table
from fastfetch._waiting import finish, iterating, waiting
from fastfetch._wording import described, plain, reworded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self, Unpack

    from fastfetch._sources import Source

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

T = TypeVar("T")


@reworded
class Results(_results.Results):
    __doc__ = plain(_results.Results.__doc__)
    __slots__ = ()

    @described(_results.Results.retry_failed)
    def retry_failed(self, **options: Unpack[BatchOptions]) -> Self:  # type: ignore[override]
        return finish(super().retry_failed(**options))

    def _batch(self, requests: Iterable[Request], **options: Unpack[BatchOptions]) -> Batch:
        return Batch(requests, client=self._client, **options)


@reworded
class Batch(_batch.Batch):
    __doc__ = plain(_batch.Batch.__doc__)
    __slots__ = ()

    def __init__(
        self, urls: Source, *, client: Client | None = None, **options: Unpack[BatchOptions]
    ) -> None:
        _refuse(urls, options)
        super().__init__(urls, client=client, **options)  # type: ignore[arg-type]

    @staticmethod
    def _chosen(client: Any) -> BaseClient:
        return chosen(client, Client, _default_client)

    @property
    def results(self) -> Results:
        """What is done so far, in input order."""
        return Results(self._native.rows(), self._client)

    def run(self) -> Results:
        """Fetches what is not fetched yet, and waits until all is done.

        Returns
        -------
        Results
            One `Response` for each item, in input order.

        Raises
        ------
        CheckpointError
            Where the checkpoint cannot be read or written.

        Examples
        --------
        >>> from fastfetch import sync
        >>> sync.Batch(["one", "two"]).run().counts
        {'InvalidURL': 2}
        """
        finish(self._run())
        return self.results

    def __await__(self) -> NoReturn:
        raise TypeError("a Batch of fastfetch.sync is not awaited: batch.run(), or a fastfetch.Batch")


@reworded
class Completed(_completed.Completed):
    __doc__ = plain(_completed.Completed.__doc__)

    def __init__(self, client: Any, urls: Source, options: CompletedOptions) -> None:
        _refuse(urls, options)
        super().__init__(client, urls, options)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Response:
        step = super().__anext__()
        # As there: a traceback keeps this frame, and must not keep the iterator.
        del self
        try:
            return finish(step)
        except StopAsyncIteration:
            raise StopIteration from None

    close = waiting(_completed.Completed.aclose)

    def __aiter__(self) -> NoReturn:
        raise TypeError("as_completed of fastfetch.sync gives a plain iterator: `for`, not `async for`")


@reworded
class StreamedResponse(_streaming.StreamedResponse):
    __doc__ = plain(_streaming.StreamedResponse.__doc__)
    __slots__ = ()
    _reads = "response.read()"

    read = waiting(_streaming.StreamedResponse.aread)
    iter_bytes = iterating(_streaming.StreamedResponse.aiter_bytes)
    iter_raw = iterating(_streaming.StreamedResponse.aiter_raw)
    iter_text = iterating(_streaming.StreamedResponse.aiter_text)
    iter_lines = iterating(_streaming.StreamedResponse.aiter_lines)
    iter_events = iterating(_streaming.StreamedResponse.aiter_events)
    close = waiting(_streaming.StreamedResponse.aclose)


class Stream(_streaming.Stream):
    __doc__ = plain(_streaming.Stream.__doc__)
    __slots__ = ()
    _opens = StreamedResponse

    def __enter__(self) -> StreamedResponse:
        return cast("StreamedResponse", finish(super().__aenter__()))

    __exit__ = waiting(_streaming.Stream.__aexit__)


@reworded
class Client(BaseClient):
    __doc__ = plain(_client.Client.__doc__)
    __slots__ = ()

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        _refuse((), options)
        super().__init__(**options)

    request = waiting(_client.Client.request)
    send = waiting(_client.Client.send)
    get = waiting(_client.Client.get)
    head = waiting(_client.Client.head)
    options = waiting(_client.Client.options)
    post = waiting(_client.Client.post)
    put = waiting(_client.Client.put)
    patch = waiting(_client.Client.patch)
    delete = waiting(_client.Client.delete)
    close = waiting(_client.Client.aclose)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @described(_client.Client.stream)
    def stream(self, method: str, url: str, **options: Unpack[BuildOptions]) -> Stream:
        return Stream(self._native, self.build_request(method, url, **options))

    @described(_client.Client.gather)
    def gather(self, urls: Source, **options: Unpack[BatchOptions]) -> Results:
        return Batch(urls, client=self, **options).run()

    @described(_client.Client.as_completed)
    def as_completed(self, urls: Source, **options: Unpack[CompletedOptions]) -> Completed:
        return Completed(self._native, urls, options)


class _DefaultClient(Client):
    """The connections, limits and settings that the functions of `fastfetch` have."""

    __slots__ = ()

    def __init__(self) -> None:
        pass

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name != "_native":
                raise AttributeError(name)
            self._native = _api.default_client._native
            return self._native

    def __reduce__(self) -> str:
        return "_default_client"


_default_client = _DefaultClient()

as_completed = _default_client.as_completed
build_request = _default_client.build_request
delete = _default_client.delete
gather = _default_client.gather
get = _default_client.get
head = _default_client.head
options = _default_client.options
patch = _default_client.patch
post = _default_client.post
put = _default_client.put
request = _default_client.request
send = _default_client.send
stream = _default_client.stream


@overload
def sleep(delay: float) -> None: ...
@overload
def sleep(delay: float, result: T) -> T: ...
@described(_api.sleep)
def sleep(delay: float, result: T | None = None) -> T | None:
    return finish(_api.sleep(delay, result))


def _refuse(urls: object, options: Mapping[str, Any]) -> None:
    """Refuses what would have to be awaited, before anything is sent."""
    if isinstance(urls, AsyncIterable) and not isinstance(urls, Iterable):
        raise refusal(f"urls: an async iterable ({type(urls).__name__}) needs an event loop")
    for name in ("auth", "on_response"):
        if iscoroutinefunction(options.get(name)):
            raise refusal(f"{name}: an async callback needs an event loop")
