"""Good answers over HTTP/2, what becomes of their frames on a bad way, and a reading by the h2 package."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import h2.events as events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import ProtocolError
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.mutations.coded import Broken, decoded
from tests.mutations.mutate import WORDS, flip
from tests.mutations.verdict import Fields, Reading, Verdict
from tests.servers.http2_messages import frame

STREAM = 1
"""Each answer has a connection of its own, and is the first on it."""

GREETING = SettingsFrame(0).serialize() + SettingsFrame(0, flags=["ACK"]).serialize()
"""What the server says first, which is never mutated."""

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_OF_THE_CONNECTION = (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade")

HEAD = 9
"""The bytes before the payload of a frame."""


def good(random: Random) -> list[bytes]:
    """The frames of an answer as good servers give it."""
    body = b" ".join(random.choice(WORDS) for _ in range(random.randrange(12)))
    status = random.choice((200, 200, 200, 201, 204, 304, 404, 503, 999))
    fields: Fields = [(b":status", b"%d" % status)]
    fields += [
        (b"x-%s" % random.choice((b"a", b"b")), random.choice(WORDS)) for _ in range(random.randrange(5))
    ]
    if status in (204, 304):
        body = b""
    elif random.random() < 0.3 and body:
        body = gzip.compress(body, mtime=0)
        fields.append((b"content-encoding", b"gzip"))
    if random.random() < 0.5 and status not in (204, 304):
        fields.append((b"content-length", b"%d" % len(body)))
    encoder, frames = Encoder(), []
    if random.random() < 0.1:
        frames += blocks(random, encoder, [(b":status", b"103"), (b"link", b"</a>")])
    trailers: Fields = [(b"x-sum", b"1")] if random.random() < 0.2 else []
    frames += blocks(random, encoder, fields, end=not body and not trailers)
    while body:
        size = random.randrange(1, len(body) + 1)
        data = DataFrame(STREAM, body[:size])
        body = body[size:]
        if random.random() < 0.2:
            data.flags.add("PADDED")
            data.pad_length = random.randrange(20)
        if not body and not trailers:
            data.flags.add("END_STREAM")
        frames.append(data.serialize())
    if trailers:
        frames += blocks(random, encoder, trailers, end=True)
    return frames


def blocks(random: Random, encoder: Encoder, fields: Fields, *, end: bool = False) -> list[bytes]:
    """The frames of a header list: one, or several."""
    data = encoder.encode(fields, huffman=random.random() < 0.7)
    cut = random.randrange(len(data)) if random.random() < 0.2 else len(data)
    frames: list[Frame] = [HeadersFrame(STREAM, data[:cut], flags=["END_STREAM"] if end else [])]
    if cut < len(data):
        frames.append(ContinuationFrame(STREAM, data[cut:]))
    frames[-1].flags.add("END_HEADERS")
    return [frame.serialize() for frame in frames]


def mutated(number: int) -> bytes:
    """The frames of this answer: every tenth is as good as it was made."""
    random = Random(number)
    frames = good(random)
    if number % 10 == 0:
        return b"".join(frames)
    at = random.randrange(len(frames))
    chosen = frames[at]
    match random.randrange(9):
        case 0:
            frames.pop(at)
        case 1:
            frames.insert(random.randrange(len(frames) + 1), chosen)
        case 2:
            random.shuffle(frames)
        case 3:  # Another length than it has.
            length = max(0, int.from_bytes(chosen[:3]) + random.choice((-1, 1, 5, 100, 1 << 20)))
            frames[at] = length.to_bytes(3) + chosen[3:]
        case 4:  # Another kind, other flags, or another stream.
            head = [
                (3, random.randrange(12)),
                (4, 1 << random.randrange(8)),
                (8, random.choice((0, 2, 3, 5))),
            ]
            place, byte = random.choice(head)
            frames[at] = chosen[:place] + bytes([byte]) + chosen[place + 1 :]
        case 5:  # A frame of any kind, whole, that nobody expects.
            payload = random.randbytes(random.choice((0, 4, 4, 8, 5, 6)))
            stream = random.choice((0, STREAM, STREAM, 2, 3))
            frames.insert(at, frame(random.randrange(12), stream, payload, flags=random.choice((0, 1, 4, 5))))
        case 6:
            frames[at] = chosen[: random.randrange(len(chosen))]
        case _:
            frames[at] = flip(random, chosen)
    return b"".join(frames)


@dataclass
class Heard:
    """What has come of an answer so far."""

    status: int = 0
    fields: Fields | None = None
    body: bytes = b""
    ended: bool = False
    strict: bool = True
    """Nothing has come yet where a recipient has a choice."""

    def hear(self, event: events.Event) -> None:
        match event:
            case events.InformationalResponseReceived(headers=headers):
                status, _ = self.head(headers)
                if not 100 <= status <= 199 or status == 101:
                    raise Broken("no interim answer")
            case events.ResponseReceived(stream_id=1, headers=headers):
                self.status, self.fields = self.head(headers)
            case events.TrailersReceived(stream_id=1, headers=headers):
                self.lines(raw(headers))
            case events.DataReceived(stream_id=1, data=data):
                self.body += data or b""
            case events.StreamEnded(stream_id=1):
                self.ended = True
            case events.StreamReset(stream_id=1) | events.ConnectionTerminated():
                self.strict = False

    def head(self, headers: object) -> tuple[int, Fields]:
        (name, status), *rest = raw(headers) or [(b"", b"")]
        if name != b":status" or re.fullmatch(rb"[1-9][0-9]{2}", status) is None:
            raise Broken("no status")
        return int(status), self.lines(rest)

    def lines(self, fields: Fields) -> Fields:
        """Fields as RFC 9113 has them (section 8.2): malformed ones break the answer."""
        for name, value in fields:
            if _NAME.fullmatch(name) is None or name in _OF_THE_CONNECTION or re.search(rb"[\0\r\n]", value):
                raise Broken("a malformed field")
            self.strict &= (
                value == value.strip(b" \t")
                and re.search(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]", value) is None
            )
        return fields


def raw(headers: object) -> Fields:
    assert isinstance(headers, list)
    return [(bytes(name), bytes(value)) for name, value in headers]


def as_the_standard_has_them(data: bytes) -> Iterator[bytes]:
    """The frames, as far as the package is stricter than RFC 9113 without what it takes offence at."""
    in_block = False
    while data:
        size = HEAD + int.from_bytes(data[:3])
        one, data = data[:size], data[size:]
        kind, flags, stream = (one[3], one[4], int.from_bytes(one[5:HEAD])) if len(one) >= HEAD else (0, 0, 0)
        if kind == RstStreamFrame.type and stream & 0x7FFFFFFF > STREAM:
            raise ProtocolError("a reset of what has not begun (section 5.1)")
        if kind == PushPromiseFrame.type:
            raise ProtocolError("nobody wants to be sent more than he asked for (section 6.6)")
        if kind > ContinuationFrame.type and not in_block:
            continue  # Kinds of frames that nobody agreed on are ignored (section 5.5).
        if kind in (HeadersFrame.type, ContinuationFrame.type):
            in_block = not flags & 4
        if kind == WindowUpdateFrame.type and len(one) > HEAD:
            one = one[:HEAD] + bytes([one[HEAD] & 127]) + one[HEAD + 1 :]  # A bit without a meaning.
        yield one


def is_choice(frame: bytes) -> bool:
    """A farewell, after which what was asked may still be answered; or an acknowledgement of nothing."""
    kind, flags, stream = frame[3:4], frame[4:5], frame[5:HEAD]
    return stream == bytes(4) and (
        (kind == GoAwayFrame.type.to_bytes() and len(frame) >= HEAD + 8)
        or (kind == SettingsFrame.type.to_bytes() and flags in b"\1\5" and len(frame) == HEAD)
    )


def judged(data: bytes) -> Verdict:
    """What may be made of these frames as the answer to a GET, with the connection closed behind them."""
    client = H2Connection(
        H2Configuration(client_side=True, header_encoding=None, validate_inbound_headers=False)
    )
    client.initiate_connection()
    request = [(":method", "GET"), (":scheme", "http"), (":authority", "h"), (":path", "/")]
    client.send_headers(STREAM, request, end_stream=True)
    client.receive_data(GREETING)
    heard = Heard()
    try:
        # One by one: what came before a bad one has come.
        for one in as_the_standard_has_them(data):
            if is_choice(one):
                heard.strict = False
                continue
            for event in client.receive_data(one):
                heard.hear(event)
    except ProtocolError:
        heard.strict = False
    except Broken:
        return Verdict(None, may_fail=True)
    if not heard.ended or heard.fields is None:
        return Verdict(None, may_fail=True)
    lengths = {value for name, value in heard.fields if name == b"content-length"}
    if lengths not in (set(), {b"%d" % len(heard.body)}) and heard.status != 304:
        return Verdict(None, may_fail=True)  # The package does not look where there are trailers.
    try:
        declared = [value for name, value in heard.fields if name == b"content-encoding"]
        body, ignored = decoded(heard.body, declared)
    except Broken:
        return Verdict(None, may_fail=True)
    return Verdict(Reading(heard.status, heard.fields, body), may_fail=ignored or not heard.strict)
