"""Answers before the one that counts (1xx), answers that must have no body, and an answer too early."""

from asyncio import StreamWriter

from fastfetch import LimitExceeded, ProtocolError

from tests.faults.answers import CLEAN, HELLO, OK, each, endless, raw
from tests.faults.fault import Delivered, Fails, Fault
from tests.servers.raw import RequestReader

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\n"


async def _refusing(reader: RequestReader, writer: StreamWriter) -> None:
    head = await reader.head()
    if head.startswith(b"GET /then "):
        writer.write(CLEAN)
        return
    await reader.readexactly(1000)
    writer.write(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large")
    await writer.drain()


FAULTS = [
    *each(
        "F24",
        Delivered(b"hello", words="the final answer; hooks are told of the others"),
        {
            "20 times status 103 before the answer": HINTS * 20 + OK + HELLO,
            "100 Continue, and nobody has asked": CONTINUE + OK + HELLO,
            "all kinds of 1xx before the answer": PROCESSING * 3 + CONTINUE + HINTS + OK + HELLO,
            "a status 199, which nobody knows": b"HTTP/1.1 199 Odd\r\n\r\n" + OK + HELLO,
        },
        closes=False,
        then=b"clean",
    ),
    *(
        Fault(
            id,
            f"status {interim[9:12].decode()} without end",
            endless(b"", interim * 100),
            Fails(LimitExceeded, "response", "bytes of interim answers"),
            fills=True,
            then=b"clean",
        )
        for id, interim in (("F25a", PROCESSING), ("F25b", HINTS), ("F25c", CONTINUE))
    ),
    *each(
        "F26",
        Fails(ProtocolError, "response", "the server switched protocols unasked"),
        {
            "status 101, and nobody has asked": SWITCHING + b"\r\n" + OK + HELLO,
            "the same with Upgrade: h2c": SWITCHING
            + b"Upgrade: h2c\r\nConnection: upgrade\r\n\r\n"
            + OK
            + HELLO,
        },
        closes=False,
        then=b"clean",
    ),
    Fault(
        "F27a",
        "a body after status 204",
        raw(b"HTTP/1.1 204 No Content\r\n" + HELLO, closes=False),
        Delivered(b"", 204, words="no body; it reaches nobody"),
        apart=True,
        then=b"clean",
    ),
    Fault(
        "F27b",
        "a body after status 304",
        raw(b"HTTP/1.1 304 Not Modified\r\n" + HELLO, closes=False),
        Delivered(b"", 304, words="no body; it reaches nobody"),
        apart=True,
        then=b"clean",
    ),
    Fault(
        "F27c",
        "a body after HEAD",
        raw(OK + HELLO, closes=False),
        Delivered(b"", headers={"content-length": "5"}, words="no body; it reaches nobody"),
        apart=True,
        method="HEAD",
        then=b"clean",
    ),
    Fault(
        "F28",
        "status 413 and the end, while we are sending 100 MB",
        lambda stage: stage.raw(_refusing).url,
        Delivered(b"too large", 413),
        method="POST",
        content=bytes(100_000_000),
        then=b"clean",
    ),
]
