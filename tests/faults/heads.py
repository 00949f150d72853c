"""Faults in the head of an answer (RFC 9112, sections 3 to 5): the status line and the header fields."""

from asyncio import StreamWriter

from fastfetch import LimitExceeded, ProtocolError

from tests.faults.answers import HELLO, OK, each, endless, raw
from tests.faults.fault import Delivered, Fails, Fault
from tests.servers.raw import RequestReader

TOO_LARGE = Fails(LimitExceeded, "response", "the answer's head is too large")


def lines(count: int, value: str = "y") -> bytes:
    return b"".join(b"x-%d: %s\r\n" % (n, value.encode()) for n in range(count))


async def _echo(reader: RequestReader, writer: StreamWriter) -> None:
    writer.write(await reader.head())


FAULTS = [
    *(
        Fault(
            f"F16{letter}",
            what,
            raw(answer, closes=False),
            Fails(ProtocolError, "response", f'no HTTP/1 answer: it begins with "{quoted}"'),
            then=b"clean",
        )
        for letter, what, answer, quoted in (
            ("a", "bytes that are no text", b"\x00\x01\xff\r\n\r\n", r"\\x00\\x01\\xff"),
            ("b", "a body without a head, as HTTP/0.9 had it", b"<html>hello</html>", "<html>hello</html>"),
            ("c", "the head of an ICY stream", b"ICY 200 OK\r\n" + HELLO, "ICY 200 OK"),
            ("d", "the greeting of another protocol", b"SSH-2.0-Ssh\r\n", "SSH-2.0-Ssh"),
            ("e", "a long line of anything else", b"no" * 5000 + b"\r\n\r\n", "no" * 50),
        )
    ),
    *each(
        "F16",
        Fails(ProtocolError, "response", "the server closed the connection without answering"),
        {
            "half a status line, then the end": b"HTTP/1.1 2",
            "half a header line, then the end": b"HTTP/1.1 200 OK\r\nContent-",
        },
        first="f",
        attempts=2,
        then=b"clean",
    ),
    Fault(
        "F16h",
        "the request itself, sent back",
        lambda stage: stage.raw(_echo).url,
        Fails(ProtocolError, "response", 'it begins with "GET / HTTP/1.1"'),
        headers={"Authorization": "Bearer hunter2"},
    ),
    *each(
        "F17",
        Fails(ProtocolError, "response", "invalid HTTP status-code"),
        {
            f"status {code}": f"HTTP/1.1 {code} Odd\r\nContent-Length: 0\r\n\r\n".encode()
            for code in ("abc", "99", "1000", "000")
        },
        closes=False,
        then=b"clean",
    ),
    Fault(
        "F17e",
        "status 999",
        raw(b"HTTP/1.1 999 Odd\r\n" + HELLO, closes=False),
        Delivered(b"hello", 999),
        then=b"clean",
    ),
    *each(
        "F18",
        Delivered(b"hello"),
        {
            "a status line without a reason": b"HTTP/1.1 200\r\n" + HELLO,
            "a reason in UTF-8": "HTTP/1.1 200 Schön\r\n".encode() + HELLO,
            "HTTP/1.0": b"HTTP/1.0 200 OK\r\n" + HELLO,
            "bare line feeds at the ends of lines": (OK + HELLO).replace(b"\r\n", b"\n"),
            "an empty line before the answer": b"\r\n" + OK + HELLO,
        },
        closes=False,
        then=b"clean",
    ),
    *each(
        "F19",
        Fails(ProtocolError, "response", "invalid HTTP header"),
        {
            "a header line without a colon": OK + b"no colon\r\n" + HELLO,
            "a space before the colon": OK + b"space : before\r\n" + HELLO,
            "a header line without a name": OK + b": no name\r\n" + HELLO,
            "a NUL in a header line": OK + b"X: nul\x00\r\n" + HELLO,
            "a bare carriage return in a header line": OK + b"X: bare\rreturn\r\n" + HELLO,
            "a control character in a header line": OK + b"X: \x01\r\n" + HELLO,
            "a control character in a header name": OK + b"X\x01: y\r\n" + HELLO,
        },
        closes=False,
        then=b"clean",
    ),
    Fault(
        "F20",
        "a header line folded over three",
        raw(OK + b"X: one\r\n two\r\n\tthree\r\n" + HELLO, closes=False),
        Delivered(b"hello", headers={"x": "one two three"}, words="the lines are joined by spaces"),
        then=b"clean",
    ),
    *(
        Fault(
            id,
            what,
            raw(OK + b"X: " + value + b"\r\n" + HELLO, closes=False),
            Delivered(b"hello", headers={"x": text}, words="every byte of the header is kept"),
            then=b"clean",
        )
        for id, what, value, text in (
            ("F21a", "a header in Latin-1", b"caf\xe9", "café"),
            ("F21b", "a header in UTF-8", "café".encode(), "cafÃ©"),
            ("F21c", "a header that is no UTF-8", b"\xff\xfe", "ÿþ"),
        )
    ),
    *each(
        "F22",
        Delivered(b"hello"),
        {
            "150 header lines": OK + lines(150) + HELLO,
            "1,000 header lines": OK + lines(999) + HELLO,
            "300 KB of header lines": OK + lines(999, "y" * 290) + HELLO,
            "a header of 64 KB": OK + b"X: " + b"y" * 2**16 + b"\r\n" + HELLO,
        },
        closes=False,
        then=b"clean",
    ),
    *each(
        "F23",
        TOO_LARGE,
        {
            "1,500 header lines": OK + lines(1500) + HELLO,
            "a header of 2 MB": OK + b"X: " + b"y" * 2**21 + b"\r\n" + HELLO,
        },
        closes=False,
        then=b"clean",
    ),
    *(
        Fault(id, what, endless(start, more), TOO_LARGE, fills=True, then=b"clean")
        for id, what, start, more in (
            ("F23c", "header lines without end", OK, b"x: y\r\n" * 100),
            ("F23d", "an endless header line", OK + b"x: ", b"y" * 1000),
            ("F23e", "an endless status line", b"HTTP/1.1 200 ", b"y" * 1000),
        )
    ),
]
