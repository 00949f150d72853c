"""Good answers, and what becomes of them on a bad way."""

import gzip
import re
from collections.abc import Callable
from random import Random

from tests.coding import CODINGS

WORDS = (b"alpha", b"beta", b'"quoted, text"', b"caf\xe9", b"x" * 300, b"", b"a; b=c, d")
TELLING = [*b"\r\n :;,0123456789abcdefAF\t\0-+\xff\x1f\x8b", *b'"=xX']
"""Bytes that mean something somewhere."""
LENGTHS = (
    b"0",
    b"00",
    b"1",
    b"-1",
    b"+5",
    b"0x5",
    b"5, 5",
    b"99999999999999999999",
    b"ffffffffffffffff",
    b"",
)
OTHER_CODINGS = (
    b"gzip",
    b"br",
    b"zstd",
    b"deflate",
    b"identity",
    b"chunked",
    b"gzip, gzip",
    b"GZIP",
    b"none",
)

Mutation = Callable[[Random, bytes], bytes]


def good(random: Random) -> bytes:
    """An answer as good servers give it."""
    body = b" ".join(random.choice(WORDS) for _ in range(random.randrange(12)))
    status = random.choice((200, 200, 200, 200, 201, 204, 206, 299, 304, 400, 404, 500, 503, 999))
    lines = [
        b"HTTP/1.%d %d %s" % (random.random() < 0.9, status, random.choice((b"OK", b"", b"Caf\xe9 au lait")))
    ]
    lines += [
        b"X-%s: %s" % (random.choice(b"ABC").to_bytes(), random.choice(WORDS))
        for _ in range(random.randrange(5))
    ]
    if random.random() < 0.1:
        lines.append(b"X-Folded: one\r\n\ttwo")
    if random.random() < 0.4 and status != 206:
        names = random.choices(list(CODINGS), k=random.choice((1, 1, 1, 2)))
        for name in names if body else ():
            body = gzip.compress(body, mtime=0) if name == "gzip" else CODINGS[name][1](body)
        lines.append(b"Content-Encoding: " + ", ".join(CODINGS[name][0] for name in names).encode())
    if random.random() < 0.1:
        lines.append(b"Connection: close")
    framing = random.choice(("length", "length", "chunked", "chunked", "close"))
    if framing == "length" or (lines[0].startswith(b"HTTP/1.0") and framing == "chunked"):
        lines.append(b"Content-Length: %d" % len(body))
    elif framing == "chunked":
        lines.append(b"Transfer-Encoding: chunked")
        body = chunked(random, body)
    if status in (204, 304):
        body = b""
    random.shuffle(tail := lines[1:])
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" if random.random() < 0.1 else b""
    return early + b"\r\n".join([lines[0], *tail, b"", body])


def chunked(random: Random, body: bytes) -> bytes:
    framed = b""
    while body:
        size = random.randrange(1, len(body) + 1)
        extension = b";a=b" if random.random() < 0.1 else b""
        framed += b"%x%s\r\n%s\r\n" % (size, extension, body[:size])
        body = body[size:]
    trailers = b"X-Sum: 1\r\n" if random.random() < 0.2 else b""
    return framed + b"0\r\n" + trailers + b"\r\n"


def _place(random: Random, data: bytes) -> int:
    """A place in the data, in the head as often as in all of it."""
    end = data.find(b"\r\n\r\n") if random.random() < 0.5 else -1
    return random.randrange(max(1, end if end > 0 else len(data)))


def flip(random: Random, data: bytes) -> bytes:
    at = _place(random, data)
    byte = random.choice(TELLING) if random.random() < 0.6 else data[at] ^ 1 << random.randrange(8)
    return data[:at] + bytes([byte]) + data[at + 1 :]


def insert(random: Random, data: bytes) -> bytes:
    at = _place(random, data)
    more = bytes(random.choice(TELLING) for _ in range(random.choice((1, 1, 2, 5))))
    return data[:at] + more + data[at:]


def delete(random: Random, data: bytes) -> bytes:
    at = _place(random, data)
    return data[:at] + data[at + random.choice((1, 1, 2, 10, 100)) :]


def duplicate(random: Random, data: bytes) -> bytes:
    at = _place(random, data)
    return data[:at] + data[at : at + random.choice((1, 2, 10, 100))] + data[at:]


def truncate(random: Random, data: bytes) -> bytes:
    return data[: _place(random, data)]


def append(random: Random, data: bytes) -> bytes:
    poison = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
    return data + random.choice((poison, b"junk", b"\r\n", b"\0"))


def lines(random: Random, data: bytes) -> bytes:
    """Field lines in another order, twice, or away; or ended otherwise."""
    head, blank, body = data.partition(b"\r\n\r\n")
    first, *rest = head.split(b"\r\n")
    match random.randrange(4):
        case 0:
            random.shuffle(rest)
        case 1 if rest:
            rest.insert(random.randrange(len(rest) + 1), random.choice(rest))
        case 2 if rest:
            rest.pop(random.randrange(len(rest)))
        case _:
            return data.replace(b"\r\n", b"\n", random.choice((1, 2, 100)))
    return b"\r\n".join([first, *rest]) + blank + body


def number(random: Random, data: bytes) -> bytes:
    """Another length, status or chunk size."""
    found = list(re.finditer(rb"(?<=: )\d+(?=\r\n)|(?<=\n)[0-9a-f]+(?=[\r;])|(?<= )\d{3}(?= )", data))
    if not found:
        return data
    chosen = random.choice(found)
    other = random.choice(LENGTHS)
    if random.random() < 0.5:
        other = b"%d" % max(0, int(chosen[0], 16) + random.choice((-1, 1, 16)))
    return data[: chosen.start()] + other + data[chosen.end() :]


def coding(random: Random, data: bytes) -> bytes:
    """Another coding than it is in."""
    other = random.choice(OTHER_CODINGS)
    return re.sub(rb"(-Encoding: )[^\r]*", lambda field: field[1] + other, data, count=1)


MUTATIONS: tuple[Mutation, ...] = (
    flip,
    flip,
    insert,
    delete,
    duplicate,
    truncate,
    append,
    lines,
    number,
    number,
    coding,
)


def mutated(number: int) -> bytes:
    """The answer of this number: every tenth is as good as it was made."""
    random = Random(number)
    data = good(random)
    if number % 10:
        for mutate in random.choices(MUTATIONS, k=random.choice((1, 1, 1, 2, 3))):
            data = mutate(random, data) if data else data
    return data
