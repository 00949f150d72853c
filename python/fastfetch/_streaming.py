"""Answers whose bodies are read piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastfetch import _core
from fastfetch._config import MAX_LINE
from fastfetch._events import read_events

if TYPE_CHECKING:
    import datetime
    from collections.abc import AsyncGenerator
    from types import TracebackType
    from typing import Any, Self

    from fastfetch._core import Connection, Headers, Request, Response
    from fastfetch._events import ServerSentEvent

__all__ = ["Stream", "StreamedResponse"]


class Stream:
    """The async context manager that `Client.stream` returns. It sends the request when it is entered.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> async with fastfetch.stream("GET", f"{site.url}/page/1") as response:
    ...     print([line async for line in response.aiter_lines()][0])
    <!doctype html>
    """

    __slots__ = ("_client", "_request", "_response")
    _opens: type[StreamedResponse]

    def __init__(self, client: _core.Client, request: Request) -> None:
        self._client = client
        self._request = request
        self._response: StreamedResponse | None = None

    async def __aenter__(self) -> StreamedResponse:
        if self._response is not None:
            raise RuntimeError("a stream is entered once: call `stream` again for another")
        native: _core.Streaming = await self._client.stream(self._request)
        self._response = self._opens(self._client, self._request, native)
        return self._response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._response is not None:
            await self._response.aclose()


class StreamedResponse:
    """An answer whose head has come and whose body arrives as it is read.

    `status_code`, `headers` and all else that the head tells are those of `Response`. The body can be read
    once, by one of the iterators or by `aread`; after `aread` it is in `content`, `text` and `json()`, and
    the iterators give it again. To read what is read or closed already is a `RuntimeError`.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> async with fastfetch.stream("GET", f"{site.url}/json/1") as response:
    ...     if response.headers["content-type"] == "application/json":
    ...         _ = await response.aread()
    ...         print(response.json()["name"])
    item 1
    """

    __slots__ = ("_client", "_complete", "_gone", "_head", "_native", "_request", "_successor")
    _reads = "await response.aread()"

    def __init__(self, client: _core.Client, request: Request, native: _core.Streaming) -> None:
        self._client = client
        self._request = request
        self._native = native
        self._head = native.response(b"")
        self._complete: Response | None = None
        # Why the body cannot be read, once it is so.
        self._gone = ""
        self._successor: StreamedResponse | None = None

    @property
    def status_code(self) -> int:
        """The status code, such as 200.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/json/1") as response:
        ...     response.status_code
        200
        """
        return self._head.status_code

    @property
    def reason(self) -> str:
        """The server's words for the status.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/missing") as response:
        ...     response.reason
        'Not Found'
        """
        return self._head.reason

    @property
    def http_version(self) -> str:
        """The protocol: "HTTP/1.0", "HTTP/1.1" or "HTTP/2".

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/json/1") as response:
        ...     response.http_version
        'HTTP/1.1'
        """
        return self._head.http_version

    @property
    def headers(self) -> Headers:
        """The header fields.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/json/1") as response:
        ...     response.headers["content-type"]
        'application/json'
        """
        return self._head.headers

    @property
    def url(self) -> str:
        """The URL that answered: the last one where redirects were followed.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/redirect/2") as response:
        ...     response.url
        'http://127.0.0.1:.../json/1'
        """
        return self._head.url

    @property
    def method(self) -> str:
        """The method of the request that was answered.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/json/1") as response:
        ...     response.method
        'GET'
        """
        return self._head.method

    @property
    def history(self) -> list[Response]:
        """The responses of the redirects that led here, in order.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/redirect/2") as response:
        ...     [hop.status_code for hop in response.history]
        [302, 302]
        """
        return self._head.history

    @property
    def elapsed(self) -> datetime.timedelta:
        """The time from leaving the queue to the head of the answer.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/slow/50") as response:
        ...     response.elapsed.total_seconds() >= 0.05
        True
        """
        return self._head.elapsed

    @property
    def connection(self) -> Connection | None:
        """Who sends it, or, with the host's own TLS, the proxy that it comes through.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/json/1") as response:
        ...     response.connection.remote_address
        ('127.0.0.1', ...)
        """
        return self._head.connection

    @property
    def trailers(self) -> Headers:
        """The fields that came after the body, once it was read to its end.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/json/1") as response:
        ...     _ = await response.aread()
        ...     response.trailers
        Headers([])
        """
        return self._native.response(b"").trailers

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """Where the Link header fields lead, by relation type.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/items") as response:
        ...     response.links["next"]["url"]
        'http://127.0.0.1:.../items?page=2&per_page=20'
        """
        return self._head.links

    @property
    def is_redirect(self) -> bool:
        """True where the status and a Location header lead to another URL.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/json/1") as response:
        ...     response.is_redirect
        False
        """
        return self._head.is_redirect

    @property
    def is_success(self) -> bool:
        """True where the status is 2xx.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/json/1") as response:
        ...     response.is_success
        True
        """
        return self._head.is_success

    @property
    def is_error(self) -> bool:
        """True where the status is 4xx or 5xx.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/missing") as response:
        ...     response.is_error
        True
        """
        return self._head.is_error

    @property
    def ok(self) -> bool:
        """True where the status is below 400.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/missing") as response:
        ...     response.ok
        False
        """
        return self._head.ok

    @property
    def tag(self) -> Any:
        """What the request carried as `tag`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/json/1", tag="one") as response:
        ...     response.tag
        'one'
        """
        return self._head.tag

    def raise_for_status(self) -> Self:
        """Raises `StatusError` where the status is 400 or more; else returns the response.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/missing") as response:
        ...     try:
        ...         response.raise_for_status()
        ...     except fastfetch.StatusError as error:
        ...         print(error.response.status_code)
        404
        """
        (self._complete or self._head).raise_for_status()
        return self

    async def aread(self) -> bytes:
        """Reads the body, no more than ``max_body``, and returns it.

        Raises
        ------
        FetchError
            Where the body does not arrive whole.
        RuntimeError
            Where it was read already by an iterator, or closed.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/missing") as response:
        ...     body = await response.aread()
        >>> body
        b'This is /missing\\n'
        """
        if self._complete is None:
            self._complete = self._native.response(b"".join([chunk async for chunk in self.aiter_bytes()]))
        return self._complete.content

    @property
    def content(self) -> bytes:
        """The body, after `aread`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/missing") as response:
        ...     _ = await response.aread()
        ...     response.content
        b'This is /missing\\n'
        """
        return self._read().content

    @property
    def text(self) -> str:
        """The body as text, after `aread`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/missing") as response:
        ...     _ = await response.aread()
        ...     response.text
        'This is /missing\\n'
        """
        return self._read().text

    def json(self) -> Any:
        """The body decoded from JSON, after `aread`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/json/1") as response:
        ...     _ = await response.aread()
        ...     print(response.json()["tags"])
        ['a', 'b']
        """
        return self._read().json()

    def _read(self) -> Response:
        if self._complete is None:
            raise RuntimeError(f"the body was not read: `{self._reads}` first")
        return self._complete

    async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncGenerator[bytes, None]:
        """The body, decoded, as it arrives.

        Parameters
        ----------
        chunk_size
            The size of each chunk but the last, in bytes; None for whatever arrives.

        Raises
        ------
        FetchError
            Where the body does not arrive whole.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/file/2500") as response:
        ...     print([len(chunk) async for chunk in response.aiter_bytes(chunk_size=1000)])
        [1000, 1000, 500]
        """
        async for chunk in self._chunks(raw=False, chunk_size=chunk_size):
            yield chunk

    async def aiter_raw(self, chunk_size: int | None = None) -> AsyncGenerator[bytes, None]:
        """The same as `aiter_bytes` with the body as it came, its content codings not undone.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/file/2500") as response:
        ...     print([len(chunk) async for chunk in response.aiter_raw(chunk_size=1000)])
        [1000, 1000, 500]
        """
        async for chunk in self._chunks(raw=True, chunk_size=chunk_size):
            yield chunk

    async def aiter_text(self, chunk_size: int | None = None) -> AsyncGenerator[str, None]:
        """The body as text, by its byte order mark, the charset of Content-Type, or as UTF-8.

        Parameters
        ----------
        chunk_size
            The length of each piece but the last, in characters; None for whatever arrives.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/missing") as response:
        ...     print([text async for text in response.aiter_text(chunk_size=10)])
        ['This is /m', 'issing\\n']
        """
        decoder = _core.TextDecoder(self.headers.get("content-type"))
        left = ""
        async for chunk in self.aiter_bytes():
            left += decoder.decode(chunk, False)
            if chunk_size is None:
                if left:
                    yield left
                left = ""
                continue
            whole = len(left) - len(left) % _size(chunk_size)
            for start in range(0, whole, chunk_size):
                yield left[start : start + chunk_size]
            left = left[whole:]
        left += decoder.decode(b"", True)
        for start in range(0, len(left), chunk_size or len(left) or 1):
            yield left[start : start + (chunk_size or len(left))]

    async def aiter_lines(self) -> AsyncGenerator[str, None]:
        """The body as lines of text, without their ends: ``"\\n"``, ``"\\r\\n"`` or ``"\\r"``.

        Raises
        ------
        ValueError
            Where a line is longer than 16 MiB.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/robots.txt") as response:
        ...     print([line async for line in response.aiter_lines()])
        ['User-agent: *', 'Disallow: /private/']
        """
        splitter = _core.LineSplitter(MAX_LINE)
        async for text in self.aiter_text():
            for line in splitter.push(text):
                yield line
        if (last := splitter.finish()) is not None:
            yield last

    async def aiter_events(self, *, reconnect: bool = True) -> AsyncGenerator[ServerSentEvent, None]:
        """The body as server-sent events (https://html.spec.whatwg.org/#server-sent-events).

        Where the connection ends, a GET is sent again after the server's reconnection time, with
        ``Last-Event-ID``, as the standard has it; the time doubles while no connection comes about. A status
        of 204 ends the events, as does leaving the loop. A timeout ends a connection too: ``timeout=`` says
        how long a server may be silent.

        Parameters
        ----------
        reconnect
            False to end with the connection.

        Raises
        ------
        DecodeError
            Where the answer is no stream of events.
        StatusError
            Where the status is 400 or more.
        FetchError
            Where the connection fails and is not to be opened again.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/events") as response:
        ...     async for event in response.aiter_events(reconnect=False):
        ...         print(event.event, event.data)
        message tick 1
        message tick 2
        end of ticks
        """
        async for event in read_events(self, self._reopen if reconnect else None):
            yield event

    async def _reopen(self, last_event_id: str) -> StreamedResponse:
        request = self._request
        if last_event_id:
            request = request.with_header("last-event-id", last_event_id.encode())
        native: _core.Streaming = await self._client.stream(request)
        self._successor = type(self)(self._client, request, native)
        return self._successor

    async def _chunks(self, *, raw: bool, chunk_size: int | None) -> AsyncGenerator[bytes, None]:
        size = None if chunk_size is None else _size(chunk_size)
        if self._complete is not None and not raw:
            body = self._complete.content
            size = size or len(body) or 1
            for start in range(0, len(body), size):
                yield body[start : start + size]
            return
        # Whoever came second would get what the first left, and could not tell that it is not all.
        if self._gone:
            raise RuntimeError(f"the body cannot be read: {self._gone}")
        self._gone = "it was read already, or begun to be"
        left = bytearray()
        while (chunk := await self._native.read(raw)) is not None:
            if size is None:
                yield chunk
                continue
            left += chunk
            whole = len(left) - len(left) % size
            for start in range(0, whole, size):
                yield bytes(left[start : start + size])
            del left[:whole]
        if left:
            yield bytes(left)

    async def aclose(self) -> None:
        """Closes it: the connection too, where the body was not read to its end.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/file/1000000") as response:
        ...     await response.aclose()
        ...     try:
        ...         await response.aread()
        ...     except RuntimeError as error:
        ...         print(error)
        the body cannot be read: the response is closed
        """
        for closing in self._close():
            await closing

    def _close(self) -> list[_core.Call]:
        """Begins to close all at once. A cancel ends the wait for it, and not the closing."""
        self._gone = self._gone or "the response is closed"
        successors = [] if self._successor is None else self._successor._close()
        return [self._native.close(), *successors]

    def __repr__(self) -> str:
        return f"<StreamedResponse [{self.status_code}] {self.method} {self.url}>"


Stream._opens = StreamedResponse


def _size(chunk_size: int) -> int:
    if isinstance(chunk_size, bool) or not isinstance(chunk_size, int):
        raise TypeError(f"chunk_size: expected a whole number or None, got {type(chunk_size).__name__}")
    if chunk_size < 1:
        raise ValueError(f"chunk_size: expected at least 1, got {chunk_size}")
    return chunk_size
