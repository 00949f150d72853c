"""The keyword options, as types that can be imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypedDict

from fastfetch._config import TLS, Limits, Timeout
from fastfetch._core import Headers

__all__ = ["BatchOptions", "ClientOptions", "HeaderFields", "RequestOptions"]

HeaderFields: TypeAlias = (
    Headers | Mapping[str, str] | Mapping[str, bytes] | Iterable[tuple[str | bytes, str | bytes]]
)


class RequestOptions(TypedDict, total=False):
    """The options of one request.

    Examples
    --------
    >>> import fastfetch
    >>> options: fastfetch.RequestOptions = {"timeout": 5, "headers": {"accept": "application/json"}}
    """

    headers: HeaderFields | None
    content: str | bytes | bytearray | memoryview | None
    timeout: float | Timeout | None


class BatchOptions(TypedDict, total=False):
    """The options of `gather`, `as_completed` and `Batch`.

    Examples
    --------
    >>> import fastfetch
    >>> options: fastfetch.BatchOptions = {"concurrency": 200, "per_host": 8}
    """

    concurrency: int | None
    per_host: int | None
    timeout: float | Timeout | None
    headers: HeaderFields | None


class ClientOptions(TypedDict, total=False):
    """The options of `Client`.

    Examples
    --------
    >>> import fastfetch
    >>> options: fastfetch.ClientOptions = {"limits": fastfetch.Limits(concurrency=20), "http2": False}
    """

    headers: HeaderFields | None
    timeout: float | Timeout | None
    limits: Limits
    tls: TLS
    resolve: Mapping[str, str] | None
    http2: bool
    follow_redirects: bool
    max_redirects: int
    max_body: int
    trust_env: bool
