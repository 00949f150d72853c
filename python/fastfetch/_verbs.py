"""Requests of a client: every verb, said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastfetch._base_client import BaseClient
from fastfetch._coroutines import coroutine_function

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any, Unpack

    from fastfetch._core import Request, Response
    from fastfetch._options import RequestOptions

__all__ = ["Verbs"]


class Verbs(BaseClient):
    """A method for any verb, and one for each that has a name; what they share is said at `request`."""

    __slots__ = ()

    @coroutine_function
    def request(
        self, method: str, url: str, **options: Unpack[RequestOptions]
    ) -> Coroutine[Any, Any, Response]:
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
        params
            More for the URL's query, after what it has: a mapping or pairs, or a `str` that is a query
            already. A list of values repeats the name, None leaves it out, `bool` is ``true`` or ``false``.
        content
            The body: `str` (sent as UTF-8), `bytes`, any buffer, a file opened in binary mode, or an iterable
            or async iterable of these pieces. What is iterated is read while it is sent, on the event loop's
            thread; a file can be sent again where a redirect asks for it, a generator cannot.
        data
            A form: a mapping or pairs, with values as in `params`. Anything else is taken as `content`.
        json
            Anything that `json.dumps` takes, sent as compact UTF-8. For ``null`` use ``content="null"``.
        files
            Files of a form, together with the fields of `data` (`multipart/form-data`, RFC 7578): a mapping
            or pairs of a name and a content, or a tuple: file name, content, and where wanted content type
            and headers. Files from disk are read while they are sent.
        cookies
            Cookies of this request alone: a mapping, pairs, or a `Cookies`, of which those are taken that fit
            the URL. They count instead of the client's of the same name, and never follow a redirect to
            another origin.
        timeout
            Seconds for the whole exchange, or a `Timeout`; None for no timeout.
        auth
            As for `Client`; None for none at all.
        follow_redirects
            Follow redirects; None for the client's setting.
        max_body
            The largest body to accept, in bytes, decoded; None for the client's setting.
        proxy
            The URL of a proxy or a `Proxy`, in place of the client's; False for none.
        retry
            A `Retry`, or as for `Client`; None for the client's setting.

        Returns
        -------
        Response
            The answer, whatever its status.

        Raises
        ------
        FetchError
            Where no answer came; the class says why.
        TypeError, ValueError
            Where an argument is wrong, or one excludes another; the message names it. What an iterator of the
            caller's own raises comes as it is.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.request("PUT", f"{site.url}/echo", content="text", timeout=5)
        >>> response.json()["method"], response.json()["body"]
        ('PUT', 'text')
        """
        return self._native.request(method, url, **options)

    @coroutine_function
    def send(self, request: Request) -> Coroutine[Any, Any, Response]:
        """Sends a `Request`; result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.send(fastfetch.Request("GET", f"{site.url}/json/1", tag="one"))
        >>> response.tag, response.json()["name"]
        ('one', 'item 1')
        """
        return self._native.send(request)

    @coroutine_function
    def get(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Sends a GET; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.get(f"{site.url}/items", params={"page": 2})
        >>> response.json()["items"][0]["name"]
        'item 21'
        """
        return self._native.verb("GET", url, **options)

    @coroutine_function
    def head(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Sends a HEAD; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.head(f"{site.url}/file/1000000")
        >>> response.headers["content-length"], response.content
        ('1000000', b'')
        """
        return self._native.verb("HEAD", url, **options)

    @coroutine_function
    def options(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Sends an OPTIONS; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.options(f"{site.url}/json/1")
        >>> response.status_code, response.headers["allow"]
        (405, 'GET, HEAD')
        """
        return self._native.verb("OPTIONS", url, **options)

    @coroutine_function
    def post(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Sends a POST; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.post(f"{site.url}/echo", json={"name": "value"})
        >>> response.json()["body"]
        '{"name":"value"}'
        >>> response = await fastfetch.post(f"{site.url}/echo", data={"name": "value", "several": [1, 2]})
        >>> response.json()["body"]
        'name=value&several=1&several=2'
        >>> response = await fastfetch.post(f"{site.url}/echo", files={"note": ("note.txt", b"text")})
        >>> response.json()["body"].splitlines()[1]
        'Content-Disposition: form-data; name="note"; filename="note.txt"'
        """
        return self._native.verb("POST", url, **options)

    @coroutine_function
    def put(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Sends a PUT; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import io, fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.put(f"{site.url}/echo", content=io.BytesIO(b"what a file holds"))
        >>> response.json()["body"]
        'what a file holds'
        """
        return self._native.verb("PUT", url, **options)

    @coroutine_function
    def patch(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Sends a PATCH; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.patch(f"{site.url}/echo", json=[{"op": "remove", "path": "/name"}])
        >>> response.json()["method"]
        'PATCH'
        """
        return self._native.verb("PATCH", url, **options)

    @coroutine_function
    def delete(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Sends a DELETE; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> response = await fastfetch.delete(f"{site.url}/echo")
        >>> response.ok
        True
        """
        return self._native.verb("DELETE", url, **options)
