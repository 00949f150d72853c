"""`verify` and `cert` of a client, as requests and httpx have them: short for a `TLS`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastfetch._config import TLS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["written_out"]


def written_out(options: Mapping[str, Any]) -> dict[str, Any]:
    """A client's options with `tls` in the place of `verify` and `cert`."""
    given = dict(options)
    _refuse_context("tls", given.get("tls"))
    verify, cert = given.pop("verify", None), given.pop("cert", None)
    if verify is None and cert is None:
        return given
    if "tls" in given:
        raise TypeError("verify and cert are short for tls: pass one or the other")
    _refuse_context("verify", verify)
    if isinstance(verify, (str, os.PathLike)):
        given["tls"] = TLS(ca=verify, cert=cert)
    elif verify is None or isinstance(verify, bool):
        given["tls"] = TLS(verify=verify is not False, cert=cert)
    else:
        expected = "True, False or the path of certificates to trust"
        raise TypeError(f"verify: expected {expected}, got {type(verify).__name__}")
    return given


def _refuse_context(name: str, value: object) -> None:
    # By name: to import ssl for this would cost every program that needs no such thing.
    if any(cls.__module__ == "ssl" and cls.__name__ == "SSLContext" for cls in type(value).__mro__):
        raise TypeError(
            f"{name}: an ssl.SSLContext cannot be used, for TLS is not done by Python here; pass "
            "tls=fastfetch.TLS(ca=..., cert=..., ...)"
        )
