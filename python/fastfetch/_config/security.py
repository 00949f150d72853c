"""Whom to trust, and through whom to go."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fastfetch._config.parts import check_flag, kind, shown

__all__ = ["TLS", "Cert", "PathOrBytes", "Proxy"]

PathOrBytes: TypeAlias = str | bytes | os.PathLike[str]
"""A file's path, or its content."""

Cert: TypeAlias = (
    PathOrBytes
    | tuple[PathOrBytes, PathOrBytes | None]
    | tuple[PathOrBytes, PathOrBytes | None, str | bytes | None]
)
"""A certificate, with its key and password or without."""


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
            check_flag(name, getattr(self, name))

    def __repr__(self) -> str:
        # What is or may hold a key is not shown.
        return shown(self, secret=("cert", "key", "password"))


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
            raise TypeError(f"url: expected str, got {kind(self.url)}")
        match self.auth:
            case None | (str(), str()):
                pass
            case _:
                raise TypeError("auth: expected a user and a password as str")

    def __repr__(self) -> str:
        scheme, separator, rest = self.url.rpartition("://")
        place = f"{scheme}{separator}{rest.rpartition('@')[2]}"
        return f"Proxy({place!r}{', auth=...' if self.auth or '@' in rest else ''})"


def _check_files(name: str, value: object, expected: str) -> None:
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if item is not None and not isinstance(item, (str, bytes, os.PathLike)):
            raise TypeError(f"{name}: expected {expected}, got {kind(item)}")
