"""Faults of redirects (RFC 9110, section 15.4): where they lead, how often, and what goes along."""

import itertools
from collections.abc import Iterator

from fastfetch import IncompleteBody, RedirectError, TooManyRedirects, UnsafeRedirect

from tests.faults.answers import OK, Perform, lettered, raw, said
from tests.faults.fault import Delivered, Fails, Fault
from tests.faults.stage import Stage
from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer

SECRETS = {
    "Authorization": "Bearer hunter2",
    "Cookie": "id=hunter2",
    "Proxy-Authorization": "Basic hunter2",
}
STATUSES = (301, 302, 303, 307, 308)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")


def saw(request: Request) -> Answer:
    """An answer that says what the request was, in its body and in a field, which HEAD gets too."""
    words = f"{request.method}, {len(request.body)} bytes"
    return Answer(words.encode(), headers=(("Saw", words),))


def target(request: Request) -> Answer:
    return Answer.text(request.target)


def redirect(*locations: str, status: int = 302) -> Perform:
    """A redirect from `/` to these places."""
    lines = tuple(("Location", location) for location in locations)
    answer = Answer(b"", status, lines)
    return lambda stage: stage.routes({"/": answer, "/to/": target, "/saw": saw}).url


def becomes(method: str, status: int) -> str:
    """The next method, by the Fetch standard (https://fetch.spec.whatwg.org/#http-redirect-fetch)."""
    if status in (301, 302):
        return "GET" if method == "POST" else method
    if status == 303:
        return method if method == "HEAD" else "GET"
    return method


def methods() -> Iterator[Fault]:
    """Every status with every method."""
    for status, method in itertools.product(STATUSES, METHODS):
        following = becomes(method, status)
        size = 4 if following == method else 0
        words = f"{following}, {size} bytes"
        yield Fault(
            "",
            f"status {status} for {method} with a body of 4 bytes",
            redirect("/saw", status=status),
            Delivered(
                b"" if following == "HEAD" else words.encode(),
                headers={"saw": words},
                words=f"followed by {following} {'with the same body' if size else 'without a body'}",
            ),
            method=method,
            content=b"body",
            attempts=2,
            then=b"clean",
        )


def chain(hops: str) -> Perform:
    """A chain over two hosts, `h`ere and `t`here; the last hop says which of them have seen secrets."""

    def perform(stage: Stage) -> str:
        servers: dict[str, RouteServer] = {"h": stage.routes({}), "t": stage.routes({})}

        def hop(request: Request) -> Answer:
            at = int(request.path[1:])
            secret = any(name.lower() in request.headers for name in SECRETS)
            seen = request.query.get("seen", "") + ("secrets " if secret else "none ")
            if at + 1 == len(hops):
                return Answer.text(seen.strip())
            return Answer.redirect(f"{servers[hops[at + 1]].url}/{at + 1}?seen={seen.replace(' ', '+')}", 307)

        for server in servers.values():
            server.routes.update({f"/{at}": hop for at in range(len(hops))})
        return f"{servers[hops[0]].url}/0"

    return perform


def secured(stage: Stage) -> str:
    """A redirect from https to http, to an answer that says whether secrets came along."""

    def seen(request: Request) -> Answer:
        return Answer.text("secrets" if any(name.lower() in request.headers for name in SECRETS) else "none")

    plain = stage.routes({"/plain": seen})
    tls = stage.authority.context("127.0.0.1")
    return stage.routes({"/": Answer.redirect(f"{plain.url}/plain")}, tls=tls).url


def counted(length: int) -> Perform:
    """So many redirects, then an answer."""
    return lambda stage: f"{stage.routes({}).url}/redirect/{length}"


def looping(stage: Stage) -> str:
    return stage.routes({"/": Answer.redirect("/")}).url


def naming_a_user(stage: Stage) -> str:
    """A redirect to a URL with a user, at a server that says whether it was told of one."""

    def told(request: Request) -> Answer:
        return Answer.text(request.headers.get("authorization", "nobody"))

    there = stage.routes({"/told": told})
    return stage.routes({"/": Answer.redirect(there.url.replace("://", "://me:hunter2@") + "/told")}).url


def naming_a_user_in_vain(stage: Stage) -> str:
    cut = stage.raw(said(OK + b"Content-Length: 10\r\n\r\nhello"))
    return stage.routes({"/": Answer.redirect(cut.url.replace("://", "://me:hunter2@"))}).url


FAULTS = [
    Fault(
        "R01a",
        "a redirect to itself",
        looping,
        Fails(TooManyRedirects, "redirect", "more than 20 redirects"),
        attempts=21,
        then=b"clean",
    ),
    Fault(
        "R01b",
        "a chain of 21 redirects",
        counted(21),
        Fails(TooManyRedirects, "redirect", "more than 20 redirects"),
        attempts=21,
        then=b"clean",
    ),
    Fault(
        "R01c",
        "a chain of 20 redirects",
        counted(20),
        Delivered(b'{"name": "landed"}', words="the answer at its end"),
        attempts=21,
        then=b"clean",
    ),
    *lettered(
        "R02",
        [
            Fault(
                "",
                f"a redirect to {location}",
                redirect(location),
                Fails(
                    UnsafeRedirect, "redirect", f'redirect to scheme "{location.partition(":")[0]}" refused'
                ),
                then=b"clean",
            )
            for location in ("file:///etc/passwd", "ftp://h/", "javascript:alert(1)", "data:,x", "unix:/x")
        ],
    ),
    *lettered(
        "R03",
        [
            *(
                Fault(
                    "",
                    what,
                    redirect(*locations),
                    Fails(RedirectError, "redirect", words),
                    then=b"clean",
                )
                for what, locations, words in (
                    ("a Location with port 99999", ("http://h:99999/",), "a Location that is no URL"),
                    ("a Location without a host", ("http://",), "a Location that is no URL"),
                    ("an empty Location", ("",), "an empty Location"),
                    ("two different Location headers", ("/to/a", "/to/b"), "two different Location headers"),
                )
            ),
            Fault(
                "",
                "status 302 without a Location",
                redirect(),
                Delivered(b"", 302, words="the 302 itself"),
                then=b"clean",
            ),
            Fault(
                "",
                "the same Location twice",
                redirect("/to/a", "/to/a"),
                Delivered(b"/to/a", words="followed"),
                attempts=2,
                then=b"clean",
            ),
        ],
    ),
    *lettered(
        "R04",
        [
            Fault(
                "",
                what,
                redirect(location.decode("latin-1")),
                Delivered(expected, words=f"followed to {expected.decode()}"),
                attempts=2,
                then=b"clean",
            )
            for what, location, expected in (
                ("a space in Location", b"/to/a b", b"/to/a%20b"),
                ("UTF-8 in Location", "/to/ü €".encode(), b"/to/%C3%BC%20%E2%82%AC"),
                ("Latin-1 in Location", b"/to/caf\xe9", b"/to/caf%E9"),
                ("a relative Location", b"to/./x/../y", b"/to/y"),
            )
        ],
    ),
    *lettered(
        "R05",
        [
            Fault(
                "",
                f"redirects {what}, of a request with secrets",
                chain(hops),
                Delivered(seen, words=words),
                headers=SECRETS,
                attempts=len(hops),
                then=b"clean",
            )
            for what, hops, seen, words in (
                ("at home", "hh", b"secrets secrets", "the secrets stay with the host they are for"),
                ("to another host and on", "htt", b"secrets none none", "no secret leaves home"),
                (
                    "to another host and home again",
                    "hth",
                    b"secrets none none",
                    "no secret leaves home, nor is any sent after the way abroad",
                ),
            )
        ],
    ),
    Fault(
        "R06a",
        "a redirect from https to http, of a request with secrets",
        secured,
        Delivered(b"none", words="followed without secrets"),
        headers=SECRETS,
        attempts=2,
    ),
    Fault(
        "R06b",
        "the same, where allow_downgrade=False",
        secured,
        Fails(UnsafeRedirect, "redirect", "redirect from https to http refused"),
        headers=SECRETS,
        options={"allow_downgrade": False},
    ),
    *lettered("R07", methods()),
    Fault(
        "R07z",
        "status 307 for a body that can be read only once",
        raw(b"HTTP/1.1 307 Again\r\nLocation: /saw\r\nContent-Length: 0\r\n\r\n", closes=False),
        Fails(RedirectError, "redirect", "the body cannot be sent again"),
        method="POST",
        stream=lambda: iter([b"body"]),
        then=b"clean",
    ),
    Fault(
        "R08a",
        "a Location with a user and a password",
        naming_a_user,
        Delivered(b"nobody", words="followed; a server does not say who we are"),
        attempts=2,
        then=b"clean",
    ),
    Fault(
        "R08b",
        "the same, and what it leads to fails",
        naming_a_user_in_vain,
        Fails(IncompleteBody, "body", "5 of 10 bytes"),
        attempts=2,
        then=b"clean",
    ),
    Fault(
        "R09",
        "a redirect of a URL with a fragment",
        lambda stage: redirect("/to/a?b")(stage) + "/#part",
        Delivered(b"/to/a?b", words="the fragment stays with the URL and is not sent"),
        attempts=2,
        then=b"clean",
    ),
]
