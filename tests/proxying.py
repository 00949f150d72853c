"""Proxies of every kind, and servers behind them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastfetch import (
    TLS,
    Timeout,
)

from tests.conftest import Serve
from tests.servers.connect_proxy import ForwardProxy
from tests.servers.routes import RouteServer
from tests.servers.socks import SocksServer
from tests.servers.tls import Authority

ANN = ("ann", "s3cret")
HOST = "origin.test"
NAMES = {HOST: "127.0.0.1"}
HTTP_KINDS = ("http", "https")
KINDS = (*HTTP_KINDS, "socks4", "socks4a", "socks5", "socks5h")
EVERY_TARGET = pytest.mark.parametrize("target", ["http", "https"])


@contextmanager
def origin(target: str, authority: Authority) -> Iterator[RouteServer]:
    """A server of this scheme for `HOST`, and its URL by that name."""
    tls = authority.context(HOST, "127.0.0.1", "::1") if target == "https" else None
    with RouteServer(tls=tls) as server:
        server.url = server.url.replace("127.0.0.1", HOST)
        yield server


def make(
    kind: str, serve: Serve, authority: Authority, user: tuple[str, str] | None = None, **more: Any
) -> tuple[ForwardProxy | SocksServer, str]:
    """A proxy, and its URL without user and password."""
    if kind in HTTP_KINDS:
        tls = authority.context("127.0.0.1") if kind == "https" else None
        forward = serve(ForwardProxy(tls=tls, user=user, hosts=NAMES, **more))
        return forward, forward.url
    server = serve(SocksServer(user=user, hosts=NAMES, **more))
    return server, f"{kind}://{server.address}"


def with_user(url: str, user: str = "ann:s3cret") -> str:
    if url.startswith("socks4"):
        user = user.partition(":")[0]
    return url.replace("://", f"://{user}@")


def settings(authority: Authority, **more: Any) -> dict[str, Any]:
    """Those of a client that trusts the test's authority and knows `HOST`."""
    return {"tls": TLS(ca=authority.ca_pem), "resolve": NAMES, "timeout": Timeout(connect=3, read=3), **more}
