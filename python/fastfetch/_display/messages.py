"""`Response`, `Request` and `Headers` as notebooks show them."""

from itertools import islice
from typing import TYPE_CHECKING

from fastfetch._display.advice import advice
from fastfetch._display.body import body_html
from fastfetch._display.markup import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    KINDS,
    RED,
    TEAL,
    VIOLET,
    Html,
    bar,
    block,
    element,
    facts,
    fold,
    heading,
    line,
    link,
    muted,
    page,
    pill,
    table,
    text,
)
from fastfetch._display.outcomes import kind_of
from fastfetch._display.units import human_bytes, human_seconds, printable, short_url

if TYPE_CHECKING:
    from fastfetch._core import Headers, Request, Response, Timings

PHASES = {
    "dns": TEAL,
    "connect": AMBER,
    "tls": VIOLET,
    "first_byte": GREEN,
    "body": BLUE,
}
"""The parts of a request's time, in their order, and the colour of each."""

_MAX_HEADERS = 100
_MAX_ROWS = 20
_URLS = {"location", "content-location", "referer"}


def response_html(response: "Response") -> str:
    """What became of a request: the answer, or the error in its place."""
    error = response.error
    return page(_answer(response) if error is None else _failure(response, error))


def request_html(request: "Request") -> str:
    """What is to be sent."""
    content = request.content
    size = "" if content is None else f"{human_bytes(len(content))} of body"
    return page(
        line(element("b", request.method), link(request.url), facts(size, _tag(request.tag))),
        _headers(request.headers, is_open=True),
    )


def headers_html(headers: "Headers") -> str:
    """Header lines, but for those that give access."""
    return page(_headers(headers, is_open=True))


def _answer(response: "Response") -> list[Html]:
    content_type = response.headers.get("content-type", "")
    attempts = f"{response.attempts} attempts" if response.attempts > 1 else ""
    said = facts(
        response.http_version,
        human_seconds(response.elapsed.total_seconds()),
        human_bytes(len(memoryview(response))),
        text(content_type, 80) if content_type else "",
        attempts,
        _tag(response.tag),
    )
    history = response.history
    hops = [[pill(str(hop.status_code), GREY), link(hop.url)] for hop in islice(history, _MAX_ROWS)]
    led = f"led here by {len(history)} redirect{'' if len(history) == 1 else 's'}"
    return [
        line(_status(response), element("b", response.method), link(response.url)),
        line(said),
        _time(response.timings),
        *([heading(led), table("<<", hops)] if hops else []),
        _headers(response.headers),
        *body_html(response),
    ]


def _status(response: "Response") -> Html:
    words = f"{response.status_code} {printable(response.reason, 60)}"
    return pill(words.strip(), KINDS[kind_of(response.status_code)])


def _time(timings: "Timings") -> Html:
    parts = {name: getattr(timings, name) for name in PHASES}
    shown = {name: seconds for name, seconds in parts.items() if seconds >= 0.000_01}
    coloured = [(_phase(name, seconds), seconds, PHASES[name]) for name, seconds in shown.items()]
    rest = timings.total - sum(parts.values())
    if rest > 0.05 * timings.total:
        coloured.insert(0, (f"before the last hop {human_seconds(rest)}", rest, GREY))
    legend = [
        element("span", element("span", "■", style=f"color:{colour}"), f" {said}")
        for said, _, colour in coloured
    ]
    return element("div", bar(coloured, "320px"), facts(*legend))


def _phase(name: str, seconds: float) -> str:
    return f"{name.replace('_', ' ')} {human_seconds(seconds)}"


def _headers(headers: "Headers", is_open: bool = False) -> Html:
    lines = headers._shown()
    rows = [
        [
            element("span", text(name, 60), style="opacity:.7"),
            text(short_url(value, 300) if name in _URLS else value),
        ]
        for name, value in lines[:_MAX_HEADERS]
    ]
    more = [muted(f"and {len(lines) - _MAX_HEADERS:,} more")] if len(lines) > _MAX_HEADERS else []
    title = f"{len(lines):,} header{'' if len(lines) == 1 else 's'}"
    return fold(title, table("<w", rows), *more, is_open=is_open) if lines else muted("no headers")


def _tag(tag: object) -> str:
    """The caller's own word; what it is written as is the caller's code, and may fail."""
    if tag is None:
        return ""
    try:
        return f"tag {printable(repr(tag), 80)}"
    except Exception:
        return "a tag that cannot be shown"


def _failure(response: "Response", error: BaseException) -> list[Html]:
    earlier: tuple[str, ...] = getattr(error, "earlier", ())
    attempts = response.attempts
    said = facts(
        f"in phase {getattr(error, 'phase', None)}" if getattr(error, "phase", None) else "",
        f"after {attempts} attempt{'' if attempts == 1 else 's'}" if attempts else "not sent",
        human_seconds(response.elapsed.total_seconds()),
        _tag(response.tag),
    )
    message = str(error).partition("; before that: ")[0] if earlier else str(error)
    told = [text(f"{number}. {words}") for number, words in enumerate(earlier[:_MAX_ROWS], 1)]
    return [
        line(pill(type(error).__name__, RED), element("b", response.method), link(response.url)),
        line(said),
        block(text(message, 1_000), wrapped=True),
        *([heading("earlier attempts"), block(*told, wrapped=True)] if told else []),
        line(element("b", "What to do:"), element("span", advice(error))),
    ]
