"""The verbs of a client that have a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Unpack

    from fastfetch import _core
    from fastfetch._core import Response
    from fastfetch._options import RequestOptions

__all__ = ["Verbs"]


class Verbs:
    """One method for each verb; what they share is said at `Client.request`."""

    __slots__ = ()
    _native: _core.Client

    async def get(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a GET; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return (await fastfetch.get(url, params={"page": 2, "tag": ["a", "b"]})).json()
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
        response: Response = await self._native.request("HEAD", url, **options)
        return response

    async def options(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends an OPTIONS; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return (await fastfetch.options(url)).headers["allow"]
        """
        response: Response = await self._native.request("OPTIONS", url, **options)
        return response

    async def post(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a POST; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     await fastfetch.post(url, json={"name": "value"})
        ...     await fastfetch.post(url, data={"name": "value", "several": [1, 2]})
        ...     with open("picture.png", "rb") as file:
        ...         return await fastfetch.post(url, data={"title": "text"}, files={"picture": file})
        """
        response: Response = await self._native.request("POST", url, **options)
        return response

    async def put(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a PUT; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     with open("large.bin", "rb") as file:
        ...         return await fastfetch.put(url, content=file, headers={"expect": "100-continue"})
        """
        response: Response = await self._native.request("PUT", url, **options)
        return response

    async def patch(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a PATCH; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return await fastfetch.patch(url, json=[{"op": "remove", "path": "/name"}])
        """
        response: Response = await self._native.request("PATCH", url, **options)
        return response

    async def delete(self, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Sends a DELETE; arguments, result and errors are those of `request`.

        Examples
        --------
        >>> import fastfetch
        >>> async def main(url):
        ...     return (await fastfetch.delete(url)).ok
        """
        response: Response = await self._native.request("DELETE", url, **options)
        return response
