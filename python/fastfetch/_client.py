"""The client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastfetch._batch import Batch
from fastfetch._completed import Completed
from fastfetch._sources import awaited
from fastfetch._streaming import Stream
from fastfetch._verbs import Verbs

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self, Unpack

    from fastfetch._options import BatchOptions, BuildOptions, CompletedOptions
    from fastfetch._results import Results
    from fastfetch._sources import AsyncSource

__all__ = ["Client"]


class Client(Verbs):
    """Settings, limits and a pool of connections, for any number of requests.

    A client may be used from several event loops and threads, one after another or at once, with or
    without ``async with``. After a fork the child opens connections of its own.

    Parameters
    ----------
    base_url
        What relative URLs are relative to: ``"/item"`` below ``"https://example.com/api"`` is
        ``"https://example.com/api/item"``.
    params
        More for the query of every request that the client makes of a URL, before its own `params`.
    headers
        Header fields for every request that does not name them itself.
    cookies
        Where cookies are kept: True for a new jar, which is the default; a `Cookies`, which is then shared
        with its other users; a mapping or pairs to begin a new jar with; None or False to keep none.
    auth
        A pair ``(username, password)``, `BasicAuth`, `BearerAuth`, `DigestAuth`, `NetRCAuth`, or a callable
        that takes the `Request` and returns another in its place, or None.
    event_hooks
        Callables, plain or async, by event, that run on the event loop's thread: ``request`` gets each
        `Request` before it is sent and may return another in its place, ``response`` each `Response`,
        ``redirect`` the `Response` and the next `Request`, ``retry`` the `FetchError` after which the
        request is sent once more, ``informational`` status and `Headers` of an interim answer (1xx;
        HTTP/1.1). What one raises becomes the error of that request.
    timeout
        A `Timeout`, or seconds for the whole exchange; None for no timeout.
    limits
        A `Limits`: how many requests may be in flight and how fast they begin, over all calls that name no
        limits of their own.
    retry
        A `Retry`: which requests are tried again, how often, and when. A whole number is that many attempts,
        True is ``Retry()``, False is none, which is the default.
    tls
        A `TLS`: whom to trust, who we are, how the handshake is done.
    verify, cert
        Short for `tls`, as requests and httpx have it: ``verify=False`` is ``TLS(verify=False)``,
        ``verify="root.pem"`` is ``TLS(ca="root.pem")``, ``cert=`` is ``TLS(cert=)``.
    proxy
        The URL of a proxy or a `Proxy`, for every request; or a mapping of patterns to these, of which the
        most specific wins: ``{"https": "http://proxy:3128", "all://*.internal": None}``. None takes proxies
        from the environment where `trust_env` allows it; False uses none. A proxy that fails fails the
        request: it never goes direct.
    no_proxy
        Hosts to reach directly: ``"localhost,.internal,10.0.0.0/8"`` or a list of such.
    dns
        Name servers to ask in place of the system's resolver: an address, with or without port, the URL of
        one that answers over HTTPS (RFC 8484), or several of these in order.
    resolve
        Addresses to use in place of DNS: ``{"api.example.com": "10.0.0.7:8443"}``. A port given here is
        used where the URL names none.
    local_address
        The local IP address of every connection.
    interface
        The network interface of every connection, where the system can do so (Linux, macOS).
    uds
        Connect to the unix socket at this path, whatever the host, and through no proxy.
    block_private
        Refuse to connect to addresses that are not public (loopback, private, link-local, ...), whether the
        URL, a redirect or DNS leads there. Names that a proxy looks up are out of its sight.
    keepalive
        After how many seconds of silence the system asks whether the other side of a connection is still
        there; None for never.
    idle_timeout
        How many seconds an unused connection is kept; None for as long as the server keeps it.
    http1, http2
        The versions of HTTP to speak. With both, HTTP/2 is offered to TLS servers. Without `http1`, HTTP/2 is
        spoken to all, those without TLS included.
    follow_redirects
        Follow redirects; `Authorization` and `Cookie` headers are dropped when one leads to another origin.
    max_redirects
        How many to follow before `TooManyRedirects`.
    allow_downgrade
        Follow redirects from https to http; without it they are an `UnsafeRedirect`.
    decode
        Undo the content coding of bodies. Without it none is asked for, and bodies stay as they come.
    max_body
        The largest body to accept, in bytes, decoded.
    trust_env
        Take proxies from the environment (``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``), and
        write TLS secrets where ``SSLKEYLOGFILE`` says.

    Raises
    ------
    TypeError, ValueError
        Where an option is unknown or wrong, or a variable of the environment; the message names it.
    OSError
        Where a file cannot be read; it names the file.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> async with fastfetch.Client(base_url=site.url, limits=fastfetch.Limits(per_host=8)) as client:
    ...     results = await client.gather(f"/json/{number}" for number in range(20))
    >>> results.counts
    {200: 20}
    """

    __slots__ = ()

    def stream(self, method: str, url: str, **options: Unpack[BuildOptions]) -> Stream:
        """Sends a request and leaves the body of the answer to be read, piece by piece.

        The body is taken from the socket only as fast as it is read. Leaving the block closes the
        connection where the body was not read to its end, and gives it back where it was. `Limits` count the
        request as in flight for as long.

        Arguments and errors are those of `request`; ``max_body`` bounds what is read in all. The total
        timeout bounds the time to the head of the answer: the body may take as long as it keeps coming.

        Returns
        -------
        Stream
            An async context manager that gives a `StreamedResponse`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> async with fastfetch.stream("GET", f"{site.url}/file/1000000") as response:
        ...     response = response.raise_for_status()
        ...     print(sum([len(chunk) async for chunk in response.aiter_bytes()]))
        1000000
        """
        return Stream(self._native, self.build_request(method, url, **options))

    async def gather(self, urls: AsyncSource, **options: Unpack[BatchOptions]) -> Results:
        """Fetches many URLs at once. A failing one never sinks the rest.

        Options that are None, as those are that are not given, leave it at what the client has. A call that
        names a limit (`concurrency` to `per_site`) keeps to its own alone: what it does not name is as the
        client has it, but its requests are counted by themselves, and not with the client's others.

        Parameters
        ----------
        urls
            URLs and `Request` objects: an iterable or async iterable; a column of pandas, polars or pyarrow;
            an open text file, or a `pathlib.Path` of one, with a URL on each line (blank lines and those
            that begin with ``#`` are left out). It is read to its end first.
        concurrency
            How many may be in flight.
        per_host
            How many to one host and port. ``"auto"`` finds out how many the host takes.
        rate, per_host_rate
            How many requests begin per second: in all, and to one host.
        burst
            How many may begin at once before a rate holds them back.
        min_delay
            Seconds between the starts of two requests to one host.
        hosts
            `HostLimits` of single hosts and domains, as for `Limits`, in place of all the client has.
        per_site
            Count all hosts of a site as one, as `Limits` says.
        retry
            A `Retry`: what is tried again, how often, and when. A whole number is that many attempts, True
            is ``Retry()``, False is none.
        timeout
            Seconds for each exchange, or a `Timeout`.
        headers
            Header fields for every item that does not name them itself.
        deadline
            Seconds for all together. What is not done by then is a `TotalTimeout`.
        dedupe
            Fetch equal URLs once: each place gets the response. Fragments do not count, and a `Request` with
            a method other than GET or with options of its own is equal to none.
        keep
            What to keep of each body, for batches larger than memory: ``"all"``; ``"head"`` for nothing; or
            the names of fields, as ``["name", "user.login"]``, for a small JSON object of these.
        on_response
            A callable, plain or async, that gets each `Response`, body and all, on the event loop's thread.
            What it returns is `Response.value`; what it raises becomes that item's error.
        checkpoint
            The path of a file (SQLite) that keeps each answer, whole. The same call again takes from there
            what it has, and fetches what is missing or failed: errors, and answers that a `Retry` would try
            again. One call at a time may use it.
        robots
            Obey each host's robots.txt (RFC 9309), its ``Crawl-delay`` included. A URL that it rules out is
            `DisallowedByRobots`; where it cannot be had (5xx, or no connection), so are all.
        progress
            Where to show how far it is. None, the default, shows it where a person looks: in a notebook, or
            on a terminal (stderr), once it has lasted half a second. True shows it always, False never. A
            class with the interface of tqdm shows it its own way: ``progress=tqdm``. A callable gets a
            `Progress` about ten times a second and one at the end; what it raises ends the call.

        Returns
        -------
        Results
            One `Response` for each item, in input order. Where no answer came, its `error` is the exception.

        Raises
        ------
        TypeError, ValueError
            Where an option is wrong. An item that is wrong becomes that item's error. What the source raises
            comes as it is, and nothing is fetched.
        CheckpointError
            Where the checkpoint cannot be read or written.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> urls = [f"{site.url}/json/1", f"{site.url}/json/2", f"{site.url}/missing", "no URL"]
        >>> results = await fastfetch.gather(urls, concurrency=50, retry=3)
        >>> results.counts
        {200: 2, 404: 1, 'InvalidURL': 1}
        >>> [response.json()["name"] for response in results.ok]
        ['item 1', 'item 2']
        """
        return await Batch(await awaited(urls), client=self, **options)

    def as_completed(self, urls: AsyncSource, **options: Unpack[CompletedOptions]) -> Completed:
        """Fetches many URLs and yields each `Response` as it completes.

        Memory is bounded: an item is taken from the source only when there is room for its response, so the
        source may be endless. Leaving the loop stops everything.

        Parameters
        ----------
        urls
            As for `gather`, but read only as far as there is room.
        ordered
            Yield the responses in the order of the source.
        window
            How many items may be taken from the source before their responses have been read; None for ten
            times as many as may be in flight. Unless they are `ordered`, no more than may be in flight wait
            unread before the next are begun.
        **options
            Those of `gather`. With `dedupe` a URL joins an equal one that is on its way; one that comes later
            is fetched anew.

        Returns
        -------
        Completed
            An async iterator of `Response`, with the `progress` so far.

        Raises
        ------
        TypeError, ValueError
            Where an option is wrong. An item that is wrong becomes that item's error. An exception of the
            source reaches the reader after the responses of what the source had given.
        CheckpointError
            Where the checkpoint cannot be read or written; after the responses that were there before.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> urls = (f"{site.url}/slow/{milliseconds}" for milliseconds in [300, 20])
        >>> async for response in fastfetch.as_completed(urls):
        ...     print(response.status_code, response.text.strip())
        200 This is /slow/20
        200 This is /slow/300
        """
        return Completed(self._native, urls, options)

    async def aclose(self) -> None:
        """Refuses further requests with `ClientClosed` and closes idle connections.

        Requests in flight end as they would.

        Examples
        --------
        >>> import fastfetch
        >>> client = fastfetch.Client()
        >>> await client.aclose()
        >>> try:
        ...     await client.get("https://example.com/")
        ... except fastfetch.ClientClosed as error:
        ...     print(error.attempts)
        0
        """
        self._native.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
