"""How requests say who they are from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastfetch import _core

if TYPE_CHECKING:
    import os

__all__ = ["Auth", "BasicAuth", "BearerAuth", "DigestAuth", "NetRCAuth"]


class Auth:
    """The base of the classes that an ``auth`` option takes.

    A pair ``(username, password)`` stands for `BasicAuth`. A callable takes the `Request` and returns another
    in its place, or None; it may be async, and make requests itself. Credentials never follow a redirect to
    another origin: neither do header fields that a callable has set.

    Examples
    --------
    >>> import fastfetch
    >>> isinstance(fastfetch.BasicAuth("ada", "secret"), fastfetch.Auth)
    True
    """

    __slots__ = ("_arguments", "_native")
    _arguments: tuple[object, ...]
    _native: _core.Authorization

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._arguments == other._arguments

    def __hash__(self) -> int:
        return hash((type(self), self._arguments))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), self._arguments

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class BasicAuth(Auth):
    """User name and password with every request (RFC 7617).

    Parameters
    ----------
    username, password
        `str` is sent as UTF-8.

    Raises
    ------
    ValueError
        Where the user name holds a colon, or either a control character.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> response = await fastfetch.get(f"{site.url}/echo", auth=fastfetch.BasicAuth("ada", "secret"))
    >>> dict(response.json()["headers"])["authorization"]
    'Basic YWRhOnNlY3JldA=='
    """

    __slots__ = ()

    def __init__(self, username: str | bytes, password: str | bytes) -> None:
        self._arguments = (username, password)
        self._native = _core.Authorization.basic(_octets("username", username), _octets("password", password))


class BearerAuth(Auth):
    """A token with every request (RFC 6750).

    Parameters
    ----------
    token
        The token alone, without the word "Bearer".

    Raises
    ------
    ValueError
        Where it is empty or holds a space, a control character or anything else outside ASCII.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> response = await fastfetch.get(f"{site.url}/echo", auth=fastfetch.BearerAuth("token"))
    >>> dict(response.json()["headers"])["authorization"]
    'Bearer token'
    """

    __slots__ = ()

    def __init__(self, token: str) -> None:
        self._arguments = (token,)
        self._native = _core.Authorization.bearer(_text("token", token))


class DigestAuth(Auth):
    """User name and password in answer to a challenge (RFC 7616): they are never sent themselves.

    MD5, SHA-256 and SHA-512-256, with their ``-sess`` forms, and the qualities ``auth`` and ``auth-int``.
    A challenge is answered once for each request, and remembered for the next ones to its origin.

    Parameters
    ----------
    username, password
        As the server knows them.

    Raises
    ------
    ValueError
        Where the user name holds a control character.

    Examples
    --------
    >>> import fastfetch
    >>> auth = fastfetch.DigestAuth("ada", "secret")
    >>> auth
    <DigestAuth>
    >>> client = fastfetch.Client(auth=auth)
    """

    __slots__ = ()

    def __init__(self, username: str, password: str) -> None:
        self._arguments = (username, password)
        self._native = _core.Authorization.digest(_text("username", username), _text("password", password))


class NetRCAuth(Auth):
    """What the user's netrc file has for the host of a request: that very host, whatever its port.

    The file is read when this is made. It is never read unasked, and its ``default`` entry is not used.

    Parameters
    ----------
    path
        The file; None for the one that ``NETRC`` names, or else ``~/.netrc``. Without one nothing is sent.

    Raises
    ------
    OSError
        Where the path names no file.
    ValueError
        Where the file cannot be read, or the one in the home directory can be read by others.

    Examples
    --------
    >>> import os, tempfile, fastfetch
    >>> from fastfetch.demo import Site
    >>> site = Site()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "netrc")
    ...     with open(path, "w") as file:
    ...         _ = file.write("machine 127.0.0.1 login ada password secret")
    ...     response = await fastfetch.get(f"{site.url}/echo", auth=fastfetch.NetRCAuth(path))
    >>> dict(response.json()["headers"])["authorization"]
    'Basic YWRhOnNlY3JldA=='
    """

    __slots__ = ()

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._arguments = (path,)
        self._native = _core.Authorization.netrc(path)


def _octets(name: str, value: str | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    return _text(name, value).encode()


def _text(name: str, value: str) -> str:
    """Checks here what would else be said with the secret, or not said."""
    if not isinstance(value, str):
        raise TypeError(f"auth: expected {name} as str, got {type(value).__name__}")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"auth: expected {name} as text that can be encoded, got a lone surrogate")
    return value
