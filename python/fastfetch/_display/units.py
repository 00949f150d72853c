"""Numbers and text made fit to be shown.

Text from the network is not trusted: `printable` stands between it and whoever looks.
"""

import re
from collections.abc import Sequence


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` of the sorted values do not exceed (nearest rank).

    >>> percentile([1.0, 2.0, 3.0, 40.0], 50)
    2.0
    """
    rank = -(-percent * len(ordered) // 100)  # rounded up, in whole numbers
    return ordered[max(rank, 1) - 1]


def human_bytes(count: int) -> str:
    """A number of bytes in decimal units, three digits.

    >>> human_bytes(171), human_bytes(12_345), human_bytes(999_999)
    ('171 B', '12.3 kB', '1 MB')
    """
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}"


def human_seconds(seconds: float) -> str:
    """A length of time, three digits or two units.

    >>> human_seconds(0.00052), human_seconds(0.0123), human_seconds(2.349), human_seconds(125)
    ('0.52 ms', '12.3 ms', '2.35 s', '2 min 5 s')
    """
    if seconds < 0.001:
        return f"{1000 * seconds:.2g} ms" if seconds >= 0.00001 else "0 ms"
    if seconds < 0.9995:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 59.95:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def short_url(url: str, width: int = 60) -> str:
    """A URL fit to be shown: without user name and password, printable, shortened in the middle.

    >>> short_url("https://me:secret@example.com/a/long/path/to/data.json", 40)
    'https://***@example.../path/to/data.json'
    """
    return printable(USERINFO.sub(r"\1***@", url), width)


# Up to the last "@" before the path. URL parsers accept one slash, none, or backslashes too.
USERINFO = re.compile(r"^(\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\\s]*)[^/\\?#]*@")


def printable(text: str, width: int = 200) -> str:
    r"""Text that is safe in a terminal: one line, control characters escaped, shortened in the middle.

    >>> printable("red\x1b[31m\n")
    'red\\x1b[31m\\n'
    >>> printable("0123456789abcdef", 11)
    '0123...cdef'
    """
    if len(text) > 2 * width:  # before the escapes: the text may be megabytes long
        text = text[:width] + text[-width:]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if len(text) > width:
        head, tail = (width - 2) // 2, (width - 3) // 2
        text = f"{text[:head]}...{text[-tail:]}"
    return text
