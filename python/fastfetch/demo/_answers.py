"""What the demo site answers: the path of a URL says it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, TypeAlias
from urllib.parse import parse_qs

from fastfetch.demo import _contents

__all__ = ["Answer", "Answers", "Request", "reason"]

Fields: TypeAlias = tuple[tuple[str, str], ...]

ITEMS, USERS = 1_000, 500
PER_PAGE, MOST_PER_PAGE = 20, 100
RATE = 20  # requests for /items that are answered in a second
KEYS = 10_000  # of /flaky that are remembered
LARGEST = 2**30
LONGEST_WAIT = 60_000

JSON = "application/json"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for."""

    method: str
    target: str
    headers: Fields = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What it gets. The body is repeated up to `length` bytes, where that is given."""

    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200
    headers: Fields = ()
    length: int | None = None
    delay: float = 0.0
    end: Literal["whole", "cut", "reset"] = "whole"


class Answers:
    """Knows what to answer, and how often some paths were asked for."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._lately: deque[float] = deque()

    def to(self, request: Request) -> Answer:
        """The answer to a request."""
        path, _, asked = request.target.partition("?")
        # Of several values for a name, the last counts.
        query = {name: values[-1] for name, values in parse_qs(asked).items()}
        segments = path.split("/")[1:]
        if segments == ["echo"]:
            return _json(_contents.echo(request.method, request.target, request.headers, request.body))
        if request.method not in ("GET", "HEAD"):
            return _error(405, f"expected GET or HEAD, got {request.method}", ("Allow", "GET, HEAD"))
        try:
            return self._page(path, segments, query)
        except ValueError as error:
            return _error(400, str(error))

    def _page(self, path: str, segments: list[str], query: dict[str, str]) -> Answer:
        match segments:
            case [""]:
                return Answer(_contents.index(), HTML)
            case ["json", number]:
                return _json(_contents.small(_number(number)))
            case ["user", number]:
                return _json(_contents.user(_number(number)))
            case ["users"]:
                return _users(query)
            case ["items"]:
                return self._limited() or _items(query)
            case ["page", number]:
                return Answer(_contents.page(_number(number)), HTML)
            case ["picture.png"]:
                return Answer(_contents.picture(), "image/png")
            case ["file", size]:
                return Answer(_contents.BLOCK, "application/octet-stream", length=_number(size, LARGEST))
            case ["slow", milliseconds]:
                return Answer(_contents.plain(path), delay=_number(milliseconds, LONGEST_WAIT) / 1000)
            case ["status", number]:
                return _status(_number(number))
            case ["redirect", hops]:
                left = _number(hops)
                place = f"/redirect/{left - 1}" if left > 1 else "/json/1"
                return Answer(status=302, headers=(("Location", place),))
            case ["broken"]:
                return Answer(_contents.plain(path), status=500)
            case ["flaky", key]:
                return self._flaky(path, key, _number(query.get("fail", "1")))
            case ["events"]:
                return Answer(_contents.EVENTS, "text/event-stream")
            case ["truncated"]:
                return Answer(_contents.BLOCK[:400], length=1000, end="cut")
            case ["reset"]:
                return Answer(end="reset")
            case ["hostile", *_]:
                return Answer(_contents.HOSTILE_PAGE, HTML, headers=_contents.HOSTILE_FIELDS)
            case ["robots.txt"]:
                return Answer(b"User-agent: *\nDisallow: /private/\n")
            case ["private", number]:
                return Answer(_contents.page(_number(number)), HTML)
            case _:
                return Answer(_contents.plain(path), status=404)

    def _limited(self) -> Answer | None:
        """The answer to one request too many, where it is that."""
        now = time.monotonic()
        while self._lately and now - self._lately[0] >= 1:
            self._lately.popleft()
        if len(self._lately) >= RATE:
            return _error(429, f"more than {RATE} requests a second", ("Retry-After", "1"))
        self._lately.append(now)
        return None

    def _flaky(self, path: str, key: str, times: int) -> Answer:
        failed = self._failures.pop(key, 0)
        self._failures[key] = min(failed + 1, times)
        if len(self._failures) > KEYS:
            del self._failures[next(iter(self._failures))]
        if failed < times:
            return _error(503, f"failed {failed + 1} of {times} times", ("Retry-After", "0"))
        return Answer(_contents.plain(path))


def _number(text: str, most: int = 10**9) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most):
        raise ValueError(f"expected a number from 0 to {most}, got {text[:40]}")
    return int(text)


def _json(content: bytes, *fields: tuple[str, str]) -> Answer:
    return Answer(content, JSON, headers=fields)


def _error(status: int, message: str, *fields: tuple[str, str]) -> Answer:
    return Answer(f"{message}\n".encode(), status=status, headers=fields)


def _status(number: int) -> Answer:
    if not 200 <= number <= 599:
        raise ValueError(f"expected a status from 200 to 599, got {number}")
    return Answer(b"" if number in (204, 304) else _contents.plain(f"/status/{number}"), status=number)


def _part(query: dict[str, str], total: int) -> tuple[int, int, int]:
    """Which page, how many to a page, and how many pages there are."""
    per_page = min(max(1, _number(query.get("per_page", str(PER_PAGE)))), MOST_PER_PAGE)
    return max(1, _number(query.get("page", "1"))), per_page, -(-total // per_page)


def _items(query: dict[str, str]) -> Answer:
    page, per_page, pages = _part(query, ITEMS)
    first = (page - 1) * per_page + 1
    items = [_contents.item(number) for number in range(first, min(first + per_page, ITEMS + 1))]
    links = {"first": 1, "prev": page - 1, "next": page + 1, "last": pages}
    link = ", ".join(
        f'</items?page={number}&per_page={per_page}>; rel="{relation}"'
        for relation, number in links.items()
        if 1 <= number <= pages
    )
    content = {"page": page, "pages": pages, "per_page": per_page, "total": ITEMS, "items": items}
    return _json(_contents.dumped(content), ("Link", link), ("X-Total-Count", str(ITEMS)))


def _users(query: dict[str, str]) -> Answer:
    page, per_page, pages = _part(query, USERS)
    first = (page - 1) * per_page + 1
    users = [_contents.user_fields(number) for number in range(first, min(first + per_page, USERS + 1))]
    following = f"/users?page={page + 1}&per_page={per_page}" if page < pages else None
    return _json(_contents.dumped({"data": {"items": users}, "total": USERS, "next": following}))


def reason(status: int) -> str:
    """The phrase for a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
