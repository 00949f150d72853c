"""The servers of one fault: started as it asks for them, ended with it."""

import contextlib
from collections.abc import Mapping
from ssl import SSLContext
from typing import Any, TypeVar

from tests.servers.http2 import Handler as Http2Handler
from tests.servers.http2 import Http2Server, Settings
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Answer
from tests.servers.raw import Handler, RawServer
from tests.servers.routes import Route, RouteServer
from tests.servers.tls import Authority

S = TypeVar("S", bound=LoopbackServer[Any])


class Stage(contextlib.ExitStack):
    """What a fault is performed on. Whoever fetches from it trusts `authority`."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self.authority = authority
        self.servers: list[LoopbackServer[Any]] = []

    def start(self, server: S) -> S:
        """Take a server of any kind, started by its constructor."""
        self.servers.append(self.enter_context(server))
        return server

    def raw(self, answer: Handler | bytes, *, tls: SSLContext | None = None) -> RawServer:
        """A server that says exactly these bytes."""
        return self.start(RawServer(answer, tls=tls))

    def routes(self, routes: Mapping[str, Route], *, tls: SSLContext | None = None) -> RouteServer:
        """A server that answers rightly, by path; at `/then` too."""
        server = self.start(RouteServer(tls=tls))
        server.routes.update({"/then": Answer.text("clean"), **routes})
        return server

    def http2(self, answer: Http2Handler | Answer, *, settings: Settings | None = None) -> Http2Server:
        """A server that speaks HTTP/2, over TLS, just as told."""
        tls = self.authority.context("127.0.0.1", alpn=("h2",))
        return self.start(Http2Server(answer, tls=tls, settings=settings))
