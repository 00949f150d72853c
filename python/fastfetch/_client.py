"""The client: every verb, said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastfetch import _core
from fastfetch._batch import Batch
from fastfetch._completed import Completed
from fastfetch._config import CLIENT_DEFAULTS, FIXED

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable
    from types import TracebackType
    from typing import Self, Unpack

    from fastfetch._core import Request, Response
    from fastfetch._options import BatchOptions, ClientOptions, RequestOptions
    from fastfetch._results import Results

__all__ = ["Client"]


class Client:
    """Settings, limits and a pool of connections, for any number of requests.

    A client may be used from several event loops and threads, one after another or at once, with or
    without ``async with``. After a fork the child opens connections of its own.

    Parameters
    ----------
    headers
        Header fields for every request that does not name them itself.
    timeout
        A `Timeout`, or seconds for the whole exchange; None for no timeout.
    limits
        How many requests may be in flight, over all calls that name no limits of their own.
    tls
        Whom to trust.
    resolve
        Addresses to use in place of DNS: ``{"api.example.com": "10.0.0.7:8443"}``. A port given here is
        used where the URL names none.
    http2
        Offer HTTP/2 to TLS servers.
    follow_redirects
        Follow redirects; `Authorization` and `Cookie` headers are dropped when one leads to another origin.
    max_redirects
        How many to follow before `TooManyRedirects`.
    max_body
        The largest body to accept, in bytes.
    trust_env
        Take proxies from the environment (``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``).

    Raises
    ------
    TypeError, ValueError
        Where an option is unknown or wrong; the message names it.

    Examples
    --------
    >>> import fastfetch
    >>> async def main(urls):
    ...     async with fastfetch.Client(limits=fastfetch.Limits(per_host=8)) as client:
    ...         return await client.gather(urls)
    """

    __slots__ = ("_native",)
    _native: _core.Client

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        if unknown := options.keys() - CLIENT_DEFAULTS.keys():
            import difflib

            name = min(unknown)
            near = difflib.get_close_matches(name, CLIENT_DEFAULTS, n=1, cutoff=0)[0]
            raise TypeError(f"Client() has no option {name!r}; did you mean {near!r}?")
        self._native = _core.Client(CLIENT_DEFAULTS | FIXED | options)

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a request and reads the whole answer.

        Parameters
        ----------
        method
            The HTTP method (RFC 9110, section 9).
        url
            Where to; http or https. A user name and password in it are sent as Basic authentication
            (RFC 7617).
        headers
            Header fields of this request alone.
        content
            The body: `str` (sent as UTF-8), `bytes` or any buffer.
        timeout
            Seconds for the whole exchange, or a `Timeout`; None for no timeout.

        Returns
        -------
        Response
            The answer, whatever its status.

        Raises
        ------
        FetchError
            Where no answer came; the class says why.
        TypeError, ValueError
            Where an argument is wrong; the message names it.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(client):
        ...     response = await client.request("PUT", "https://example.com/item", content="text", timeout=5)
        ...     return response.raise_for_status()
        """
        response: Response = await self._native.request(method, url, **options)
        return response

    async def get(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a GET; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return (await fastfetch.get(url)).json()
        """
        response: Response = await self._native.request("GET", url, **options)
        return response

    async def head(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a HEAD; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return (await fastfetch.head(url)).headers["content-length"]
        """
        return await self.request("HEAD", url, **options)

    async def options(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends an OPTIONS; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return (await fastfetch.options(url)).headers["allow"]
        """
        return await self.request("OPTIONS", url, **options)

    async def post(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a POST; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return await fastfetch.post(url, content="{}", headers={"content-type": "application/json"})
        """
        return await self.request("POST", url, **options)

    async def put(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a PUT; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return await fastfetch.put(url, content=b"bytes")
        """
        return await self.request("PUT", url, **options)

    async def patch(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a PATCH; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return await fastfetch.patch(url, content="[]")
        """
        return await self.request("PATCH", url, **options)

    async def delete(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a DELETE; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return (await fastfetch.delete(url)).ok
        """
        return await self.request("DELETE", url, **options)

    async def send(self, request: Request) -> Response:
        """Sends a `Request`; result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main():
        ...     return await fastfetch.send(fastfetch.Request("GET", "https://example.com/", tag="home"))
        """
        response: Response = await self._native.send(request)
        return response

    async def gather(self, urls: Iterable[str | Request], **options: Unpack[BatchOptions]) -> Results:
        """Fetches many URLs at once. A failing one never sinks the rest.

        Parameters
        ----------
        urls
            Any iterable of URLs and `Request` objects.
        concurrency
            How many may be in flight; None for the client's `Limits`.
        per_host
            How many to one host and port; None for the client's `Limits`.
        timeout
            Seconds for each exchange, or a `Timeout`; None for the client's.
        headers
            Header fields for every item that does not name them itself.

        Returns
        -------
        Results
            One `Response` for each item, in input order. Where no answer came, its `error` is the exception.

        Raises
        ------
        TypeError, ValueError
            Where an option is wrong. An item that is wrong becomes that item's error.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(urls):
        ...     results = await fastfetch.gather(urls, concurrency=50)
        ...     print(results)
        ...     return [response.json() for response in results.ok]
        """
        return await Batch(urls, client=self, **options)

    def as_completed(
        self, urls: Iterable[str | Request] | AsyncIterable[str | Request], **options: Unpack[BatchOptions]
    ) -> Completed:
        """Fetches many URLs and yields each `Response` as it completes.

        Memory is bounded: an item is taken from the source only when there is room for its response, so the
        source may be endless. Leaving the loop stops everything.

        Parameters
        ----------
        urls
            An iterable or async iterable of URLs and `Request` objects.
        concurrency
            How many may be in flight or waiting to be read; None for the client's `Limits`.
        per_host, timeout, headers
            As for `gather`.

        Returns
        -------
        Completed
            An async iterator of `Response`.

        Raises
        ------
        TypeError, ValueError
            Where an option is wrong. An item that is wrong becomes that item's error. An exception of the
            source reaches the reader after the responses of what the source had given.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(urls):
        ...     async for response in fastfetch.as_completed(urls):
        ...         print(response.url, response.ok)
        """
        return Completed(self._native, urls, options)

    async def aclose(self) -> None:
        """Refuses further requests with `ClientClosed` and closes idle connections.

        Requests in flight end as they would.

        Examples
        --------
        >>> import asyncio, fastfetch
        >>> asyncio.run(fastfetch.Client().aclose())
        """
        self._native.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{' closed' if self._native.closed else ''}>"
