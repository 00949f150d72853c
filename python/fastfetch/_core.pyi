"""
The native part of fastfetch; use the names of the package itself.
"""

from _typeshed import SupportsGetItem
from collections.abc import Coroutine, Generator, Iterator
from datetime import datetime, timedelta
from os import PathLike
from typing import Any, SupportsFloat, SupportsIndex, final

__all__ = ["Authorization", "Batch", "Blocking", "Call", "Client", "Connection", "Cookie", "Cookies", "EventParser", "Headers", "LineSplitter", "Request", "Response", "Rows", "Selection", "Stream", "Streaming", "Table", "TextDecoder", "Timings", "Urls", "bridge_counters", "default_roots", "fitting_concurrency", "gather_fetch", "load_results", "read_results", "saved_columns", "shutdown", "sleep", "table_of_json", "version"]

@final
class Authorization:
    """
    What `BasicAuth` and the others stand for.
    """
    @staticmethod
    def basic(username: bytes, password: bytes) -> Authorization:
        """
        User name and password, with every request.
        """
    @staticmethod
    def bearer(token: str) -> Authorization:
        """
        A token, with every request.
        """
    @staticmethod
    def digest(username: str, password: str) -> Authorization:
        """
        User name and password, in answer to a challenge.
        """
    @staticmethod
    def netrc(path: str | PathLike[str] | None) -> Authorization:
        """
        What a netrc file has for the host: the file at a path, or where the user's usually is.
        """

@final
class Batch:
    """
    The requests of a batch and what has become of them so far.
    """
    def __len__(self, /) -> int: ...
    def __new__(cls, /, client: Client, urls: Any, **options) -> Batch: ...
    def counters(self, /) -> tuple[int, int, int, int, dict[int, int], dict[str, int], int]:
        """
        The counters: queued, in flight, waiting for another attempt, below 400, 400 and more by status, failed by class name, bytes.
        """
    def paused(self, /) -> dict[str, float]:
        """
        The hosts to which no request begins at present, and for how many seconds.
        """
    def rows(self, /) -> Rows:
        """
        The items that are finished, in input order.
        """

@final
class Blocking:
    """
    In a `with` block of this, what is awaited on this thread waits. It drives nothing itself: no Rust frame lies below the code
    that it is for, so the interpreter may end a daemon thread anywhere in it.

    Examples
    --------
    >>> from fastfetch import _core, sleep
    >>> with _core.Blocking():
    ...     try:
    ...         sleep(0.01, "awake").send(None)
    ...     except StopIteration as stop:
    ...         print(stop.value)
    awake
    """
    def __enter__(self, /) -> None:
        """
        The thread begins to block.
        """
    def __exit__(self, /, _kind: Any, _error: Any, _traceback: Any) -> None:
        """
        It is as it was before.
        """
    def __new__(cls, /) -> Blocking: ...
    @staticmethod
    def here() -> bool:
        """
        Is what is awaited on this thread waited for?
        """

@final
class Call:
    """
    Work for the I/O thread: a coroutine, and a future from the moment that an event loop takes it for one.

    As a coroutine it begins when it is first awaited, and dropping it is the way to stop it, so that nothing is forgotten: a
    cancelled task drops the coroutine's frame, the frame drops the call, and the call drops the Rust future. As a future it
    begins when it is taken, its loop keeps it until it has ended, and `cancel` stops it.
    """
    def __await__(self, /) -> Generator[Any, Any, Any]: ...
    @property
    def __name__(self, /) -> str: ...
    def __next__(self, /) -> Any: ...
    @property
    def __qualname__(self, /) -> str: ...
    def __repr__(self, /) -> str: ...
    @property
    def _asyncio_future_blocking(self, /) -> bool | None:
        """
        By this asyncio tells futures from coroutines. Where a loop runs, whoever asks is about to wait for it as a future.
        """
    @_asyncio_future_blocking.setter
    def _asyncio_future_blocking(self, /, blocking: bool) -> None: ...
    @property
    def _cancel_message(self, /) -> Any | None: ...
    def _make_cancelled_error(self, /) -> Any: ...
    def add_done_callback(self, function: Any, /, *, context: Any | None = None) -> None: ...
    def cancel(self, /, msg: Any | None = None) -> bool:
        """
        As a future's: stops the work.
        """
    def cancelled(self, /) -> bool: ...
    def close(self, /) -> None:
        """
        As a coroutine's: ends it.
        """
    def done(self, /) -> bool: ...
    def exception(self, /) -> BaseException | None: ...
    def get_loop(self, /) -> Any: ...
    def remove_done_callback(self, /, function: Any) -> int: ...
    def result(self, /) -> Any: ...
    def send(self, value: Any, /) -> Any:
        """
        As a coroutine's: takes a step.
        """
    def throw(self, kind: Any, value: Any | None = None, traceback: Any | None = None, /) -> Any:
        """
        As a coroutine's: raises at the place where it waits, which ends it.
        """
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
    def build_request(self, /, method: Any, url: Any, **options) -> Request:
        """
        A request of this client: relative to its base URL, with its parameters.
        """
    def close(self, /) -> None:
        """
        Refuses further requests and closes idle connections.
        """
    @property
    def closed(self, /) -> bool:
        """
        Was it closed?
        """
    @property
    def cookies(self, /) -> Cookies | None:
        """
        The jar, where it has one.
        """
    def request(self, /, method: Any, url: Any, **options) -> Coroutine[Any, Any, Any]:
        """
        Sends a request made of its parts. What is wrong with them is raised when it is awaited.
        """
    def send(self, /, request: Any) -> Coroutine[Any, Any, Any]:
        """
        Sends a `Request`.
        """
    def statistics(self, /) -> tuple[int, list[tuple[str, int, int, int, int]]] | None:
        """
        Requests in flight; and of each host its name, its open and idle connections, connections ever opened, and answers that
        came over a connection used before. None once it is closed.
        """
    def stream(self, /, request: Request) -> Call:
        """
        Sends a request, and leaves the body of the answer to be read.
        """
    def verb(self, /, method: Any, url: Any, **options) -> Coroutine[Any, Any, Any]:
        """
        The same, for the method of the face that has the verb's name.
        """

@final
class Connection:
    """
    Who sent an answer, and how it was kept secret on the way.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
    >>> connection.remote_address, connection.tls_version
    (('127.0.0.1', ...), None)
    """
    def __repr__(self, /) -> str: ...
    @property
    def certificates(self, /) -> list[bytes]:
        """
        The certificates that the server showed, its own first, in DER. They were verified unless `verify=False`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
        >>> connection.certificates  # there are none without TLS
        []
        """
    @property
    def cipher(self, /) -> str | None:
        """
        The cipher suite by its IANA name; None in the clear.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
        >>> connection.cipher is None  # it is in the clear
        True
        """
    @property
    def local_address(self, /) -> tuple[str, int] | None:
        """
        Our own IP address and port; None for a unix socket.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
        >>> connection.local_address
        ('127.0.0.1', ...)
        """
    @property
    def remote_address(self, /) -> tuple[str, int] | None:
        """
        The IP address and port of the server, or of the proxy before it; None for a unix socket.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
        >>> f"http://{connection.remote_address[0]}:{connection.remote_address[1]}" == site.url
        True
        """
    @property
    def tls_version(self, /) -> str | None:
        """
        "TLSv1.2" or "TLSv1.3"; None in the clear.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> connection = (await fastfetch.get(f"{site.url}/json/1")).connection
        >>> connection.tls_version is None  # it is in the clear
        True
        """

@final
class Cookie:
    """
    One cookie of a jar: a value that never changes.

    Its `repr` does not show the value, which may be a secret.

    Examples
    --------
    >>> import fastfetch
    >>> cookies = fastfetch.Cookies()
    >>> cookies.set("session", "secret", domain="example.com", secure=True)
    >>> cookies.all()
    [<Cookie 'session' for example.com/>]
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[tuple[str, str, str, str, bool, bool, bool, str | None, datetime | None]]]: ...
    def __repr__(self, /) -> str: ...
    @staticmethod
    def _restore(fields: tuple[str, str, str, str, bool, bool, bool, str | None, datetime | None]) -> Cookie: ...
    @property
    def domain(self, /) -> str:
        """
        The host it is for, with all below it unless it is `host_only`; empty for whatever host its owner asks.

        Examples
        --------
        >>> import fastfetch
        >>> cookies = fastfetch.Cookies()
        >>> cookies.set("session", "secret", domain="example.com")
        >>> cookies.all()[0].domain
        'example.com'
        """
    @property
    def expires(self, /) -> datetime | None:
        """
        When it ends, as a `datetime` in UTC; None for a session cookie.
        """
    @property
    def host_only(self, /) -> bool:
        """
        It is for that very host, and none below it.
        """
    @property
    def http_only(self, /) -> bool:
        """
        Scripts of a page may not see it.
        """
    @property
    def name(self, /) -> str:
        """
        The name; empty where the server gave none.
        """
    @property
    def path(self, /) -> str:
        """
        It is sent to this path and to all below it.
        """
    @property
    def same_site(self, /) -> str | None:
        """
        What the server said about other sites: "strict", "lax", "none" or nothing. Here it restricts nothing.
        """
    @property
    def secure(self, /) -> bool:
        """
        It is sent over https only.
        """
    @property
    def value(self, /) -> str:
        """
        The value as it was received, quotes included.
        """

@final
class Cookies:
    """
    A cookie jar after RFC 6265bis: a mutable mapping of names to values that knows where each cookie may go.

    Servers may set cookies for their own site only (by the public suffix list), ``__Secure-`` and ``__Host-`` names keep their
    promises, and ``Secure`` cookies travel by https alone. A jar holds 180 cookies of one site and 3,000 in all; those that were
    not used for longest make room.

    A cookie that is set without a domain, as in ``cookies["name"] = "value"``, goes along with requests to the client's
    ``base_url`` or, where it has none, to whatever URL you give it; never to another origin that a redirect leads to. A
    cookie of that name that the site itself has set takes its place there.

    Iteration, `len`, `keys`, `values` and `items` count every cookie, so a name appears as often as it is there. Where several
    cookies of different domains or paths share a name, ``cookies[name]`` cannot choose and raises `ValueError`; `get` takes the
    domain and path. Names and values are Latin-1 text, so ``value.encode("latin-1")`` gives the bytes that came.

    A jar may be used from any thread and by several clients at once, compared, copied and pickled. Its `repr` shows no values.

    Parameters
    ----------
    cookies
        Another `Cookies` to copy, a mapping of names to values, an iterable of pairs, or nothing.

    Raises
    ------
    InvalidRequest
        Where a name or value contains what a cookie cannot hold.

    Examples
    --------
    >>> import fastfetch
    >>> cookies = fastfetch.Cookies({"theme": "dark"})
    >>> cookies.set("session", "secret", domain="example.com", secure=True)
    >>> cookies
    Cookies('theme', 'session' for example.com/)
    >>> cookies["theme"], cookies.get("session", domain="example.com"), len(cookies)
    ('dark', 'secret', 2)
    """
    def __contains__(self, name: Any, /) -> bool: ...
    def __delitem__(self, name: Any, /) -> None: ...
    def __eq__(self, other: object, /) -> bool:
        """
        Two jars are equal that hold the same cookies; a jar and a mapping, where names and values are the same.
        """
    def __getitem__(self, name: Any, /) -> str: ...
    def __iter__(self, /) -> Iterator: ...
    def __len__(self, /) -> int: ...
    def __new__(cls, cookies: Any | None = None, /) -> Cookies: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __setitem__(self, name: Any, value: Any, /) -> None: ...
    @staticmethod
    def _restore(state: str) -> Cookies: ...
    def all(self, /) -> list[Cookie]:
        """
        All cookies with all that is known of them, in the order of their creation.

        Examples
        --------
        >>> import fastfetch
        >>> cookies = fastfetch.Cookies()
        >>> cookies.set("session", "secret", domain="example.com", secure=True)
        >>> [(cookie.name, cookie.domain, cookie.secure) for cookie in cookies.all()]
        [('session', 'example.com', True)]
        """
    def clear(self, /, domain: str | None = None, path: str | None = None) -> None:
        """
        Takes out all cookies, or those with this domain and path.

        Examples
        --------
        >>> import fastfetch
        >>> cookies = fastfetch.Cookies({"a": "1", "b": "2"})
        >>> cookies.clear()
        >>> len(cookies)
        0
        """
    def delete(self, /, name: Any, domain: str | None = None, path: str | None = None) -> None:
        """
        Takes out all cookies of a name, or those of them with this domain and path. Where there are none, nothing happens.

        Examples
        --------
        >>> import fastfetch
        >>> cookies = fastfetch.Cookies({"a": "1", "b": "2"})
        >>> cookies.delete("a")
        >>> cookies
        Cookies('b')
        """
    def get(self, /, name: Any, default: Any | None = None, domain: str | None = None, path: str | None = None) -> Any | None:
        """
        The value of a cookie; `default` where there is none.

        Raises
        ------
        ValueError
            Where several cookies fit.

        Examples
        --------
        >>> import fastfetch
        >>> cookies = fastfetch.Cookies({"a": "1"})
        >>> cookies.get("a"), cookies.get("b", "none")
        ('1', 'none')
        """
    def items(self, /) -> list[tuple[str, str]]:
        """
        The pairs of name and value, in the order of `keys`.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Cookies({"a": "1", "b": "2"}).items()
        [('a', '1'), ('b', '2')]
        """
    def keys(self, /) -> list[str]:
        """
        The names, one for each cookie, in the order of their creation.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Cookies({"a": "1", "b": "2"}).keys()
        ['a', 'b']
        """
    @staticmethod
    def load(path: str | PathLike[str]) -> Cookies:
        """
        The cookies of a file that `save` wrote, but for those that have expired since.

        Raises
        ------
        OSError
            Where it cannot be read.
        ValueError
            Where it is of another kind, or damaged.

        Examples
        --------
        >>> import os, tempfile, fastfetch
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "cookies.json")
        ...     fastfetch.Cookies({"a": "1"}).save(path)
        ...     fastfetch.Cookies.load(path)
        Cookies('a')
        """
    def pop(self, /, name: Any, *default) -> Any:
        """
        Takes out a cookie and gives its value; `default`, or else `KeyError`, where there is none.

        Examples
        --------
        >>> import fastfetch
        >>> cookies = fastfetch.Cookies({"a": "1"})
        >>> cookies.pop("a"), cookies.pop("a", None)
        ('1', None)
        """
    def popitem(self, /) -> tuple[str, str]:
        """
        Takes out the newest cookie and gives its name and value; `KeyError` where there is none.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Cookies({"a": "1", "b": "2"}).popitem()
        ('b', '2')
        """
    def save(self, /, path: str | PathLike[str]) -> None:
        """
        Writes all cookies, session cookies included, into a file that only its owner can read (mode 0600), in one step: the
        file is the old one or the new one, and never half of it.

        Raises
        ------
        OSError
            Where it cannot be written; the old file stays as it was.

        Examples
        --------
        >>> import fastfetch, os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "cookies.json")
        ...     fastfetch.Cookies({"a": "1"}).save(path)
        ...     fastfetch.Cookies.load(path)
        Cookies('a')
        """
    def set(self, /, name: Any, value: Any, domain: str | None = None, path: str = "/", *, secure: bool = False, http_only: bool = False, host_only: bool = False, expires: Any | None = None) -> None:
        """
        Sets a cookie, in place of the one of its name, domain and path.

        Parameters
        ----------
        name, value
            `str` (Latin-1) or `bytes`, without control characters and semicolons; 4096 bytes together.
        domain
            The host it is for, with all hosts below it; None for whatever host you ask, as the class says.
        path
            It is sent to this path and to all below it.
        secure
            Send it over https only.
        http_only
            Kept for others to see; here it restricts nothing.
        host_only
            For that very host, and none below it.
        expires
            A `datetime` with a time zone, or seconds since 1970; None for no end.

        Raises
        ------
        InvalidRequest
            Where it could not be sent as it is, or breaks the rules of a ``__Secure-`` or ``__Host-`` name.

        Examples
        --------
        >>> import fastfetch
        >>> cookies = fastfetch.Cookies()
        >>> cookies.set("session", "secret", domain="example.com", path="/app", secure=True)
        >>> cookies.set("session", "other", domain="example.org")
        >>> cookies.get("session", domain="example.org")
        'other'
        """
    def setdefault(self, /, name: Any, default: Any) -> str:
        """
        The value of a cookie; where there is none, it is set to `default` first.

        Examples
        --------
        >>> import fastfetch
        >>> cookies = fastfetch.Cookies({"a": "1"})
        >>> cookies.setdefault("a", "2"), cookies.setdefault("b", "3")
        ('1', '3')
        """
    def update(self, cookies: Any | None = None, /) -> None:
        """
        Puts in the cookies of another `Cookies` as they are, or names and values from a mapping or pairs.

        Examples
        --------
        >>> import fastfetch
        >>> cookies = fastfetch.Cookies({"a": "1"})
        >>> cookies.update({"a": "2", "b": "3"})
        >>> cookies.items()
        [('a', '2'), ('b', '3')]
        """
    def values(self, /) -> list[str]:
        """
        The values, in the order of `keys`.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Cookies({"a": "1", "b": "2"}).values()
        ['1', '2']
        """

@final
class EventParser:
    """
    Server-sent events out of bytes that come in pieces.
    """
    def __new__(cls, /, limit: SupportsIndex) -> EventParser:
        """
        No event may be larger than this, in bytes.
        """
    @property
    def last_id(self, /) -> str:
        """
        The last event id that was set.
        """
    def push(self, /, bytes: bytes) -> list[tuple[str, str, str, int | None]]:
        """
        The events that this piece ends.
        """
    def reconnect(self, /) -> None:
        """
        The stream begins anew over another connection.
        """
    @property
    def retry(self, /) -> int | None:
        """
        The reconnection time in milliseconds, where one was set.
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
    def _repr_html_(self, /) -> str:
        """
        As a notebook shows them.
        """
    def _shown(self, /) -> list[tuple[str, str]]:
        """
        The pairs of name and value as they may be shown: what gives access is hidden.
        """
    def get(self, /, name: str, default: Any | None = None) -> Any | None:
        """
        The value of a field, its repetitions joined by ", "; `default` where there is none.

        Examples
        --------
        >>> import fastfetch
        >>> headers = fastfetch.Headers({"ETag": '"x"'})
        >>> headers.get("etag"), headers.get("age", "unknown")
        ('"x"', 'unknown')
        """
    def get_list(self, /, name: str) -> list[str]:
        """
        The values of a field, one for each line.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Headers([("Via", "1.1 a"), ("Via", "1.1 b")]).get_list("via")
        ['1.1 a', '1.1 b']
        """
    def items(self, /) -> list[tuple[str, str]]:
        """
        The pairs of name and value, repetitions joined.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Headers([("Via", "1.1 a"), ("Via", "1.1 b")]).items()
        [('via', '1.1 a, 1.1 b')]
        """
    def keys(self, /) -> list[str]:
        """
        The names, each once.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Headers([("Via", "1.1 a"), ("Via", "1.1 b")]).keys()
        ['via']
        """
    def multi_items(self, /) -> list[tuple[str, str]]:
        """
        The pairs of name and value, one for each line.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Headers([("Via", "1.1 a"), ("Via", "1.1 b")]).multi_items()
        [('via', '1.1 a'), ('via', '1.1 b')]
        """
    @property
    def raw(self, /) -> list[tuple[bytes, bytes]]:
        """
        The lines as bytes.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Headers({"ETag": '"x"'}).raw
        [(b'etag', b'"x"')]
        """
    def values(self, /) -> list[str]:
        """
        The values, repetitions joined, in the order of `keys`.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Headers([("Via", "1.1 a"), ("Via", "1.1 b")]).values()
        ['1.1 a, 1.1 b']
        """

@final
class LineSplitter:
    """
    Lines out of text that comes in pieces: they end at "\\n", "\\r\\n" or "\\r".
    """
    def __new__(cls, /, limit: SupportsIndex) -> LineSplitter:
        """
        No line may be longer than this, in bytes of UTF-8.
        """
    def finish(self, /) -> str | None:
        """
        The last line, where no line end follows it.
        """
    def push(self, /, text: str) -> list[str]:
        """
        The lines that this piece ends.
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
    cookies
        Cookies of this request alone: a mapping, pairs, or a `Cookies`, of which those are taken that fit the URL. They count
        instead of the client's of the same name, and are never sent to another origin that a redirect leads to.
    params
        More for the URL's query, after what it has: a mapping, pairs, or a `str` that is a query already.
    content
        The body: `str` (sent as UTF-8), `bytes`, any buffer, a file opened in binary mode, or an iterable or async iterable.
    data
        A form: a mapping or pairs. Anything else is taken as `content`.
    json
        Anything that `json.dumps` takes.
    files
        Files of a form, together with the fields of `data`.
    timeout
        Seconds for the whole exchange, or a `Timeout`; None for no timeout. Replaces the client's.
    proxy
        The URL of a proxy or a `Proxy`; False for none. Replaces the client's.
    tag
        Anything; it comes back as `Response.tag`.

    Raises
    ------
    InvalidURL
        Where the URL does not parse, or is not http or https.
    InvalidRequest
        Where the method, a header or a cookie has a character that HTTP does not allow.
    TypeError, ValueError
        Where an option is wrong, or one excludes another; the message names it.

    Examples
    --------
    >>> import fastfetch
    >>> request = fastfetch.Request("POST", "https://example.com/items", params={"page": 2}, json={"name": "value"}, tag=7)
    >>> request
    <Request POST https://example.com/items?page=2>
    >>> request.content, request.headers["content-type"]
    (b'{"name":"value"}', 'application/json')
    """
    def __new__(cls, /, method: Any, url: Any, **options) -> Request: ...
    def __reduce__(self, /) -> tuple[Any, tuple]: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str:
        """
        As a notebook shows it.
        """
    @property
    def content(self, /) -> bytes | None:
        """
        The body, or None. A file or an iterator is read while it is sent, and is None here.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Request("POST", "https://example.com/", json={"a": 1}).content
        b'{"a":1}'
        """
    @property
    def cookies(self, /) -> list[tuple[str, str]]:
        """
        The cookies of this request alone: pairs of name and value.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Request("GET", "https://example.com/", cookies={"a": "1"}).cookies
        [('a', '1')]
        """
    @property
    def headers(self, /) -> Headers:
        """
        The header fields of this request alone.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Request("GET", "https://example.com/", headers={"Accept": "text/html"}).headers["accept"]
        'text/html'
        """
    @property
    def method(self, /) -> str:
        """
        The method, in upper case.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Request("get", "https://example.com/").method
        'GET'
        """
    @property
    def tag(self, /) -> Any | None:
        """
        What was given as `tag`.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Request("GET", "https://example.com/", tag=7).tag
        7
        """
    @property
    def timeout(self, /) -> Any | None:
        """
        The `Timeout` of this request alone, or None for the client's.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Request("GET", "https://example.com/", timeout=5).timeout.total
        5.0
        """
    @property
    def url(self, /) -> str:
        """
        The URL, as it will be sent.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.Request("GET", "https://example.com", params={"page": 2}).url
        'https://example.com/?page=2'
        """
    def with_header(self, /, name: Any, value: Any) -> Request:
        """
        The same request with a header field set, in place of others of its name: what a callback returns to change what is sent.

        Parameters
        ----------
        name
            The field's name.
        value
            The field's value: `str` as Latin-1, or `bytes`.

        Raises
        ------
        InvalidRequest
            Where either has a character that HTTP does not allow.

        Examples
        --------
        >>> import fastfetch
        >>> request = fastfetch.Request("GET", "https://example.com/").with_header("x-trace", "1")
        >>> request.headers["x-trace"]
        '1'
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
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> response = await fastfetch.get(f"{site.url}/json/1")
    >>> response.status_code, response.headers["content-type"], response.json()["name"]
    (200, 'application/json', 'item 1')
    """
    def __buffer__(self, _flags: SupportsIndex, /) -> memoryview:
        """
        The body as a `memoryview` (PEP 688), without a copy.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple]: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str:
        """
        As a notebook shows it.
        """
    @staticmethod
    def _restore(state: bytes, tag: Any | None = None, value: Any | None = None) -> Response: ...
    def _text_of_first(self, /, bytes: SupportsIndex) -> str:
        """
        As much of `text` as is in the first bytes of the body.
        """
    @property
    def attempts(self, /) -> int:
        """
        How many times a request was sent for this answer: more than once where it was repeated, redirected or challenged.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/redirect/2")
        >>> response.attempts
        3
        """
    @property
    def complete(self, /) -> bool:
        """
        False where nothing says how long the body is, so that it lasted until the connection closed: whether that was all, nobody
        can tell. Over https the farewell of TLS says it, and a body that ends without one is an error.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/json/1")).complete
        True
        """
    @property
    def connection(self, /) -> Connection | None:
        """
        Who sent it, or, with the host's own TLS, the proxy that it came through.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/json/1")
        >>> response.connection.remote_address
        ('127.0.0.1', ...)
        """
    @property
    def content(self, /) -> bytes:
        """
        The body.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/missing")
        >>> response.content
        b'This is /missing\\n'
        """
    @property
    def cookies(self, /) -> Cookies:
        """
        The cookies that this response sets and may set for its URL: a copy, made anew each time. Those that redirects on the
        way here have set are in the responses of `history`; those of all responses are in the client's `cookies`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/json/1")
        >>> response.cookies
        Cookies()
        """
    @property
    def decoded(self, /) -> bool:
        """
        True unless the body is still in a content coding: one that is not known here, or that of a part (206).

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/json/1")).decoded
        True
        """
    @property
    def elapsed(self, /) -> timedelta:
        """
        The time from leaving the queue to the end of the body or the failure, as a `datetime.timedelta`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/slow/50")
        >>> response.elapsed.total_seconds() >= 0.05
        True
        """
    @property
    def encoding(self, /) -> str:
        """
        The encoding of the body's text: by its byte order mark, the charset of Content-Type, what the document itself says, or a
        guess, in this order (https://encoding.spec.whatwg.org). It can be set, where the server is wrong.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/page/1")
        >>> response.encoding
        'utf-8'
        >>> response.encoding = "iso-8859-1"
        """
    @encoding.setter
    def encoding(self, /, encoding: str) -> None: ...
    @property
    def error(self, /) -> Any | None:
        """
        The exception where no answer came, else None.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> results = await fastfetch.gather([f"{site.url}/truncated"])
        >>> type(results[0].error).__name__, results[0].error.received
        ('IncompleteBody', 400)
        """
    @property
    def headers(self, /) -> Headers:
        """
        The header fields.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/json/1")
        >>> response.headers["Content-Type"]
        'application/json'
        """
    @property
    def history(self, /) -> list[Response]:
        """
        The responses of the redirects that led here, in order.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/redirect/2")
        >>> [hop.status_code for hop in response.history]
        [302, 302]
        """
    @property
    def http_version(self, /) -> str:
        """
        The protocol: "HTTP/1.0", "HTTP/1.1" or "HTTP/2".

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/json/1")).http_version
        'HTTP/1.1'
        """
    @property
    def is_client_error(self, /) -> bool:
        """
        True where an answer came and its status is 4xx.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/missing")).is_client_error
        True
        """
    @property
    def is_error(self, /) -> bool:
        """
        True where an answer came and its status is 4xx or 5xx.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/broken")).is_error
        True
        """
    @property
    def is_redirect(self, /) -> bool:
        """
        True where the status and a Location header lead to another URL.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/redirect/1", follow_redirects=False)
        >>> response.is_redirect
        True
        """
    @property
    def is_server_error(self, /) -> bool:
        """
        True where an answer came and its status is 5xx.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/broken")).is_server_error
        True
        """
    @property
    def is_success(self, /) -> bool:
        """
        True where an answer came and its status is 2xx.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/json/1")).is_success
        True
        """
    def json(self, /) -> Any:
        """
        The body decoded from JSON (RFC 8259), to what Python's own `json` makes of it.

        Integers are exact, up to 20,000 digits; a number beyond the range of a float is infinite, and `NaN` is not JSON. The last
        of equal keys wins. Lists and objects may be 1,024 levels deep. UTF-8, UTF-16 and UTF-32 show by themselves; where the
        body is in another encoding, `encoding` as set or the charset of Content-Type says so.

        Raises
        ------
        DecodeError
            Where it is not JSON; the message has line, column and a quote of the place.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/json/1")
        >>> response.json()["tags"]
        ['a', 'b']
        >>> response = await fastfetch.get(f"{site.url}/missing")
        >>> try:
        ...     response.json()
        ... except fastfetch.DecodeError as error:
        ...     print(error)
        GET http://127.0.0.1:.../missing: ...
        """
    @property
    def links(self, /) -> dict:
        """
        Where the Link header fields lead (RFC 8288): for each relation type, such as "next", a mapping with the absolute "url" and
        what else is said of it. A link without a relation is found under its URL.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/items")
        >>> response.links["next"]["url"]
        'http://127.0.0.1:.../items?page=2&per_page=20'
        """
    @property
    def method(self, /) -> str:
        """
        The method of the request that was answered, or failed.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/json/1")).method
        'GET'
        """
    @property
    def ok(self, /) -> bool:
        """
        True where an answer came and its status is below 400.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/missing")).ok
        False
        """
    def raise_for_status(self, /) -> Response:
        """
        Raises `StatusError` where the status is 400 or more, and the request's own error where no answer came; else returns
        the response.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/missing")
        >>> try:
        ...     response.raise_for_status()
        ... except fastfetch.StatusError as error:
        ...     print(error.response.status_code)
        404
        """
    @property
    def reason(self, /) -> str:
        """
        The server's words for the status, such as "Not Found"; the usual ones where it gave none.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/missing")).reason
        'Not Found'
        """
    @property
    def reason_phrase(self, /) -> str:
        """
        The same as `reason`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/missing")).reason_phrase
        'Not Found'
        """
    @property
    def status_code(self, /) -> int:
        """
        The status code, such as 200.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/missing")).status_code
        404
        """
    @property
    def tag(self, /) -> Any | None:
        """
        What the request carried as `tag`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> request = fastfetch.Request("GET", f"{site.url}/json/1", tag="one")
        >>> [response.tag async for response in fastfetch.as_completed([request])]
        ['one']
        """
    @property
    def text(self, /) -> str:
        """
        The body as text in its `encoding`; what does not decode becomes U+FFFD.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/missing")).text
        'This is /missing\\n'
        """
    @property
    def timings(self, /) -> Timings:
        """
        Where the time went.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/slow/50")
        >>> response.timings.first_byte > 0.04
        True
        """
    @property
    def trailers(self, /) -> Headers:
        """
        The fields that came after the body (RFC 9110, section 6.5).

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/json/1")).trailers
        Headers([])
        """
    @property
    def url(self, /) -> str:
        """
        The URL that answered, or failed: the last one where redirects were followed.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> (await fastfetch.get(f"{site.url}/redirect/2")).url
        'http://127.0.0.1:.../json/1'
        """
    @property
    def value(self, /) -> Any | None:
        """
        What `on_response` returned for it; None without.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> urls = [f"{site.url}/file/2500"]
        >>> results = await fastfetch.gather(urls, on_response=lambda response: len(response.content))
        >>> results[0].value
        2500
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
    def by_host(self, /) -> list[tuple[str, Rows]]:
        """
        The rows of each host, by `"host:port"`, the port left out where it is the scheme's own; "" for those without one. The host
        is that of the answer, or of the failure.
        """
    def columns(self, /) -> tuple[list[int | None], list[str | None], list[int], list[float]]:
        """
        The columns: status (None where no answer came), exception class name (None where one did), size in bytes, elapsed seconds.
        """
    def failed(self, /) -> Rows:
        """
        The rows to which no answer came.
        """
    def moments(self, /) -> tuple[list[int], list[float], list[list[float]]]:
        """
        Where the time went of those rows whose request left the queue.
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
class Selection:
    """
    Columns of the rows behind a `Results`: nothing is copied before they are read, and then a batch at a time.

    `views` asks for text in the layout that polars has itself; not every library knows it. `saved` adds the column from which
    results are read back.
    """
    def __arrow_c_schema__(self, /) -> Any:
        """
        The names and types of the columns.
        """
    def __arrow_c_stream__(self, /, requested_schema: Any | None = None) -> Any:
        """
        The rows as an Arrow stream, whose batches are made when they are asked for.
        """
    def __new__(cls, /, rows: Rows, columns: Any | None = None, *, views: bool = False, saved: bool = False) -> Selection: ...
    def save(self, /, path: str | PathLike[str]) -> None:
        """
        Writes all of it into an Arrow file that only its owner can read, in one step.
        """
    def table(self, /) -> Table:
        """
        All of it.
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
    def counters(self, /) -> tuple[int, int, int, int, dict[int, int], dict[str, int], int]:
        """
        The counters: queued, in flight, waiting for another attempt, below 400, 400 and more by status, failed by class name, bytes.
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
    def over(self, /) -> bool:
        """
        Is it too late for more?
        """
    def paused(self, /) -> dict[str, float]:
        """
        The hosts to which no request begins at present, and for how many seconds.
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
    def ready(self, /, more: bool, ticks: tuple[Any, SupportsFloat | SupportsIndex, SupportsFloat | SupportsIndex] | None = None) -> Call:
        """
        Waits until a response is there, or, where more was expected of it, the source has ended. Raises what ended it all.
        Meanwhile ticks, as `gather_fetch` does.
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

@final
class Streaming:
    """
    An open answer: its head is here, its body arrives as it is read.
    """
    def close(self, /) -> Call:
        """
        Closes it, whatever is left of the body: at once, whether the call is awaited to its end, cancelled or dropped.
        """
    def read(self, /, raw: bool) -> Call:
        """
        The next bytes, decoded or as they came; None at the end.
        """
    def response(self, /, body: bytes) -> Response:
        """
        The answer, with this body in place of the one that arrives.
        """

@final
class Table:
    """
    Columns of one length. See `fastfetch.Table`.
    """
    def __arrow_c_schema__(self, /) -> Any:
        """
        The names and types of the columns.
        """
    def __arrow_c_stream__(self, /, requested_schema: Any | None = None) -> Any:
        """
        The batches as an Arrow stream, which shares their memory.
        """
    def __len__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple]: ...
    @staticmethod
    def _restore(file: bytes) -> Table: ...
    def cells(self, /, column: SupportsIndex, rows: SupportsIndex, width: SupportsIndex) -> list[str]:
        """
        The first rows of a column as short texts, which are not escaped.
        """
    def column(self, /, column: SupportsIndex) -> tuple[str, bytes, bytes] | list:
        """
        A column: for numbers the name of their type, their bytes and whether each is there; else a list of values.
        """
    @property
    def column_names(self, /) -> list[str]:
        """
        The names of the columns.
        """
    @property
    def column_types(self, /) -> list[str]:
        """
        The types of the columns, each in a word.
        """
    @property
    def num_columns(self, /) -> int:
        """
        How many columns there are.
        """

@final
class TextDecoder:
    """
    Text out of bytes that come in pieces.
    """
    def __new__(cls, /, content_type: str | None) -> TextDecoder:
        """
        By the charset of a Content-Type; UTF-8 where it names none. A byte order mark wins over both.
        """
    def decode(self, /, bytes: bytes, last: bool) -> str:
        """
        The text of the next piece.
        """

@final
class Timings:
    """
    When a request began and where its time went, in seconds.

    `dns`, `connect` and `tls` are those of all hops and attempts together, and 0 where a connection was there already;
    `first_byte` and `body` are those of the last hop. `total` is `Response.elapsed`; `queue` comes before it. What a proxy takes
    to connect counts as `connect`.

    Attributes
    ----------
    start : float
        When it left the queue, as `time.time()` tells it.
    queue : float
        Waiting for its turn.
    dns : float
        Resolving the host name.
    connect : float
        Connecting.
    tls : float
        Shaking hands for TLS.
    first_byte : float
        From having a connection to the head of the answer: sending the request included.
    body : float
        From the head to the end of the body.
    total : float
        From leaving the queue to the end of the body.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> timings = (await fastfetch.get(f"{site.url}/slow/50")).timings
    >>> timings.first_byte > 0.04, timings.first_byte <= timings.total, timings.tls
    (True, True, 0.0)
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def body(self, /) -> float:
        """
        From the head to the end of the body.
        """
    @property
    def connect(self, /) -> float:
        """
        Connecting.
        """
    @property
    def dns(self, /) -> float:
        """
        Resolving the host name.
        """
    @property
    def first_byte(self, /) -> float:
        """
        From having a connection to the head of the answer.
        """
    @property
    def queue(self, /) -> float:
        """
        Waiting for its turn.
        """
    @property
    def start(self, /) -> float:
        """
        When it left the queue, as `time.time()` tells it.
        """
    @property
    def tls(self, /) -> float:
        """
        Shaking hands for TLS.
        """
    @property
    def total(self, /) -> float:
        """
        From leaving the queue to the end of the body.
        """

@final
class Urls:
    """
    A column of URLs, as it came.
    """
    def __len__(self, /) -> int: ...
    @staticmethod
    def read(source: Any) -> Urls | None:
        """
        What speaks Arrow as a column of URLs; None where it is something else.
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

def default_roots() -> tuple[str, int | None]:
    """
    Which certificates a client trusts that is given none: where they are from, `"environment"`, `"system"` or `"bundled"`,
    and how many there are, or None where the system keeps that to itself.

    Raises
    ------
    OSError
        Where `SSL_CERT_FILE` and `SSL_CERT_DIR` name none.

    Examples
    --------
    >>> from fastfetch import _core
    >>> source, count = _core.default_roots()
    >>> source in ("environment", "system", "bundled")
    True
    """

def fitting_concurrency(wanted: SupportsIndex) -> int:
    """
    How many of so many requests can be in flight with the descriptors that this process may still open.

    Examples
    --------
    >>> from fastfetch import _core
    >>> _core.fitting_concurrency(1)
    1
    """

def gather_fetch(batch: Batch, ticks: tuple[Any, SupportsFloat | SupportsIndex, SupportsFloat | SupportsIndex] | None = None) -> Call:
    """
    Fetches all items of a batch that are not finished: one call across the bridge, however many they are.

    Parameters
    ----------
    batch
        What to fetch.
    ticks
        A callable that is called meanwhile where the call is awaited, seconds until the first time, and seconds between two.
    """

def load_results(path: str | PathLike[str]) -> Rows:
    """
    The rows of an Arrow file that `Selection.save` wrote.
    """

def read_results(batches: Any, path: str | PathLike[str]) -> Rows:
    """
    The rows of what another library has read from such a file.
    """

def saved_columns() -> list[str]:
    """
    The columns from which results are read back.
    """

def shutdown() -> None:
    """
    Ends the I/O thread and waits for it, no longer than a second. The interpreter calls it when it exits.
    """

def sleep(delay: Any, result: Any | None = None, told: bool = False) -> Coroutine[Any, Any, Any]:
    """
    A timer on the I/O thread.

    Parameters
    ----------
    delay
        Seconds. Zero and less lets the event loop turn once.
    result
        What it gives.
    told
        That it is never awaited is told.

    Raises
    ------
    TypeError, ValueError
        When it is awaited, where the delay is no number, or NaN.
    """

def table_of_json(rows: Rows, schema: Any | None, path: SupportsGetItem[int, Any]) -> Table:
    """
    The table of the JSON bodies of these rows. See `fastfetch.Results.json_table`.

    Parameters
    ----------
    rows
        The rows.
    schema
        What has `__arrow_c_schema__`, or a dict of field names to types: a format string of Arrow's C data interface, "json", a
        list of one type, a dict of such, or what has `__arrow_c_schema__`. None to find the types out.
    path
        The keys and places that lead to the rows within a body.
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
