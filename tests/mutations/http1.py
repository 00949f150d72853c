"""A strict reading of an answer by RFC 9112, which knows the places where it leaves room."""

import re

from tests.mutations.coded import Broken, decoded
from tests.mutations.verdict import Fields, Reading, Verdict

_STATUS = re.compile(rb"HTTP/1\.([01]) ([0-9]{3})(?: ([\t -~\x80-\xff]*))?")
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_FIELD = re.compile(rb"(%b):[ \t]*(.*?)[ \t]*" % _TOKEN, re.DOTALL)
_CHUNK = re.compile(rb"([0-9A-Fa-f]+)([ \t]*)((?:;.*)?)", re.DOTALL)
_EXTENSIONS = re.compile(rb"(?:;%b(?:=(?:%b|\"[^\"\\]*\"))?)*" % (_TOKEN, _TOKEN))
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

_LARGEST = 2**63
"""No length is believed beyond this."""


class Reader:
    """What is left of the bytes, which end with the connection."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.strict = True
        """Nothing was read yet where a recipient has a choice."""

    def line(self) -> bytes:
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise Broken("cut in a line")
        line, self.at = self.data[self.at : end], end + 1
        if line.endswith(b"\r"):
            return line[:-1]
        self.strict = False  # "A recipient MAY recognize a single LF" (section 2.2).
        return line

    def take(self, size: int) -> bytes:
        if len(self.data) - self.at < size:
            raise Broken("cut in the body")
        self.at += size
        return self.data[self.at - size : self.at]

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)

    def status_line(self) -> tuple[bool, int]:
        """Whether it is HTTP/1.1, and the status."""
        while self.data.startswith((b"\r\n", b"\n"), self.at):
            self.strict = False  # Said of requests only.
            self.line()
        line = _STATUS.fullmatch(self.line())
        if line is None or int(line[2]) < 100:
            raise Broken("no status line")
        self.strict &= line[3] is not None
        return line[1] == b"1", int(line[2])

    def fields(self) -> Fields:
        fields: Fields = []
        while line := self.line():
            if line[:1] in (b" ", b"\t"):
                if not fields or not line.strip(b" \t"):
                    self.strict = False
                if not fields:
                    raise Broken("a folded line of nothing")
                name, value = fields.pop()
                value += b" " + line.strip(b" \t")
            else:
                field = _FIELD.fullmatch(line)
                if field is None:
                    raise Broken("no field line")
                name, value = field[1].lower(), field[2]
            if b"\r" in value or b"\0" in value:
                raise Broken("a control character that is never allowed")
            self.strict &= _CONTROL.search(value) is None
            fields.append((name, value))
        return fields

    def chunks(self) -> bytes:
        body = b""
        while True:
            line = self.crlf_line()
            size = _CHUNK.fullmatch(line)
            if size is None:
                raise Broken("no chunk size")
            self.strict &= not size[2] and _EXTENSIONS.fullmatch(size[3]) is not None and len(size[1]) <= 16
            if int(size[1], 16) == 0:
                self.trailers()
                return body
            body += self.take(int(size[1], 16))
            if self.take(2) != b"\r\n":
                raise Broken("a chunk that does not end where it should")

    def crlf_line(self) -> bytes:
        """A line of the framing: these end in one way only."""
        line = self.line()
        if self.data[self.at - 2 : self.at] != b"\r\n" or b"\r" in line:
            raise Broken("a bare line end")
        return line

    def trailers(self) -> None:
        """Whoever ignores them may take them as they are, but they have an end."""
        start = self.at
        try:
            self.fields()
        except Broken:
            end = re.compile(rb"\r?\n\r?\n").search(self.data, max(start - 2, 0))
            if end is None:
                raise
            self.at, self.strict = end.end(), False


def values(fields: Fields, name: bytes) -> list[bytes]:
    return [value for known, value in fields if known == name]


def listed(fields: Fields, name: bytes) -> list[bytes]:
    """The elements of a list in a field, which may have many lines."""
    return [part.strip(b" \t").lower() for value in values(fields, name) for part in value.split(b",")]


def judged(data: bytes) -> Verdict:
    """What may be made of these bytes as the answer to a GET, with the connection closed behind them."""
    reader = Reader(data)
    try:
        reading, is_framed = read(reader)
    except Broken:
        return Verdict(None, may_fail=True)
    return Verdict(reading, may_fail=not reader.strict, goes_on=is_framed and reader.strict)


def read(reader: Reader) -> tuple[Reading, bool]:
    """The final answer, and whether it says itself where it ends."""
    while True:
        is_11, status = reader.status_line()
        fields = reader.fields()
        if not 100 <= status <= 199:
            break
        if status == 101:
            raise Broken("nobody asked for another protocol")
    is_framed = True
    lengths, codings = listed(fields, b"content-length"), listed(fields, b"transfer-encoding")
    if status in (204, 304):
        reader.strict &= codings in ([], [b"chunked"])  # No server may send it with a 204 (section 6.1).
        return Reading(status, fields, b""), is_framed
    if values(fields, b"transfer-encoding"):
        if codings != [b"chunked"]:
            raise Broken("another transfer coding")
        reader.strict &= is_11 and not lengths  # Faulty, and maybe an attack; chunked counts (section 6.3).
        body = reader.chunks()
    elif lengths:
        if not all(length.isdigit() and length.isascii() for length in lengths) or len(set(lengths)) > 1:
            raise Broken("no length")
        # The same one twice may be taken for one.
        reader.strict &= len(lengths) == 1 and len(lengths[0]) < 19
        if int(lengths[0]) >= _LARGEST:
            raise Broken("a length beyond all bounds")
        body = reader.take(int(lengths[0]))
    else:
        body, is_framed = reader.rest(), False
    if status != 206:  # A part of coded bytes cannot be decoded.
        body, ignored = decoded(body, values(fields, b"content-encoding"))
        reader.strict &= not ignored
    return Reading(status, fields, body), is_framed
