"""What only home may see: from the first foreign hop on it is gone, even where the chain comes home again."""

import asyncio
import itertools
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping

import pytest
from fastfetch import TLS, Client, Request

from tests.servers.messages import Answer
from tests.servers.messages import Request as Seen
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

PASSWORD = "hunter2"
BASIC = f"Basic {b64encode(f'me:{PASSWORD}'.encode()).decode()}"
SECRETS: Mapping[str, Mapping[str, str]] = {
    "authorization": {"Authorization": f"Bearer {PASSWORD}"},
    "cookie": {"Cookie": f"id={PASSWORD}"},
    "proxy-authorization": {"Proxy-Authorization": BASIC},
    "userinfo": {},
}
STATUSES = (301, 302, 303, 307, 308)

CHAINS = (
    "home",
    "host",
    "port",
    "scheme",
    "below",
    "dot",
    "home home",
    "home host",
    "host host",
    "host home",
    "port home",
    "scheme home",
    "below home",
    "dot home",
    "home host home",
    "host home home",
    "scheme port home",
    "below host home",
    "host home host home",
    "host below port scheme home",
)
"""Where redirects lead from home: home again, or to an origin that differs from it in this."""


@pytest.fixture
def origins(authority: Authority) -> Iterator[dict[str, RouteServer]]:
    """By the words above: the servers; home and its siblings share one."""
    secure = authority.context("home.test")
    with RouteServer() as home, RouteServer() as port, RouteServer(tls=secure) as scheme:
        shared = dict.fromkeys(("home", "host", "below", "dot"), home)
        yield {**shared, "port": port, "scheme": scheme}


def url(origins: Mapping[str, RouteServer], origin: str, path: str) -> str:
    name = {"host": "foreign.test", "below": "below.home.test", "dot": "home.test."}.get(origin, "home.test")
    scheme = "https" if origin == "scheme" else "http"
    return f"{scheme}://{name}:{origins[origin].port}{path}"


def hop(origins: Mapping[str, RouteServer], chain: list[str], status: int) -> Callable[[Seen], Answer]:
    """Leads on from each place in a chain to the next."""

    def answer(request: Seen) -> Answer:
        number, at = request.path[1:].split("/")
        if int(at) == len(chain):
            return Answer.text("end")
        return Answer.redirect(url(origins, chain[int(at)], f"/{number}/{int(at) + 1}"), status)

    return answer


@pytest.mark.parametrize("whose", ["request", "client"])
def test_400_ways_home_and_abroad(origins: dict[str, RouteServer], authority: Authority, whose: str) -> None:
    cases = list(itertools.product(SECRETS, STATUSES, CHAINS))
    assert len(cases) == 400
    names = ["home.test", "foreign.test", "below.home.test", "home.test."]

    async def main() -> None:
        for secret, group in itertools.groupby(enumerate(cases), key=lambda case: case[1][0]):
            items = []
            for number, (_, status, chain) in group:
                words = chain.split()
                for server in {*origins.values()}:
                    server.routes[f"/{number}/"] = hop(origins, words, status)
                start = url(origins, "home", f"/{number}/0")
                if secret == "userinfo":
                    start = start.replace("://", f"://me:{PASSWORD}@")
                own = SECRETS[secret] if whose == "request" else {}
                items.append(Request("GET", start, headers={**own, "X-Number": str(number)}))
            async with Client(
                headers=SECRETS[secret] if whose == "client" else None,
                resolve=dict.fromkeys(names, "127.0.0.1"),
                tls=TLS(ca=authority.ca_pem),
            ) as client:
                results = await client.gather(items)
                assert results.counts == {200: len(items)}, results.errors[:3]

    asyncio.run(main())
    seen = {request.path: request for server in {*origins.values()} for request in server.ledger.requests}
    assert len(seen) == sum(len(chain.split()) + 1 for _, _, chain in cases)
    for number, (secret, status, chain) in enumerate(cases):
        field = "authorization" if secret == "userinfo" else secret
        kept = True
        for at, origin in enumerate(["home", *chain.split()]):
            kept = kept and origin == "home"
            request = seen[f"/{number}/{at}"]
            case = f"{secret}, {status}, {chain}: hop {at}"
            assert (field in request.headers) is kept, case
            if not kept:
                assert PASSWORD.encode() not in request.head, case
                assert BASIC.encode() not in request.head, case
            assert request.headers["x-number"] == str(number)
