"""Fixtures: every server the tests talk to, and every event loop they run under."""

import contextlib
import os
from collections.abc import Iterator
from ssl import SSLContext
from typing import Protocol

import pytest
from hypothesis import settings

from tests.loops import LOOP_FACTORIES, LoopFactory
from tests.servers.httpbin import running_httpbin
from tests.servers.nginx import Nginx, find_nginx, running_nginx
from tests.servers.raw import Handler, RawServer
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

pytest.register_assert_rewrite("tests.fetching")

# How long an example takes says nothing on a machine that is busy with others.
settings.register_profile("fastfetch", deadline=None)
settings.load_profile("fastfetch")


class RawServerFactory(Protocol):
    """Starts a `RawServer` that ends with the test."""

    def __call__(self, answer: Handler | bytes, *, tls: SSLContext | None = None) -> RawServer: ...


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The certificate authority of this test run."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def nginx(authority: Authority) -> Iterator[Nginx]:
    """A real nginx, with an access log."""
    if find_nginx() is None:
        message = "nginx is not installed: tests/install-system-packages.sh"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with running_nginx(authority, log=True) as server:
        yield server


@pytest.fixture(scope="session")
def httpbin() -> Iterator[str]:
    """The URL of a running httpbin."""
    with running_httpbin() as url:
        yield url


@pytest.fixture
def route_server() -> Iterator[RouteServer]:
    """A server that answers by path."""
    with RouteServer() as server:
        yield server


@pytest.fixture
def raw_server() -> Iterator[RawServerFactory]:
    """Starts servers that say exactly the given bytes."""
    with contextlib.ExitStack() as servers:

        def start(answer: Handler | bytes, *, tls: SSLContext | None = None) -> RawServer:
            return servers.enter_context(RawServer(answer, tls=tls))

        yield start


@pytest.fixture(params=list(LOOP_FACTORIES))
def loop_factory(request: pytest.FixtureRequest) -> LoopFactory:
    """Each kind of event loop in turn."""
    name: str = request.param
    return LOOP_FACTORIES[name]
