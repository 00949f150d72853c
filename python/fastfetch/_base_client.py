"""What a client is, whether it is awaited or waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fastfetch import _core
from fastfetch._config import CLIENT_DEFAULTS, FIXED, io_threads
from fastfetch._statistics import snapshot
from fastfetch._tls import written_out

if TYPE_CHECKING:
    from typing import Unpack

    from fastfetch._core import Cookies, Request
    from fastfetch._options import BuildOptions, ClientOptions
    from fastfetch._statistics import Statistics

__all__ = ["BaseClient", "chosen"]

C = TypeVar("C", bound="BaseClient")


class BaseClient:
    """Settings, limits and a pool of connections, and all of a client that needs no waiting."""

    __slots__ = ("_native",)
    _native: _core.Client

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        if unknown := options.keys() - CLIENT_DEFAULTS.keys():
            import difflib

            name = min(unknown)
            near = difflib.get_close_matches(name, CLIENT_DEFAULTS, n=1, cutoff=0)[0]
            raise TypeError(f"Client() has no option {name!r}; did you mean {near!r}?")
        own = {"io_threads": io_threads()}
        self._native = _core.Client(CLIENT_DEFAULTS | FIXED | own | written_out(options))

    def build_request(self, method: str, url: str, **options: Unpack[BuildOptions]) -> Request:
        """Makes a `Request` of this client: relative to its `base_url`. Arguments are those of `request`.

        Parameters
        ----------
        tag
            Anything; it comes back as `Response.tag`.

        Examples
        --------
        >>> import fastfetch
        >>> client = fastfetch.Client(base_url="https://example.com/api")
        >>> client.build_request("GET", "/item", tag=7)
        <Request GET https://example.com/api/item>
        """
        return self._native.build_request(method, url, **options)

    @property
    def cookies(self) -> Cookies | None:
        """The client's cookie jar; None where it keeps no cookies.

        Examples
        --------
        >>> import fastfetch
        >>> client = fastfetch.Client(cookies={"theme": "dark"})
        >>> client.cookies["theme"]
        'dark'
        """
        return self._native.cookies

    def statistics(self) -> Statistics:
        """What is open and under way, at this moment.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Client().statistics().in_flight
        0
        """
        return snapshot(self._native)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{' closed' if self._native.closed else ''}>"


def chosen(client: object, kind: type[C], default: C) -> C:
    """The client that was given, or the default one. One of the other face is refused."""
    if client is None:
        return default
    if not isinstance(client, kind):
        given = "one of the other face" if isinstance(client, BaseClient) else type(client).__name__
        face = kind.__module__.removesuffix("._client")
        raise TypeError(f"client: expected a Client of {face}, got {given}")
    return client
