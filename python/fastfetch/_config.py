"""Settings and their defaults: the one place for both."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from fastfetch import _core

__all__ = ["TLS", "Cert", "Limits", "PathOrBytes", "Proxy", "Timeout"]

PathOrBytes: TypeAlias = str | bytes | os.PathLike[str]
"""A file's path, or its content."""

Cert: TypeAlias = (
    PathOrBytes
    | tuple[PathOrBytes, PathOrBytes | None]
    | tuple[PathOrBytes, PathOrBytes | None, str | bytes | None]
)
"""A certificate, with its key and password or without."""


def _check_seconds(name: str, value: float | None) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: expected a number of seconds or None, got {type(value).__name__}")
    if value != value or value <= 0:  # NaN is the number that is not itself
        raise ValueError(f"{name}: expected a positive number of seconds, got {value}")


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected a whole number, got {type(value).__name__}")
    if value < 1:
        raise ValueError(f"{name}: expected at least 1, got {value}")


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long to wait for what, in seconds; None waits for ever.

    The clock of a request starts when it leaves the queue. Where an option takes a `Timeout`, a bare number
    sets `total` and leaves the rest as it was.

    Parameters
    ----------
    connect
        For a connection: name lookup and TLS handshake included.
    read
        For the server's next bytes.
    write
        For the server to take the next bytes of the request's body.
    pool
        For the request's turn, where the client's `Limits` make it wait.
    total
        For the whole exchange, redirects included.

    Raises
    ------
    TypeError, ValueError
        Where a part is not a positive number or None.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.Timeout(read=5)
    Timeout(connect=10.0, read=5, write=30.0, pool=None, total=300.0)
    """

    connect: float | None = 10.0
    read: float | None = 30.0
    write: float | None = 30.0
    pool: float | None = None
    total: float | None = 300.0

    def __post_init__(self) -> None:
        for name in ("connect", "read", "write", "pool", "total"):
            _check_seconds(name, getattr(self, name))


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests may be in flight at once.

    Parameters
    ----------
    concurrency
        In all.
    per_host
        To one host and port; None for no bound of its own.

    Raises
    ------
    TypeError, ValueError
        Where a part is not a whole number of at least 1.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.Limits(per_host=8)
    Limits(concurrency=100, per_host=8)
    """

    concurrency: int = 100
    per_host: int | None = None

    def __post_init__(self) -> None:
        _check_count("concurrency", self.concurrency)
        if self.per_host is not None:
            _check_count("per_host", self.per_host)


@dataclass(frozen=True, slots=True, repr=False)
class TLS:
    """Whom to trust, who we are, and how the handshake is done.

    A file may be named by its path or given as bytes. Files are read when a client is made.

    Parameters
    ----------
    ca
        Certificates to trust in place of the system's, in PEM or DER: a file; a folder, of which the files
        ``*.pem``, ``*.crt``, ``*.cer`` and those named by OpenSSL's hashes are read; or a list of these.
        None for the system's trust store (``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` are honoured), or bundled
        roots where there is none.
    verify
        Check the server's certificate and host name. Without it anybody on the way can read and change
        everything.
    cert
        The certificate to show to a server that asks for one: a PEM file with its chain, and the key where
        it stands there too; a PKCS#12 file (``.p12``, ``.pfx``); or ``(cert, key)`` or
        ``(cert, key, password)``, as requests and httpx have it.
    key
        The key, where it is in a file of its own: PKCS#8, PKCS#1 or SEC1, in PEM or DER.
    password
        What the key or the PKCS#12 file is encrypted with.
    min_version, max_version
        The oldest and the newest version of TLS to speak: ``"1.2"`` or ``"1.3"``.
    pins
        Public keys of which the server's certificate, or one that it was issued under, must have one:
        ``"sha256/"`` and the Base64 of the SHA-256 digest of its SubjectPublicKeyInfo, as curl has it. They
        are checked whatever `verify` says.
    sni
        Tell the server the host name before anything is encrypted.
    crls
        Certificate revocation lists in PEM or DER, of every authority in the chain: a file, a folder
        (``*.pem``, ``*.crl``) or a list of these. They need a `ca`.

    Raises
    ------
    TypeError
        Where a part is of the wrong type.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.TLS(ca="company-root.pem")
    TLS(ca='company-root.pem')
    >>> fastfetch.TLS(cert=("client.pem", "client-key.pem", "secret"), min_version="1.3")
    TLS(cert=..., min_version='1.3')
    """

    ca: PathOrBytes | Sequence[PathOrBytes] | None = None
    verify: bool = True
    cert: Cert | None = None
    key: PathOrBytes | None = None
    password: str | bytes | None = None
    min_version: str = "1.2"
    max_version: str = "1.3"
    pins: Sequence[str] = ()
    sni: bool = True
    crls: PathOrBytes | Sequence[PathOrBytes] | None = None

    def __post_init__(self) -> None:
        _check_files("ca", self.ca, "the path of a PEM file or folder, PEM as bytes, or a list of these")
        _check_files("crls", self.crls, "the path of a revocation list, its bytes, or a list of these")
        for name in ("verify", "sni"):
            if not isinstance(value := getattr(self, name), bool):
                raise TypeError(f"{name}: expected True or False, got {_kind(value)}")

    def __repr__(self) -> str:
        # What is or may hold a key is not shown.
        given = [field for field in fields(self) if getattr(self, field.name) != field.default]
        parts = (
            f"{field.name}={'...' if field.name in _SECRET else repr(getattr(self, field.name))}"
            for field in given
        )
        return f"TLS({', '.join(parts)})"


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """A proxy, and who we are there.

    Parameters
    ----------
    url
        ``http://``, ``https://``, ``socks4://``, ``socks4a://``, ``socks5://`` or ``socks5h://``, a host and
        a port. With ``socks4a`` and ``socks5h`` the proxy looks host names up, with ``socks4`` and
        ``socks5`` we do.
    auth
        User and password, where they are not in the URL.

    Raises
    ------
    TypeError
        Where a part is of the wrong type.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.Proxy("http://proxy.example:3128", auth=("ann", "secret"))
    Proxy('http://proxy.example:3128', auth=...)
    """

    url: str
    auth: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.url, str):
            raise TypeError(f"url: expected str, got {_kind(self.url)}")
        match self.auth:
            case None | (str(), str()):
                pass
            case _:
                raise TypeError("auth: expected a user and a password as str")

    def __repr__(self) -> str:
        scheme, separator, rest = self.url.rpartition("://")
        shown = f"{scheme}{separator}{rest.rpartition('@')[2]}"
        return f"Proxy({shown!r}{', auth=...' if self.auth or '@' in rest else ''})"


_SECRET = frozenset({"cert", "key", "password"})


def _kind(value: object) -> str:
    return type(value).__name__


def _check_files(name: str, value: object, expected: str) -> None:
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if item is not None and not isinstance(item, (str, bytes, os.PathLike)):
            raise TypeError(f"{name}: expected {expected}, got {_kind(item)}")


# The settings of a client: what Client(...) takes, and what only this place sets.
CLIENT_DEFAULTS: dict[str, Any] = {
    "base_url": None,
    "params": None,
    "auth": None,
    "event_hooks": None,
    "headers": None,
    "cookies": True,
    "timeout": Timeout(),
    "limits": Limits(),
    "tls": TLS(),
    "verify": None,
    "cert": None,
    "proxy": None,
    "no_proxy": None,
    "resolve": None,
    "dns": None,
    "local_address": None,
    "interface": None,
    "uds": None,
    "block_private": False,
    "keepalive": 60.0,
    # Many servers close after 60 seconds, some after 5; what we keep longer than they do is a race at each
    # use.
    "idle_timeout": 20.0,
    "http1": True,
    "http2": True,
    "follow_redirects": True,
    "max_redirects": 20,
    "allow_downgrade": True,
    "decode": True,
    "max_body": 512 * 2**20,
    "trust_env": True,
}
# The largest line or event that is read out of a stream, in bytes.
MAX_LINE = 16 * 2**20
# How long to wait before a stream of events is asked for again, in seconds, until the server says.
RECONNECTION_TIME = 3.0
# It doubles with each attempt that fails, up to this.
MAX_RECONNECTION_TIME = 60.0

FIXED: dict[str, Any] = {
    "user_agent": f"fastfetch/{_core.version()}",
    "default_timeout": CLIENT_DEFAULTS["timeout"],
    "max_header_bytes": 300_000,
    "max_header_lines": 1_000,
}
