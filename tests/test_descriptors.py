"""C10. Where few files may be open: idle connections make way, and nobody notices."""

import json
import sys
from collections import Counter
from typing import Any

import pytest

from tests.conftest import Http2ServerFactory, RawServerFactory, Serve
from tests.servers.faulty import faulty
from tests.servers.http2 import Http2Server
from tests.servers.messages import Answer
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority

if sys.platform == "win32":
    pytest.skip("Windows has no limit on open files", allow_module_level=True)

from tests.programs.descriptors import HOSTS, LIMIT, POSTS
from tests.programs.running import say

Server = RouteServer | Http2Server


@pytest.fixture(params=["http", "https", "http2"])
def server(
    request: pytest.FixtureRequest, serve: Serve, h2_server: Http2ServerFactory, authority: Authority
) -> Server:
    """A server that is all hosts."""
    names = ("*.many.test", "localhost")
    match request.param:
        case "http":
            return serve(RouteServer())
        case "https":
            return serve(RouteServer(tls=authority.context(*names)))
        case _:
            return h2_server(Answer.text("hi"), tls=authority.context(*names, alpn=("h2",)))


def said(way: str, server: Server, authority: Authority) -> dict[str, Any]:
    """What came of fetching in this way."""
    ca = [authority.ca_file] if server.url.startswith("https") else []
    told: dict[str, Any] = json.loads(say("descriptors", way, server.url, *ca))
    return told


def test_hosts_in_turn(server: Server, authority: Authority) -> None:
    told = said("in_turn", server, authority)
    assert told["opened"] == HOSTS
    assert told["most"] <= LIMIT // 2


def test_hosts_together(server: Server, authority: Authority) -> None:
    assert said("together", server, authority) == {"counts": [[[200, HOSTS]]] * 2}


def test_with_every_file_taken_idle_connections_make_way(server: Server, authority: Authority) -> None:
    assert said("crowded", server, authority) == {"open": 3, "newest": "host-49"}
    assert server.ledger.accepted == 50


def test_a_name_lookup_needs_files_too(server: Server, authority: Authority) -> None:
    assert said("looked_up", server, authority) == {"status": 200}


def test_no_request_is_sent_twice(server: Server, authority: Authority) -> None:
    told = said("posts", server, authority)
    assert told["opened"] > POSTS / 10, "connections made way all the time"
    numbers = Counter(request.headers.get("x-number") for request in server.ledger.requests)
    del numbers[None]
    assert numbers == {str(number): 1 for number in range(POSTS)}


def test_what_is_being_read_stays_open(route_server: RouteServer, authority: Authority) -> None:
    assert said("held", route_server, authority) == {"lengths": [10, 10_000_000]}


def test_faults_are_told_apart_and_take_no_files_for_good(raw_server: RawServerFactory) -> None:
    told = json.loads(say("descriptors", "faulted", raw_server(faulty).url))
    assert told["kinds"] == {
        "/ok": ["200"],
        "/garbage": ["ProtocolError"],
        "/cut": ["IncompleteBody"],
        "/cut-chunk": ["IncompleteBody"],
        "/bad-chunk": ["ProtocolError"],
        "/bad-gzip": ["DecodeError"],
        "/long-head": ["LimitExceeded"],
        "/closed": ["ProtocolError"],
        "/reset": ["ConnectError"],
        "/silent": ["ReadTimeout"],
        "/loop": ["TooManyRedirects"],
    }
    assert told["then"] == [[200, HOSTS]]
