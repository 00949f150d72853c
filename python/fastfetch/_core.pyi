"""
The native part of fastfetch; use the names of the package itself.
"""

from _typeshed import SupportsGetItem
from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import Any, SupportsIndex, final

__all__ = ["Batch", "Call", "Client", "Headers", "Request", "Response", "Rows", "Stream", "bridge_counters", "gather_fetch", "shutdown", "sleep", "version"]

@final
class Batch:
    """
    The requests of a batch and what has become of them so far.
    """
    def __len__(self, /) -> int: ...
    def __new__(cls, /, client: Client, urls: SupportsGetItem[int, Any], **options) -> Batch: ...
    def counters(self, /) -> tuple[int, int, int, int, int]:
        """
        The counters: in flight, below 400, 400 and more, failed, bytes.
        """
    def rows(self, /) -> Rows:
        """
        The items that are finished, in input order.
        """

@final
class Call:
    """
    Work for the I/O thread, begun when it is first awaited and stopped when it is dropped.

    Dropping is the only way to stop it, so that nothing is forgotten: a cancelled task drops the coroutine's frame, the frame
    drops the call, and the call drops the Rust future.
    """
    def __await__(self, /) -> Generator[Any, Any, Any]: ...
    def __iter__(self, /) -> Call: ...
    def __next__(self, /) -> Any: ...
    def wait(self, /) -> Any:
        """
        Waits without an event loop, letting other threads run; Ctrl-C is seen within 50 ms.
        """

@final
class Client:
    """
    Settings, permits and a pool of connections.
    """
    def __new__(cls, /, settings: dict) -> Client: ...
    def close(self, /) -> None:
        """
        Refuses further requests and closes idle connections.
        """
    @property
    def closed(self, /) -> bool:
        """
        Was it closed?
        """
    def request(self, /, method: Any, url: Any, **options) -> Call:
        """
        Sends a request made of its parts.
        """
    def send(self, /, request: Request) -> Call:
        """
        Sends a `Request`.
        """

@final
class Headers:
    """
    Header lines: a case-insensitive mapping that keeps repeated fields and every byte.

    Names are lower case. Values are decoded as Latin-1, so `value.encode("latin-1")` gives the bytes that came; `raw` has
    them as they are. The values of a repeated field are joined by ``", "`` (RFC 9110, section 5.3); `get_list` keeps them apart.

    Parameters
    ----------
    fields
        A mapping of names to values, an iterable of pairs, or nothing. Names and values are `str` or `bytes`.

    Raises
    ------
    InvalidRequest
        Where a name or value contains what HTTP does not allow in it.

    Examples
    --------
    >>> import fastfetch
    >>> headers = fastfetch.Headers([("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("ETag", '"x"')])
    >>> headers["etag"], headers.get_list("set-cookie")
    ('"x"', ['a=1', 'b=2'])
    """
    def __contains__(self, name: Any, /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __getitem__(self, name: str, /) -> str: ...
    def __iter__(self, /) -> Iterator: ...
    def __len__(self, /) -> int: ...
    def __new__(cls, fields: Any | None = None, /) -> Headers: ...
    def __reduce__(self, /) -> tuple[Any, tuple]: ...
    def __repr__(self, /) -> str: ...
    def get(self, /, name: str, default: Any | None = None) -> Any | None:
        """
        The value of a field, its repetitions joined by ", "; `default` where there is none.
        """
    def get_list(self, /, name: str) -> list[str]:
        """
        The values of a field, one for each line.
        """
    def items(self, /) -> list[tuple[str, str]]:
        """
        The pairs of name and value, repetitions joined.
        """
    def keys(self, /) -> list[str]:
        """
        The names, each once.
        """
    def multi_items(self, /) -> list[tuple[str, str]]:
        """
        The pairs of name and value, one for each line.
        """
    @property
    def raw(self, /) -> list[tuple[bytes, bytes]]:
        """
        The lines as bytes.
        """
    def values(self, /) -> list[str]:
        """
        The values, repetitions joined, in the order of `keys`.
        """

@final
class Request:
    """
    A request, to be given to `gather`, `as_completed`, `Batch` and `send` in place of a URL.

    Parameters
    ----------
    method
        The HTTP method (RFC 9110, section 9), in any case.
    url
        Where to; http or https.
    headers
        Header fields of this request alone: a mapping or pairs. They replace the client's of the same name.
    content
        The body: `str` (sent as UTF-8), `bytes` or any buffer.
    timeout
        Seconds for the whole exchange, or a `Timeout`; None for no timeout. Replaces the client's.
    tag
        Anything; it comes back as `Response.tag`.

    Raises
    ------
    InvalidURL
        Where the URL does not parse, or is not http or https.
    InvalidRequest
        Where the method or a header has a character that HTTP does not allow.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.Request("POST", "https://example.com/items", content="{}", tag=7)
    <Request POST https://example.com/items>
    """
    def __new__(cls, /, method: Any, url: Any, **options) -> Request: ...
    def __reduce__(self, /) -> tuple[Any, tuple]: ...
    def __repr__(self, /) -> str: ...
    @property
    def content(self, /) -> bytes | None:
        """
        The body, or None.
        """
    @property
    def headers(self, /) -> Headers:
        """
        The header fields of this request alone.
        """
    @property
    def method(self, /) -> str:
        """
        The method, in upper case.
        """
    @property
    def tag(self, /) -> Any | None:
        """
        What was given as `tag`.
        """
    @property
    def timeout(self, /) -> Any | None:
        """
        The `Timeout` of this request alone, or None for the client's.
        """
    @property
    def url(self, /) -> str:
        """
        The URL, as it will be sent.
        """

@final
class Response:
    """
    What became of a request: an answer, or the error that took its place.

    An HTTP status of 404 or 500 is an answer; `ok` tells. Where no answer came, `error` is the exception, and touching what
    never arrived (`status_code`, `content`, `json()` …) raises it. A response is complete and never changes; it may be used
    from any thread, and pickled. `memoryview(response)` is the body without a copy.

    Examples
    --------
    >>> import fastfetch
    >>> async def main(url):
    ...     response = await fastfetch.get(url)
    ...     print(response.status_code, response.headers["content-type"], response.json())
    """
    def __buffer__(self, _flags: SupportsIndex, /) -> memoryview:
        """
        The body as a `memoryview` (PEP 688), without a copy.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple]: ...
    def __repr__(self, /) -> str: ...
    @staticmethod
    def _restore(state: bytes, tag: Any | None) -> Response: ...
    @property
    def content(self, /) -> bytes:
        """
        The body.
        """
    @property
    def elapsed(self, /) -> timedelta:
        """
        The time from leaving the queue to the end of the body or the failure, as a `datetime.timedelta`.
        """
    @property
    def encoding(self, /) -> str:
        """
        The encoding of the body's text: what Content-Type says, else "utf-8".
        """
    @property
    def error(self, /) -> Any | None:
        """
        The exception where no answer came, else None.
        """
    @property
    def headers(self, /) -> Headers:
        """
        The header fields.
        """
    @property
    def history(self, /) -> list[Response]:
        """
        The responses of the redirects that led here, in order.
        """
    @property
    def http_version(self, /) -> str:
        """
        The protocol: "HTTP/1.0", "HTTP/1.1" or "HTTP/2".
        """
    def json(self, /) -> Any:
        """
        The body decoded from JSON (RFC 8259).

        Raises
        ------
        DecodeError
            Where it is not JSON; the message has line, column and a quote of the place.
        """
    @property
    def method(self, /) -> str:
        """
        The method of the request that was answered, or failed.
        """
    @property
    def ok(self, /) -> bool:
        """
        True where an answer came and its status is below 400.
        """
    def raise_for_status(self, /) -> Response:
        """
        Raises `StatusError` where the status is 400 or more, and the request's own error where no answer came; else returns
        the response.
        """
    @property
    def reason(self, /) -> str:
        """
        The server's words for the status, such as "Not Found"; the usual ones where it gave none.
        """
    @property
    def status_code(self, /) -> int:
        """
        The status code, such as 200.
        """
    @property
    def tag(self, /) -> Any | None:
        """
        What the request carried as `tag`.
        """
    @property
    def text(self, /) -> str:
        """
        The body as text in its `encoding`; what does not decode becomes U+FFFD.
        """
    @property
    def url(self, /) -> str:
        """
        The URL that answered, or failed: the last one where redirects were followed.
        """

@final
class Rows:
    """
    The rows behind a `Results`: places in a table that many may share.
    """
    def __getitem__(self, index: Any, /) -> Response: ...
    def __len__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple]: ...
    @staticmethod
    def _restore(requests: SupportsGetItem[int, Any], responses: SupportsGetItem[int, Response]) -> Rows: ...
    def columns(self, /) -> tuple[list[int | None], list[str | None], list[int], list[float]]:
        """
        The columns: status (None where no answer came), exception class name (None where one did), size in bytes, elapsed seconds.
        """
    def failed(self, /) -> Rows:
        """
        The rows to which no answer came.
        """
    def ok(self, /) -> Rows:
        """
        The rows whose answer has a status below 400.
        """
    def replaced(self, /, indices: SupportsGetItem[int, SupportsIndex], others: Rows) -> Rows:
        """
        These rows, with others in the places of some.
        """
    def request(self, /, index: SupportsIndex) -> Any | None:
        """
        What was asked for in a row: a `str` or a `Request`; None where it was neither.
        """
    def take(self, /, indices: SupportsGetItem[int, SupportsIndex]) -> Rows:
        """
        The rows at these places.
        """
    def url(self, /, index: SupportsIndex) -> str:
        """
        The URL of a row: of the answer, or of the failure.
        """

@final
class Stream:
    """
    Fetches what is pushed and hands out what completes. Dropping it stops all of it at once.
    """
    def __new__(cls, /, client: Client, **options) -> Stream: ...
    def close(self, /) -> None:
        """
        Stops everything.
        """
    @property
    def closed(self, /) -> bool:
        """
        Was it closed?
        """
    def end(self, /) -> None:
        """
        No more will be pushed.
        """
    def ended(self, /) -> bool:
        """
        Has the source ended? Raises what ended it, once.
        """
    def listen(self, /, pump: Any) -> None:
        """
        Listens for the end of the awaitable that pumps a source into this stream.
        """
    @property
    def pending(self, /) -> int:
        """
        How many were pushed and not yet taken.
        """
    def push(self, /, value: Any) -> None:
        """
        Starts a fetch.
        """
    def ready(self, /, more: bool) -> Call:
        """
        Waits until a response is there, or, where more was expected of it, the source has ended.
        """
    @property
    def room(self, /) -> int:
        """
        How many more may be pushed.
        """
    def take(self, /) -> Response | None:
        """
        The next response, if one is there.
        """
    def wait_for_room(self, /) -> Call:
        """
        Waits until another may be pushed.
        """

def bridge_counters() -> dict[str, int]:
    """
    Counts what crossed the bridge in this process: `completions`, and the `wakes` that told event loops of them.

    Examples
    --------
    >>> from fastfetch._core import bridge_counters
    >>> sorted(bridge_counters())
    ['completions', 'forks', 'wakes']
    """

def gather_fetch(batch: Batch) -> Call:
    """
    Fetches all items of a batch that are not finished: one call across the bridge, however many they are.

    Parameters
    ----------
    batch
        What to fetch.
    """

def shutdown() -> None:
    """
    Ends the I/O thread and waits for it, no longer than a second. The interpreter calls it when it exits.
    """

def sleep(delay: Any) -> Call:
    """
    A timer on the I/O thread.

    Parameters
    ----------
    delay
        Seconds. Zero and less lets the event loop turn once.

    Raises
    ------
    ValueError
        Where the delay is NaN.
    """

def version() -> str:
    """
    The version of the package.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch._core.version() == fastfetch.__version__
    True
    """
