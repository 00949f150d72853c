"""Fixtures: every server the tests talk to, and every event loop they run under."""

import contextlib
import os
from collections.abc import Iterator
from ssl import SSLContext
from typing import Any, Protocol, TypeVar

import pytest
from hypothesis import settings

from tests import figures
from tests.authorized import Chain
from tests.commands import Say
from tests.faces import FACES, WAITING_FACES, showing
from tests.faults.stage import Stage
from tests.figures import Measured
from tests.loops import LOOP_FACTORIES, LoopFactory
from tests.servers.bodies import BodyServer
from tests.servers.chaos import CLEAR, Chaos, Weather
from tests.servers.dnsmasq import Dnsmasq, running_dnsmasq
from tests.servers.http2 import Handler as Http2Handler
from tests.servers.http2 import Http2Server, Settings
from tests.servers.httpbin import running_httpbin
from tests.servers.listening import find
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Answer
from tests.servers.nginx import Nginx, find_nginx, running_nginx
from tests.servers.proxies import Proxies, Squid, running_microsocks, running_squid, running_tinyproxy
from tests.servers.raw import Handler, RawServer
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

S = TypeVar("S", bound=LoopbackServer[Any])

pytest.register_assert_rewrite("tests.fetching")

# How long an example takes says nothing on a machine that is busy with others.
settings.register_profile("fastfetch", deadline=None)
settings.load_profile("fastfetch")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `awaits` is for the async face alone, and so are async callbacks."""

    def belongs(item: pytest.Item) -> bool:
        parameters = getattr(item, "callspec", None)
        given = (
            [value for value in parameters.params.values() if isinstance(value, str)] if parameters else []
        )
        awaits = item.get_closest_marker("awaits") or "async" in given
        return not (awaits and any(face in given for face in WAITING_FACES))

    items[:] = [item for item in items if belongs(item)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if figures.lines:
        terminalreporter.section("figures")
        for done, came_of_it in figures.lines.items():
            terminalreporter.write_line(f"{done}: {came_of_it}")
    figures.keep()


class RawServerFactory(Protocol):
    """Starts a `RawServer` that ends with the test."""

    def __call__(self, answer: Handler | bytes, *, tls: SSLContext | None = None) -> RawServer: ...


class Http2ServerFactory(Protocol):
    """Starts an `Http2Server` that ends with the test."""

    def __call__(
        self,
        answer: Http2Handler | Answer,
        *,
        tls: SSLContext | None = None,
        settings: Settings | None = None,
        acknowledges: bool = True,
    ) -> Http2Server: ...


class ChaosFactory(Protocol):
    """Starts a `Chaos` proxy that ends with the test."""

    def __call__(self, origin: str, weather: Weather = CLEAR, *, seed: int = 0) -> Chaos: ...


class Serve(Protocol):
    """Ends a server of any kind with the test."""

    def __call__(self, server: S) -> S: ...


def need(program: str, path: str | None) -> None:
    """Skip what needs a program that is not there; where all are, in CI, that is a failure."""
    if path is None:
        message = f"{program} is not installed: tests/install-system-packages.sh"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture
def no_proxy_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of proxies."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The certificate authority of this test run."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def nginx(authority: Authority) -> Iterator[Nginx]:
    """A real nginx, with an access log."""
    need("nginx", find_nginx())
    with running_nginx(authority, log=True) as server:
        yield server


@pytest.fixture(scope="session")
def tinyproxy() -> Iterator[Proxies]:
    """A real HTTP proxy."""
    need("tinyproxy", find("tinyproxy"))
    with running_tinyproxy() as proxies:
        yield proxies


@pytest.fixture(scope="session")
def squid(authority: Authority) -> Iterator[Squid]:
    """A real HTTP proxy, over TLS as well."""
    need("squid", find("squid"))
    with running_squid(authority) as proxies:
        yield proxies


@pytest.fixture(scope="session")
def microsocks() -> Iterator[Proxies]:
    """A real SOCKS5 proxy."""
    need("microsocks", find("microsocks"))
    with running_microsocks() as proxies:
        yield proxies


@pytest.fixture
def dnsmasq() -> Iterator[Dnsmasq]:
    """A real name server, which has been asked nothing yet."""
    need("dnsmasq", find("dnsmasq"))
    with running_dnsmasq() as server:
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
def chained(route_server: RouteServer) -> Iterator[Chain]:
    """Chains of redirects between `route_server` and another."""
    with RouteServer() as there:
        yield Chain(route_server, there)


@pytest.fixture
def stage(authority: Authority) -> Iterator[Stage]:
    """Where a fault is performed."""
    with Stage(authority) as stage:
        yield stage


@pytest.fixture
def measured() -> Measured:
    """Keeps a figure: `measured("5,000 cancels at random moments", "0 slots lost")`."""
    return figures.lines.__setitem__


@pytest.fixture
def raw_server() -> Iterator[RawServerFactory]:
    """Starts servers that say exactly the given bytes."""
    with contextlib.ExitStack() as servers:

        def start(answer: Handler | bytes, *, tls: SSLContext | None = None) -> RawServer:
            return servers.enter_context(RawServer(answer, tls=tls))

        yield start


@pytest.fixture
def heard() -> Iterator[BodyServer]:
    """A server that keeps the bodies it reads."""
    with BodyServer() as server:
        yield server


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Takes servers, started by their constructor, and ends them: `serve(SocksServer())`."""
    with contextlib.ExitStack() as servers:

        def serving(server: S) -> S:
            servers.enter_context(server)
            return server

        yield serving


@pytest.fixture
def chaos() -> Iterator[ChaosFactory]:
    """Starts proxies that make bad weather on the way to a server."""
    with contextlib.ExitStack() as proxies:

        def start(origin: str, weather: Weather = CLEAR, *, seed: int = 0) -> Chaos:
            return proxies.enter_context(Chaos(origin, weather, seed=seed))

        yield start


@pytest.fixture
def h2_server() -> Iterator[Http2ServerFactory]:
    """Starts servers that speak HTTP/2 just as told."""
    with contextlib.ExitStack() as servers:

        def start(
            answer: Http2Handler | Answer,
            *,
            tls: SSLContext | None = None,
            settings: Settings | None = None,
            acknowledges: bool = True,
        ) -> Http2Server:
            server = Http2Server(answer, tls=tls, settings=settings, acknowledges=acknowledges)
            return servers.enter_context(server)

        yield start


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each face in turn, under the names that the test's module has for `fastfetch`."""
    with showing(request.param, request.module):
        yield request.param


@pytest.fixture(params=list(LOOP_FACTORIES))
def loop_factory(request: pytest.FixtureRequest) -> LoopFactory:
    """Each kind of event loop in turn."""
    name: str = request.param
    return LOOP_FACTORIES[name]


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Say:
    """Runs the command line in this process."""
    from fastfetch._cli.main import main

    def say(*words: object) -> tuple[object, str, str]:
        try:
            code: object = main([str(word) for word in words])
        except SystemExit as end:
            code = end.code
        out, err = capfd.readouterr()
        return code, out, err

    return say
