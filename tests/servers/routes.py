"""A small, fast HTTP/1.1 keep-alive server whose answers a test picks by path.

Built in:

    /json/NAME              {"name": "NAME"}
    /bytes/N                N bytes
    /status/CODE            an empty answer with that status
    /redirect/N             N hops, the last one to /json/landed
    /redirect-to?url=…      one hop to that URL; &status=307 for another status than 302
    /delay/SECONDS          {"delay": SECONDS}, after that time on the server's clock
    /echo                   method, target, headers and body of the request, as JSON
    /never                  no answer at all
    /gate/NAME              {"gate": "NAME"}, once the test calls `open_gate("NAME")`

A test adds its own to `server.routes`, under a whole path or under a first segment and a slash:

    server.routes["/hello"] = Answer.text("hello")
    server.routes["/users/"] = lambda request: Answer.json({"login": request.rest})
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from ssl import SSLContext

from tests.servers.loopback import LoopbackServer, Watched
from tests.servers.messages import Answer, Request

Coming = Coroutine[object, object, Answer]
Route = Answer | Callable[[Request], Answer | Coming]


def _redirect(request: Request) -> Answer:
    left = int(request.rest)
    return Answer.redirect("/json/landed" if left <= 1 else f"/redirect/{left - 1}")


def _redirect_to(request: Request) -> Answer:
    return Answer.redirect(request.query["url"], int(request.query.get("status", "302")))


async def _delay(request: Request) -> Answer:
    seconds = float(request.rest)
    await asyncio.sleep(seconds)
    return Answer.json({"delay": seconds})


async def _never(request: Request) -> Answer:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets that event")


def _echo(request: Request) -> Answer:
    return Answer.json(
        {
            "method": request.method,
            "target": request.target,
            "headers": request.header_items,
            "body": request.body.decode("latin-1"),
        }
    )


def _failed(error: BaseException) -> Answer:
    return Answer.text(f"the route failed: {error!r}", 500)


_BUILT_IN: Mapping[str, Route] = {
    "/json/": lambda request: Answer.json({"name": request.rest}),
    "/bytes/": lambda request: Answer(bytes(int(request.rest))),
    "/status/": lambda request: Answer(status=int(request.rest)),
    "/redirect/": _redirect,
    "/redirect-to": _redirect_to,
    "/delay/": _delay,
    "/echo": _echo,
    "/never": _never,
}


@dataclass(slots=True)
class Traffic:
    """How many requests are being answered."""

    now: int = 0
    peak: int = 0

    def begin(self) -> None:
        self.now += 1
        self.peak = max(self.peak, self.now)

    def end(self) -> None:
        self.now -= 1


class RouteServer(LoopbackServer[Request]):
    """Answers by path. Its ledger holds each request; `traffic.peak` is the most ever in progress at once."""

    def __init__(self, *, tls: SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = {**_BUILT_IN, "/gate/": self._at_gate}
        self.traffic = Traffic()
        self._gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        super().__init__(tls)

    def protocol(self) -> Watched[Request]:
        return _Exchange(self)

    def open_gate(self, name: str) -> None:
        """Let every request at this gate, and those still to come, be answered."""
        self.in_loop(lambda: self._gates[name].set())

    def answer(self, request: Request) -> Answer | Coming:
        """What the request's route says: by whole path, else by first segment."""
        path = request.path
        route = self.routes.get(path) or self.routes.get(path[: path.find("/", 1) + 1])
        if route is None:
            return Answer.text(f"no route for {path}", 404)
        return route(request) if callable(route) else route

    async def _at_gate(self, request: Request) -> Answer:
        await self._gates[request.rest].wait()
        return Answer.json({"gate": request.rest})


class _Exchange(Watched[Request]):
    """One connection: reads a request, answers it, reads the next."""

    def __init__(self, server: RouteServer) -> None:
        super().__init__(server)
        self._routes = server
        self._buffer = bytearray()
        self._coming: asyncio.Task[Answer] | None = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._serve()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._coming is not None:
            self._coming.cancel()
        super().connection_lost(exc)

    def _serve(self) -> None:
        """Answer what the buffer holds, in order, up to an answer that is still to come."""
        while self._coming is None and (request := Request.take(self._buffer)):
            self._routes.ledger.note_request(request)
            self._routes.traffic.begin()
            try:
                answer = self._routes.answer(request)
            except Exception as error:
                answer = _failed(error)
            if isinstance(answer, Answer):
                self._send(request, answer)
            else:
                self._wait_for(request, answer)

    def _wait_for(self, request: Request, answer: Coming) -> None:
        def finish(done: asyncio.Task[Answer]) -> None:
            self._coming = None
            if done.cancelled():
                self._routes.traffic.end()
            else:
                error = done.exception()
                self._send(request, _failed(error) if error else done.result())
                self._serve()

        self._coming = asyncio.get_running_loop().create_task(answer)
        self._coming.add_done_callback(finish)

    def _send(self, request: Request, answer: Answer) -> None:
        self._routes.traffic.end()
        self.transport.write(answer.encode(head_only=request.method == "HEAD"))
        if answer.closes or request.headers.get("connection") == "close":
            self.transport.close()
