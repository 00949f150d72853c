"""Faults of challenges (RFC 9110, section 11): servers that ask for credentials, wrongly or without end."""

from fastfetch import DigestAuth

from tests.faults.answers import Perform, lettered, raw
from tests.faults.fault import Delivered, Fault
from tests.faults.stage import Stage
from tests.guarded import Guard
from tests.servers.messages import Answer

CHALLENGE = 'Digest realm="r", nonce="n", qop="auth"'
REFUSED = Delivered(b"who are you?", 401, words="the 401, after one try")
UNANSWERED = Delivered(b"who are you?", 401, words="the 401: the challenge cannot be answered")
WELCOME = Delivered(b"welcome", words="the answer, after the right credentials")

FLOOD = b"".join(b'WWW-Authenticate: Digest realm="r%d", nonce="n", qop="auth"\r\n' % n for n in range(900))


def guarded(challenge: str, *, refuses: bool = False) -> Perform:
    """A server that gives this challenge, and then refuses whatever comes, or only what is wrong."""

    def perform(stage: Stage) -> str:
        guard = Guard(challenge, "hunter2")
        guard.refuses = refuses
        return stage.routes({"/": guard}).url

    return perform


def digest() -> dict[str, object]:
    return {"auth": DigestAuth("ada", "hunter2")}


FAULTS = [
    *lettered(
        "R12",
        [
            Fault("", what, perform, expected, options=digest(), attempts=attempts, then=b"clean")
            for what, perform, expected, attempts in (
                ("a Digest challenge again and again", guarded(CHALLENGE, refuses=True), REFUSED, 2),
                (
                    "the same, which calls each nonce stale",
                    guarded(f"{CHALLENGE}, stale=true", refuses=True),
                    REFUSED,
                    2,
                ),
                (
                    "900 Digest challenges in each answer",
                    raw(
                        b"HTTP/1.1 401 No\r\n" + FLOOD + b"Content-Length: 12\r\n\r\nwho are you?",
                        closes=False,
                    ),
                    REFUSED,
                    2,
                ),
                (
                    "challenges of several schemes in one line",
                    guarded(f'Basic realm="x", Negotiate, {CHALLENGE}, Bearer'),
                    WELCOME,
                    2,
                ),
                (
                    "a challenge of another scheme that has the words of ours in quotes",
                    guarded('NTLM abc==, Digest realm="a, Basic realm=b", nonce="n", qop="auth"'),
                    WELCOME,
                    2,
                ),
                (
                    "backslashes in quoted strings",
                    guarded(r'Digest realm="C:\\share \"x\"", nonce="a\\b=", qop="auth", opaque="\"\\"'),
                    WELCOME,
                    2,
                ),
                (
                    "a quoted string without an end",
                    guarded('Digest realm="r", nonce="n'),
                    UNANSWERED,
                    1,
                ),
                (
                    "an algorithm that nobody knows",
                    guarded(f"{CHALLENGE}, algorithm=SHA-1"),
                    UNANSWERED,
                    1,
                ),
                (
                    "only Basic, where Digest is wanted",
                    guarded("Basic realm=x"),
                    UNANSWERED,
                    1,
                ),
            )
        ],
    ),
    Fault(
        "R12j",
        "a Basic challenge again and again",
        lambda stage: (
            stage.routes({"/": Answer(b"who are you?", 401, (("WWW-Authenticate", "Basic realm=x"),))}).url
        ),
        Delivered(b"who are you?", 401, words="the 401: the credentials were sent unasked"),
        options={"auth": ("ada", "hunter2")},
        then=b"clean",
    ),
]
