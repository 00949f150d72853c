"""Certificates that are as they should be; `tests/faults/certificates.py` has all that are not."""

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from fastfetch import TLS, Request

from tests.fetching import fetch
from tests.servers.certificates import (
    CLIENT,
    SERVER,
    Handshakes,
    Pair,
    issue,
    revocation_list,
    rsa_key,
    server,
)
from tests.servers.routes import RouteServer

HOST = "good.test"


@cache
def root() -> Pair:
    return issue("test root", ca=True)


@cache
def middle() -> Pair:
    return issue("test middle", by=root(), ca=True)


def leaf(by: Pair | None = None, **more: Any) -> Pair:
    """A server's certificate for `HOST`, unless told otherwise."""
    return issue(HOST, by=by or root(), **{"names": [HOST], **more})


def accepted(*chain: Pair, host: str = HOST, tls: Mapping[str, Any] | None = None) -> bool:
    """Is a server that shows this chain spoken to?"""
    with RouteServer(tls=server(*chain)) as origin:
        request = Request("GET", f"https://{host}:{origin.port}/json/a")
        settings: dict[str, Any] = {"ca": root().pem, **(tls or {})}
        resolve = dict.fromkeys({HOST, host} - {"127.0.0.1"}, "127.0.0.1")
        return fetch(request, tls=TLS(**settings), resolve=resolve).ok


def test_good_ones() -> None:
    own = leaf()
    limited = issue("limited", by=root(), ca=True, permitted=[HOST], path_length=0)
    assert accepted(own)
    assert accepted(own, tls={"pins": [leaf().pin(), own.pin()]})
    assert accepted(own, tls={"crls": [revocation_list(root(), leaf())]})
    assert accepted(leaf(middle()), middle())
    assert accepted(leaf(middle()), middle(), tls={"pins": [middle().pin()]})
    assert accepted(leaf(limited), limited)
    assert accepted(leaf(uses=[CLIENT, SERVER]))
    assert accepted(leaf(key=rsa_key(2048)))
    assert accepted(leaf(names=["*.good.test"]), host="www.good.test")
    assert accepted(leaf(names=["127.0.0.1"]), host="127.0.0.1")


@pytest.mark.parametrize("ca", [True, None])
def test_a_self_signed_one_may_be_trusted_by_itself(ca: bool | None) -> None:
    own = issue(HOST, names=[HOST], ca=ca)
    assert accepted(own, tls={"ca": own.pem})


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_only_version_of_both(version: str) -> None:
    spoken = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    tls = TLS(ca=root().pem, min_version=version, max_version=version)
    with Handshakes(server(leaf(), versions=(spoken, spoken))) as origin:
        request = Request("GET", f"https://{HOST}:{origin.port}/")
        assert fetch(request, tls=tls, resolve={HOST: "127.0.0.1"}).text == "ok"
