"""Digest authentication (RFC 7616) with httpbin, and with servers that are right, wrong and hostile."""

import asyncio
from asyncio import StreamWriter

import pytest
from fastfetch import Client, DigestAuth, FetchError, Request, Response

from tests.authorized import Chain, sent
from tests.conftest import RawServerFactory
from tests.fetching import fetch, outcome
from tests.guarded import Guard, parts
from tests.servers.messages import Answer
from tests.servers.messages import Request as Seen
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer


def auth(password: str = "secret") -> DigestAuth:
    return DigestAuth("ada", password)


@pytest.fixture
def guard(route_server: RouteServer) -> Guard:
    """Guards `/` of the route server, and all below."""
    guard = Guard()
    route_server.routes["/"] = route_server.routes["/in/"] = guard
    return guard


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512"])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_httpbin(httpbin: str, qop: str, algorithm: str) -> None:
    url = f"{httpbin}/digest-auth/{qop}/ada/secret/{algorithm}"
    response = fetch(Request("GET", url), auth=auth())
    # SHA-512 is no algorithm of the RFC: the challenge is left as it is.
    expected = (401, 1) if algorithm == "SHA-512" else (200, 2)
    assert (response.status_code, response.attempts, response.history) == (*expected, [])
    wrong = fetch(Request("GET", url), auth=auth("other"))
    assert (wrong.status_code, wrong.attempts) == (401, expected[1])


def test_httpbin_that_finds_every_nonce_stale(httpbin: str) -> None:
    url = f"{httpbin}/digest-auth/auth/ada/secret/MD5/0"
    response = fetch(Request("GET", url, headers={"Cookie": "stale_after=0; fake=fake_value"}), auth=auth())
    assert (response.status_code, response.attempts) == (401, 2)
    assert "stale=True" in response.headers["www-authenticate"]


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="r", nonce="n"',
        'Digest realm="r", nonce="n", qop="auth"',
        'digest REALM="r" , Nonce=n,qop = "auth-int , auth", opaque=""',
        'Digest realm="r", nonce="n", qop="auth-int", algorithm=SHA-256, charset=UTF-8',
        'Digest realm="r", nonce="n", qop=auth, algorithm=MD5-sess',
        'Digest realm="r", nonce="n", qop=auth, algorithm="SHA-512-256"',
        'Digest realm="r", nonce="n", qop=auth, algorithm=SHA-256-sess',
        r'Digest realm="C:\\share \"x\"", nonce="a\\b=", qop="auth", opaque="\"\\"',
        'Basic realm="x", Negotiate, Digest realm="r", nonce="n", qop="auth", Bearer',
        'NTLM abc==, Digest realm="a, Basic realm=b", nonce="n", qop="auth"',
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_challenges(route_server: RouteServer, guard: Guard, method: str, challenge: str) -> None:
    guard.challenge = challenge
    content = b"body" if method == "POST" else None
    response = fetch(Request(method, f"{route_server.url}/in/a?q=1,2", content=content), auth=auth())
    assert (response.status_code, response.attempts, response.text) == (200, 2, "welcome")
    assert [request.body for request in route_server.ledger.requests] == [content or b""] * 2
    first, second = sent(route_server)
    assert first is None
    assert second is not None
    assert parts(second).get("opaque") == parts(challenge).get("opaque")
    assert "secret" not in second
    # Over the same connection: the answer before was read to its end.
    assert route_server.ledger.accepted == 1


def test_the_strongest_of_several(route_server: RouteServer, guard: Guard) -> None:
    guard.challenge = ", ".join(
        f'Digest realm="r", nonce="n", qop="auth", algorithm={name}'
        for name in ("MD5", "SHA-1", "SHA-256", "MD5-sess", "SHA-512-256")
    )
    assert fetch(Request("GET", f"{route_server.url}/in/a"), auth=auth()).ok
    assert parts(sent(route_server)[1] or "")["algorithm"] == "SHA-256"


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        "Basic realm=x",
        "Digest",
        'Digest realm="r"',
        'Digest nonce="n"',
        'Digest realm="r", nonce="n", algorithm=SHA-1',
        'Digest realm="r", nonce="n", qop="other"',
        'Digest realm="r", nonce="n", nonce="m"',
        'Digest realm="r", nonce="n',
        f'Digest realm="r", nonce="{"n" * 5000}"',
        'Digest realm="r", nonce="\xff", qop="auth"',
    ],
)
def test_a_challenge_that_cannot_be_answered_is_the_answer(
    route_server: RouteServer, guard: Guard, challenge: str
) -> None:
    guard.challenge = challenge
    response = fetch(Request("GET", f"{route_server.url}/in/a"), auth=auth())
    assert (response.status_code, response.attempts, response.text) == (401, 1, "who are you?")


class TestAtMostOnceMore:
    @pytest.mark.parametrize("stale", ["", ", stale=true"])
    def test_a_second_refusal_stands(self, route_server: RouteServer, guard: Guard, stale: str) -> None:
        guard.refuses, guard.challenge = True, guard.challenge + stale
        url = f"{route_server.url}/in/a"
        response = fetch(Request("GET", url), auth=auth())
        assert (response.status_code, response.attempts, response.history) == (401, 2, [])
        assert outcome(url, auth=auth()).attempts == 2
        assert len(sent(route_server)) == 4

    def test_a_body_that_is_too_large_costs_only_the_connection(self, raw_server: RawServerFactory) -> None:
        challenge = b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n'

        async def talk(reader: RequestReader, writer: StreamWriter) -> None:
            while True:
                if b"authorization" in await reader.head():
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
                else:
                    writer.write(challenge + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000)

        response = fetch(Request("GET", raw_server(talk).url), auth=auth(), max_body=10)
        assert (response.status_code, response.attempts, response.text) == (200, 2, "hi")

    def test_other_statuses_are_no_challenge(self, route_server: RouteServer) -> None:
        line = ("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')
        for status in (200, 403, 407):
            route_server.routes["/no"] = Answer(b"", status, (line,))
            assert fetch(Request("GET", f"{route_server.url}/no"), auth=auth()).attempts == 1


class TestMemory:
    def test_a_remembered_challenge_is_answered_at_once(
        self, route_server: RouteServer, guard: Guard
    ) -> None:
        async def main() -> list[Response]:
            async with Client(auth=auth()) as client:
                url = f"{route_server.url}/in/"
                single = [await client.get(f"{url}{n}") for n in range(3)]
                batch = await client.gather([f"{url}{n}" for n in range(5)])
                return [*single, *batch]

        responses = asyncio.run(main())
        assert [response.attempts for response in responses] == [2] + [1] * 7
        assert sorted(guard.counts) == [f"{n:08x}" for n in range(1, 9)]

    def test_a_nonce_that_has_aged_is_exchanged(self, route_server: RouteServer, guard: Guard) -> None:
        credentials = auth()
        url = f"{route_server.url}/in/a"
        assert fetch(Request("GET", url, auth=credentials)).attempts == 2
        guard.challenge = 'Digest realm="r", nonce="another", qop="auth", stale=true'
        response = fetch(Request("POST", url, auth=credentials, content="body"))
        assert (response.status_code, response.attempts) == (200, 2)
        assert fetch(Request("GET", url, auth=credentials)).attempts == 1
        assert guard.counts == ["00000001", "00000001", "00000002"]

    def test_a_wrong_password_is_not_sent_unasked(self, route_server: RouteServer, guard: Guard) -> None:
        credentials, url = auth("other"), f"{route_server.url}/in/a"
        for _ in range(2):
            assert fetch(Request("GET", url, auth=credentials)).status_code == 401
        assert [line is None for line in sent(route_server)] == [True, False] * 2

    def test_one_origin_s_challenge_is_not_for_another(self, route_server: RouteServer, guard: Guard) -> None:
        credentials = auth()
        assert fetch(Request("GET", f"{route_server.url}/in/a", auth=credentials)).ok
        with RouteServer() as other:
            fetch(Request("GET", f"{other.url}/json/a", auth=credentials))
            assert sent(other) == [None]


class TestRedirects:
    @pytest.mark.parametrize("whose", ["client", "request"])
    def test_each_hop_at_home_has_an_answer_of_its_own(
        self, route_server: RouteServer, guard: Guard, whose: str
    ) -> None:
        """An answer covers the target, so that of the hop before is good for nothing."""

        def hop(request: Seen) -> Answer:
            answer = guard(request)
            return answer if answer.status == 401 else Answer.redirect("/in/b", 307)

        route_server.routes["/hop"] = hop
        url = f"{route_server.url}/hop"
        if whose == "client":
            response = fetch(Request("POST", url, content="body"), auth=auth())
        else:
            response = fetch(Request("POST", url, content="body", auth=auth()))
        assert (response.status_code, response.attempts) == (200, 3)
        assert guard.counts == ["00000001", "00000002"]
        assert [hop.status_code for hop in response.history] == [307]
        assert [hop.attempts for hop in response.history] == [2]

    def test_nothing_is_answered_abroad_nor_back_home(
        self, route_server: RouteServer, guard: Guard, chained: Chain
    ) -> None:
        credentials = auth()
        assert fetch(Request("GET", f"{route_server.url}/in/a", auth=credentials)).ok
        counted = len(guard.counts)
        seen = chained("hth", lambda url: fetch(Request("GET", url), auth=credentials))
        assert [("authorization" in headers) for headers in seen] == [True, False, False]
        # Abroad and back home a challenge is an answer in its own right.
        for hops in ("ht", "hth"):
            before = len(route_server.ledger.requests)

            def last(url: str, hops: str = hops) -> None:
                chained._servers[hops[-1]].routes[f"/{len(hops) - 1}"] = lambda _: guard.refuse()
                response = fetch(Request("GET", url), auth=credentials)
                assert (response.status_code, response.attempts) == (401, len(hops))

            chained(hops, last)
            assert len(route_server.ledger.requests) == before + hops.count("h")
        assert len(guard.counts) == counted


def test_a_stream_is_opened_with_the_second_answer(route_server: RouteServer, guard: Guard) -> None:
    async def main() -> None:
        async with (
            Client(auth=auth()) as client,
            client.stream("GET", f"{route_server.url}/in/a") as response,
        ):
            assert response.status_code == 200
            assert await response.aread() == b"welcome"

    asyncio.run(main())
    assert len(sent(route_server)) == 2


def test_a_target_that_cannot_be_signed(route_server: RouteServer, guard: Guard) -> None:
    response = fetch(Request("GET", f"{route_server.url}/in/ü?é=€"), auth=auth())
    assert response.ok


def test_errors_name_no_secret() -> None:
    with pytest.raises(FetchError) as caught:
        fetch(Request("GET", "http://127.0.0.1:1/"), auth=auth())
    assert "secret" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"
