"""The options of a fault in a form that a client in another process can be told."""

import os
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from fastfetch import TLS, Auth, DigestAuth, Timeout

from tests.reliability.peers.peer import Wish

PEM = b"-----BEGIN"


def wish(options: Mapping[str, Any]) -> Wish:
    """The options of a client, as JSON has them."""
    told = {name: plain(value) for name, value in options.items() if name not in PARTICULAR}
    for name, tell in PARTICULAR.items():
        if name in options:
            told[name] = tell(options[name])
    return told


def auth(given: Auth | tuple[str, str]) -> Wish:
    """The scheme, and the user with the password."""
    if isinstance(given, DigestAuth):
        _, user = given.__reduce__()
        return {"scheme": "digest", "user": user}
    return {"scheme": "basic", "user": given}


def timeout(given: float | Timeout) -> Wish:
    whole = given if isinstance(given, Timeout) else Timeout(total=given)
    return {field.name: getattr(whole, field.name) for field in fields(whole)}


def tls(given: TLS) -> Wish:
    told: Wish = plain(given)
    for name in ("ca", "cert", "crls"):
        if (part := getattr(given, name)) is not None:
            told[name] = pem(part)
    return told


def pem(given: Any) -> str:
    """The text of certificates that are given as files or as bytes, one or several."""
    match given:
        case bytes():
            return given.decode() if PEM in given else ssl.DER_cert_to_PEM_cert(given)
        case str() | os.PathLike():
            with open(given, "rb") as file:
                return pem(file.read())
        case _:
            return "".join(map(pem, given))


def plain(value: Any) -> Any:
    """What JSON can say; of a setting, the parts that differ from their defaults."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return value.decode("latin-1")
        case os.PathLike():
            return os.fspath(value)
        case Mapping():
            return {str(name): plain(part) for name, part in value.items()}
        case Sequence():
            return [plain(part) for part in value]
        case _ if is_dataclass(value):
            given = ((field, getattr(value, field.name)) for field in fields(value))
            return {
                field.name: plain(part)
                for field, part in given
                if field.default is MISSING or part != field.default
            }
        case _:
            raise TypeError(f"not to be told to another process: {value!r}")


PARTICULAR: dict[str, Callable[[Any], Wish]] = {"auth": auth, "timeout": timeout, "tls": tls}
"""Options that are told in their own way."""
