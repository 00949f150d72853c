"""No answer is ever given to another request than its own, whatever the weather and whoever is cancelled."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from fastfetch import TLS, Client, FetchError, Limits, Request, Retry, Timeout

from tests.amounts import times
from tests.conftest import ChaosFactory, Http2ServerFactory, RawServerFactory, Serve
from tests.figures import Measured
from tests.servers.chaos import Chaos, Weather
from tests.servers.connect_proxy import ForwardProxy
from tests.servers.http2 import each
from tests.servers.nonces import Nonces, body_of
from tests.servers.tls import Authority

WAYS = ("http", "https", "http2", "proxy", "tunnel")

STORM = Weather(
    slow_accept=0.1,
    delay=0.1,
    split=0.1,
    throttle=0.05,
    cut=0.08,
    reset=0.08,
    stretch=2**12,
    longest=0.01,
    rate=2e6,
)
IN_FLIGHT = 50
CANCELLED = 0.1
"""The share of requests that somebody means to cancel."""

RETRY = Retry(attempts=3, backoff=0.001, budget=None)


@dataclass
class Way:
    """How a server is reached, and what is seen there."""

    name: str
    url: str
    proxy: Chaos
    nonces: Nonces
    options: dict[str, Any] = field(default_factory=dict)

    def client(self, **more: Any) -> Client:
        limits = Limits(concurrency=IN_FLIGHT, per_host=IN_FLIGHT)
        timeout = Timeout(connect=5, read=5, total=20)
        return Client(limits=limits, timeout=timeout, **self.options, **more)


@pytest.fixture(params=WAYS)
def way(
    request: pytest.FixtureRequest,
    chaos: ChaosFactory,
    raw_server: RawServerFactory,
    h2_server: Http2ServerFactory,
    serve: Serve,
    authority: Authority,
) -> Way:
    """Each way to a server, with the proxy that makes the weather on it."""
    nonces, tls = Nonces(), {"tls": TLS(ca=authority.ca_pem)}
    name: str = request.param
    match name:
        case "http":
            proxy = chaos(raw_server(nonces.over_http1).url)
            return Way(name, proxy.url, proxy, nonces)
        case "https":
            proxy = chaos(raw_server(nonces.over_http1, tls=authority.context("127.0.0.1")).url)
            return Way(name, proxy.url, proxy, nonces, tls)
        case "http2":
            context = authority.context("127.0.0.1", alpn=("h2",))
            proxy = chaos(h2_server(each(nonces.over_http2), tls=context).url)
            return Way(name, proxy.url, proxy, nonces, tls)
        case _:
            secure = authority.context("127.0.0.1") if name == "tunnel" else None
            origin = raw_server(nonces.over_http1, tls=secure)
            proxy = chaos(serve(ForwardProxy()).url)
            return Way(name, origin.url, proxy, nonces, {**tls, "proxy": proxy.url})


class Talk:
    """Requests with nonces, and what became of each."""

    def __init__(self, way: Way, seed: int) -> None:
        self.way = way
        self.dice = random.Random(seed)
        self.became: Counter[str] = Counter()
        self.mismatches: list[str] = []
        self.posts: set[str] = set()

    def request(self, number: int) -> tuple[Request, str, bytes]:
        """A request, its nonce, and the body that is to come."""
        nonce = f"{number}-{self.dice.getrandbits(64):x}"
        kind = self.dice.choice(("plain", "chunked", "gzip", "redirect", "echo"))
        url, headers = f"{self.way.url}/{kind}/{nonce}", {"x-nonce": nonce}
        if kind != "echo":
            return Request("GET", url, headers=headers, tag=nonce), nonce, body_of(nonce)
        self.posts.add(nonce)
        sent = body_of(f"sent {nonce}")
        return Request("POST", url, headers=headers, content=sent, tag=nonce), nonce, sent

    def compare(self, nonce: str, response: Any, body: bytes, expected: bytes) -> None:
        """Hold an answer against the request it was given to."""
        self.became["answered"] += 1
        said = (response.status_code, response.headers.get("x-nonce"), response.headers.get("x-said"))
        if said != (200, nonce, nonce) or body != expected:
            self.mismatches.append(f"{nonce} got {said} and {len(body)} bytes for {len(expected)}")

    async def one(self, client: Client, number: int) -> None:
        """One request: read whole or streamed, answered or failed."""
        request, nonce, expected = self.request(number)
        try:
            if self.dice.random() < 0.3:
                async with client.stream(request.method, request.url, **sent(request)) as streamed:
                    body = b"".join([piece async for piece in streamed.aiter_bytes()])
                # Not before it is closed: whoever is cancelled while it closes has no answer.
                self.compare(nonce, streamed, body, expected)
            else:
                response = await client.send(request)
                self.compare(nonce, response, response.content, expected)
        except FetchError as error:
            self.became[f"failed: {type(error).__name__}"] += 1

    async def all(self, count: int) -> None:
        """So many of them, some in flight at once, some cancelled."""
        free = asyncio.Semaphore(IN_FLIGHT)
        loop = asyncio.get_running_loop()

        def over(task: asyncio.Task[None]) -> None:
            free.release()
            self.became["cancelled"] += task.cancelled()

        async with (
            self.way.client() as calm,
            self.way.client(retry=RETRY) as stubborn,
            asyncio.TaskGroup() as group,
        ):
            for number in range(count):
                await free.acquire()
                task = group.create_task(self.one(self.dice.choice((calm, stubborn)), number))
                task.add_done_callback(over)
                if self.dice.random() < CANCELLED:
                    loop.call_later(self.dice.expovariate(100), task.cancel)

    def failed(self) -> int:
        return sum(count for what, count in self.became.items() if what.startswith("failed"))


def sent(request: Request) -> dict[str, Any]:
    return {"headers": request.headers, "content": request.content}


@pytest.mark.torture
def test_every_answer_is_that_of_its_request(way: Way, measured: Measured) -> None:
    # Where one connection carries all requests, each end of it is the end of many.
    way.proxy.weather = replace(STORM, cut=0.01, reset=0.01) if way.name == "http2" else STORM
    count = times(100_000, 2_000) // len(WAYS)
    talk = Talk(way, seed=len(way.name))
    asyncio.run(talk.all(count))
    became, failed = talk.became, talk.failed()
    assert talk.mismatches == []
    assert became.total() == count
    assert became["answered"] > count / 2, became
    assert min(failed, became["cancelled"]) > count / 100, became
    for what in ("delay", "split", "throttle", "cut", "reset"):
        assert way.proxy.met[what] > 0, way.proxy.met
    assert not [nonce for nonce in talk.posts if way.nonces.begun["POST", nonce] > 1], "sent twice"
    measured(
        f"{count:,} requests with nonces in bad weather, {way.name}",
        f"{became['answered']:,} answered, {failed:,} failed, {became['cancelled']:,} cancelled, 0 mixed up",
    )


@pytest.mark.torture
def test_retries_deliver_once_and_send_no_post_twice(way: Way, measured: Measured) -> None:
    """Each item comes once, `on_response` is called once for each answer, no POST is begun with twice."""
    way.proxy.weather = replace(STORM, cut=0.01, reset=0.01) if way.name == "http2" else STORM
    talk = Talk(way, seed=1)
    items = [talk.request(number) for number in range(times(10_000, 1_000) // len(WAYS))]
    expected = {nonce: body for _, nonce, body in items}
    told: Counter[object] = Counter()
    delivered: Counter[object] = Counter()
    again = 0

    async def main() -> None:
        nonlocal again
        requests = [request for request, _, _ in items]
        async with way.client(retry=replace(RETRY, attempts=8)) as client:
            async for response in client.as_completed(requests, on_response=lambda it: told.update([it.tag])):
                nonce = str(response.tag)
                delivered[nonce] += 1
                if response.error is None:
                    talk.compare(nonce, response, response.content, expected[nonce])
                    again += response.attempts > 1 + len(response.history)
                else:
                    talk.became["failed"] += 1

    asyncio.run(main())
    assert talk.mismatches == []
    assert delivered == dict.fromkeys(expected, 1)
    assert set(told.values()) == {1}
    assert told.total() == talk.became["answered"] > len(items) / 2
    assert again > len(items) / 100
    assert not [nonce for nonce in talk.posts if way.nonces.begun["POST", nonce] > 1], "sent twice"
    measured(
        f"{len(items):,} requests with retries in bad weather, {way.name}",
        f"{again:,} were sent again and answered, each item delivered once, no POST begun with twice",
    )


@pytest.mark.torture
@pytest.mark.parametrize("way", ["https", "http2"], indirect=True)
def test_what_was_changed_on_the_way_is_an_error(way: Way, measured: Measured) -> None:
    """A flipped bit under TLS is never an answer, but for those requests that none was flipped for."""
    count = times(1_000, 60)
    talk = Talk(way, seed=2)

    async def main() -> None:
        timeout = Timeout(connect=0.5, read=0.5, total=2)  # A changed length lets everybody wait for more.
        limits = Limits(concurrency=20)
        async with Client(**way.options, timeout=timeout, limits=limits, retry=RETRY) as client:
            items = [talk.request(number) for number in range(count)]
            for response, (_, nonce, expected) in zip(
                await client.gather([request for request, _, _ in items]), items, strict=True
            ):
                if response.error is None:
                    talk.compare(nonce, response, response.content, expected)
                else:
                    talk.became["failed"] += 1

    way.proxy.weather = Weather(corrupt=1.0, stretch=400)
    asyncio.run(main())
    assert talk.became == {"failed": count}
    way.proxy.weather = Weather(corrupt=0.2, stretch=2**14)
    asyncio.run(main())
    assert talk.mismatches == []
    assert talk.became["answered"] > 0
    assert talk.became["failed"] > count
    assert not [nonce for nonce in talk.posts if way.nonces.begun["POST", nonce] > 1], "sent twice"
    measured(
        f"{2 * count:,} requests with flipped bits under TLS, {way.name}",
        f"{way.proxy.met['corrupt']:,} bits flipped, 0 of them in an answer",
    )
