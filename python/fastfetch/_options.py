"""The keyword options, as types that can be imported."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from os import PathLike
from typing import IO, Any, Literal, Protocol, TypeAlias, TypedDict

from fastfetch._auth import Auth
from fastfetch._config import TLS, Cert, HostLimits, Limits, Proxy, Retry, Timeout
from fastfetch._core import Cookies, Headers, Request, Response
from fastfetch._progress import Progress

__all__ = [
    "AuthOption",
    "BatchOptions",
    "BuildOptions",
    "ClientOptions",
    "CompletedOptions",
    "CookieFields",
    "EventHooks",
    "HeaderFields",
    "RequestOptions",
]

HeaderFields: TypeAlias = (
    Headers | Mapping[str, str] | Mapping[str, bytes] | Iterable[tuple[str | bytes, str | bytes]]
)
Field: TypeAlias = str | int | float | bool | bytes | None
Fields: TypeAlias = Mapping[str, Field | Sequence[Field]] | Sequence[tuple[str, Field | Sequence[Field]]]
Piece: TypeAlias = str | bytes | bytearray | memoryview
Content: TypeAlias = Piece | IO[bytes] | Iterable[Piece] | AsyncIterable[Piece]
Upload: TypeAlias = (
    Content
    | tuple[str | None, Content]
    | tuple[str | None, Content, str | None]
    | tuple[str | None, Content, str | None, Mapping[str, str] | None]
)
Files: TypeAlias = Mapping[str, Upload] | Sequence[tuple[str, Upload]]

CookieFields: TypeAlias = (
    Cookies | Mapping[str, str] | Mapping[str, bytes] | Iterable[tuple[str | bytes, str | bytes]]
)
AuthOption: TypeAlias = (
    tuple[str | bytes, str | bytes]
    | Auth
    | Callable[[Request], Request | None]
    | Callable[[Request], Awaitable[Request | None]]
)
EventHooks: TypeAlias = Mapping[str, Callable[..., Any] | Sequence[Callable[..., Any]]]
RetryOption: TypeAlias = Retry | int | bool | None


class Bar(Protocol):
    """What is made by a class with the interface of tqdm: `make(total=...)`, where None is not known."""

    def update(self, n: int, /) -> object:
        """So many more are done."""

    def close(self) -> object:
        """That was all."""


ProgressOption: TypeAlias = bool | type[Bar] | Callable[[Progress], object] | None


class RequestOptions(TypedDict, total=False):
    """The options of one request.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> options: fastfetch.RequestOptions = {"timeout": 5, "headers": {"accept": "application/json"}}
    >>> (await fastfetch.get(f"{site.url}/json/1", **options)).ok
    True
    """

    headers: HeaderFields | None
    params: Fields | str | None
    content: Content | None
    data: Fields | Content | None
    json: Any
    files: Files | None
    cookies: CookieFields | None
    timeout: float | Timeout | None
    auth: AuthOption | None
    follow_redirects: bool | None
    max_body: int | None
    proxy: str | Proxy | Literal[False] | None
    retry: RetryOption


class BuildOptions(RequestOptions, total=False):
    """The options of one request, and the caller's own word.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> options: fastfetch.BuildOptions = {"timeout": 5, "tag": "home"}
    >>> fastfetch.build_request("GET", f"{site.url}/", **options).tag
    'home'
    """

    tag: object


class BatchOptions(TypedDict, total=False):
    """The options of `gather` and `Batch`, and most of those of `as_completed`.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> options: fastfetch.BatchOptions = {"concurrency": 200, "per_host": 8}
    >>> (await fastfetch.gather([f"{site.url}/json/1"], **options)).counts
    {200: 1}
    """

    concurrency: int | None
    per_host: int | Literal["auto"] | None
    rate: float | None
    per_host_rate: float | None
    burst: int | None
    min_delay: float | None
    hosts: Mapping[str, HostLimits] | None
    per_site: bool | None
    retry: RetryOption
    timeout: float | Timeout | None
    headers: HeaderFields | None
    deadline: float | None
    dedupe: bool
    keep: Literal["all", "head"] | Sequence[str]
    on_response: Callable[[Response], Any] | None
    checkpoint: str | PathLike[str] | None
    robots: bool
    progress: ProgressOption


class CompletedOptions(BatchOptions, total=False):
    """The options of `as_completed`.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> options: fastfetch.CompletedOptions = {"ordered": True, "window": 5_000}
    >>> [response.ok async for response in fastfetch.as_completed([f"{site.url}/json/1"], **options)]
    [True]
    """

    ordered: bool
    window: int | None


class ClientOptions(TypedDict, total=False):
    """The options of `Client`.

    Examples
    --------
    >>> import fastfetch
    >>> options: fastfetch.ClientOptions = {"limits": fastfetch.Limits(concurrency=20), "http2": False}
    >>> fastfetch.Client(**options).statistics().in_flight
    0
    """

    base_url: str | None
    params: Fields | str | None
    headers: HeaderFields | None
    cookies: CookieFields | bool | None
    auth: AuthOption | None
    event_hooks: EventHooks | None
    timeout: float | Timeout | None
    limits: Limits
    retry: RetryOption
    tls: TLS
    verify: bool | str | PathLike[str] | None
    cert: Cert | None
    proxy: str | Proxy | Mapping[str, str | Proxy | None] | Literal[False] | None
    no_proxy: str | Iterable[str] | None
    resolve: Mapping[str, str] | None
    dns: str | Sequence[str] | None
    local_address: str | IPv4Address | IPv6Address | None
    interface: str | None
    uds: str | PathLike[str] | None
    block_private: bool
    keepalive: float | None
    idle_timeout: float | None
    http1: bool
    http2: bool
    follow_redirects: bool
    max_redirects: int
    allow_downgrade: bool
    decode: bool
    max_body: int
    trust_env: bool
