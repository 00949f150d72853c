"""Faults of cookies (RFC 6265bis): whose they are, how many, and how large."""

from fastfetch import LimitExceeded

from tests.cookies import RESOLVE, at
from tests.faults.answers import Perform, lettered
from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.stage import Stage
from tests.servers.messages import Answer, Request

HOPS, LINES = 12, 900


def cookies(request: Request) -> Answer:
    """An answer that says which cookies came."""
    return Answer.text(request.headers.get("cookie", "none"))


def setting(*lines: str, host: str = "a.com", to: str = "a.com") -> Perform:
    """A host that sets these cookies, and a redirect to see which of them are sent."""

    def perform(stage: Stage) -> str:
        server = stage.routes({"/seen": cookies})
        fields = (("Location", at(server, to, "/seen")), *(("Set-Cookie", line) for line in lines))
        server.routes["/set"] = Answer(status=302, headers=fields)
        return at(server, host, "/set")

    return perform


def hops(stage: Stage) -> str:
    """Each of three hops sets one cookie of its own, and one that all of them set."""
    server = stage.routes({"/3": cookies})
    for n in range(3):
        lines = (("Location", f"/{n + 1}"), ("Set-Cookie", f"c{n}=1"), ("Set-Cookie", f"last={n}"))
        server.routes[f"/{n}"] = Answer(status=302, headers=lines)
    return f"{server.url}/0"


def flood(stage: Stage) -> str:
    """More than 10,000 cookies, on the way to an answer that says which of them are sent."""

    def counted(request: Request) -> Answer:
        names = [pair.partition("=")[0] for pair in request.headers["cookie"].split("; ")]
        return Answer.text(f"{len(names)} cookies, {names[0]} to {names[-1]}")

    server = stage.routes({f"/{HOPS}": counted})
    for n in range(HOPS):
        lines = (("Set-Cookie", f"c{number}=1") for number in range(n * LINES, (n + 1) * LINES))
        server.routes[f"/{n}"] = Answer(status=302, headers=(("Location", f"/{n + 1}"), *lines))
    return f"{server.url}/0"


REFUSED = Delivered(b"none", words="refused: it is not sent")

FAULTS = [
    Fault(
        "R10a",
        "cookies set by each of three redirects",
        hops,
        Delivered(
            b"c0=1; last=2; c1=1; c2=1", words="all are sent to the answer; the last of each name counts"
        ),
        attempts=4,
        then=b"clean",
    ),
    *lettered(
        "R10",
        [
            Fault(
                "",
                what,
                setting(line, host=host, to=to),
                REFUSED,
                options={"resolve": RESOLVE},
                attempts=2,
                then=b"clean",
            )
            for what, line, host, to in (
                ("a cookie for .com", "s=1; Domain=com", "a.com", "b.com"),
                ("a cookie for .co.uk", "s=1; Domain=co.uk", "a.co.uk", "b.co.uk"),
                (
                    "a cookie for all users of a host of pages",
                    "s=1; Domain=github.io",
                    "me.github.io",
                    "you.github.io",
                ),
                ("a cookie for another host", "s=1; Domain=b.com", "a.com", "b.com"),
                ("a cookie for a host below", "s=1; Domain=x.a.com", "a.com", "x.a.com"),
                ("a cookie for a part of an address", "s=1; Domain=0.0.1", "127.0.0.1", "127.0.0.1"),
                ("a cookie without Domain, at a host below", "s=1", "a.com", "x.a.com"),
                ("a Secure cookie over http", "s=1; Secure", "a.com", "a.com"),
                ("a `__Secure-` cookie over http", "__Secure-s=1; Secure", "a.com", "a.com"),
                ("a `__Host-` cookie over http", "__Host-s=1; Secure; Path=/", "a.com", "a.com"),
                ("a `__Host-` cookie with Domain", "__Host-s=1; Path=/; Domain=a.com", "a.com", "a.com"),
            )
        ],
        first="b",
    ),
    Fault(
        "R10m",
        "a cookie for .a.com, with a dot before",
        setting("s=1; Domain=.a.com", to="x.a.com"),
        Delivered(b"s=1", words="taken as if the dot was not there"),
        options={"resolve": RESOLVE},
        attempts=2,
        then=b"clean",
    ),
    Fault(
        "R11a",
        f"{HOPS * LINES:,} cookies in a row",
        flood,
        Delivered(
            f"180 cookies, c{HOPS * LINES - 180} to c{HOPS * LINES - 1}".encode(),
            words="the 180 newest of a site are kept",
        ),
        attempts=HOPS + 1,
        then=b"clean",
    ),
    Fault(
        "R11b",
        "10,000 cookies in one answer",
        setting(*(f"c{n}=1" for n in range(10_000)), host="127.0.0.1"),
        Fails(LimitExceeded, "response", "the answer's head is too large"),
        then=b"clean",
    ),
    Fault(
        "R11c",
        "a cookie of 1 MB",
        setting("s=" + "x" * 2**20, host="127.0.0.1"),
        Fails(LimitExceeded, "response", "the answer's head is too large"),
        then=b"clean",
    ),
    Fault(
        "R11d",
        "a cookie of more than 4 KB",
        setting("s=" + "x" * 4096, host="127.0.0.1", to="127.0.0.1"),
        REFUSED,
        attempts=2,
        then=b"clean",
    ),
]
