"""HTML that is safe to show, whatever is in it.

All of it is built by `element`: what is not `Html` already is text, which is made printable and escaped.
There is no script and no resource from elsewhere, and the style is in the elements, since notebooks drop the
style sheets of outputs that they do not trust. Colours are of a middle brightness, to be read on white and on
black.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape

from fastfetch._display.units import USERINFO, printable, short_url

GREEN = "#1f8a4d"
AMBER = "#b06a00"
RED = "#d1434b"
BLUE = "#2f7fd1"
VIOLET = "#8b62d0"
TEAL = "#128a8a"
GREY = "#7a808a"
FAINT = "#8882"

KINDS = {"ok": GREEN, "error status": AMBER, "failed": RED, "not done": GREY, "": GREY}
"""The colour of each kind of outcome."""

# MathJax, which notebooks run over outputs, leaves elements of these classes alone.
_CLASSES = "fastfetch tex2jax_ignore mathjax_ignore"
_PAGE = "font-size:13px;line-height:1.5;max-width:100%;overflow-x:auto"
_TABLE = (
    "border-collapse:collapse;border:0;margin:2px 0 0 0;font-size:inherit;font-variant-numeric:tabular-nums"
)
_ROW = "background:none;border:0"
_CELL = (
    "padding:2px 14px 2px 0;border:0;border-bottom:1px solid #8883;vertical-align:top;"
    "white-space:nowrap;text-align:"
)
_SIDES = {"<": "left", ">": "right", "w": "left;white-space:normal;word-break:break-word"}
_BLOCK = (
    "margin:2px 0;padding:8px 10px;border:0;border-radius:4px;background:#8882;"
    "color:inherit;font-size:12px;line-height:1.45;max-height:32em;overflow:auto;white-space:pre"
)
_PILL = "display:inline-block;padding:0 8px;border-radius:9px;color:#fff;font-size:12px;white-space:nowrap"
_BAR = "display:flex;max-width:720px;height:8px;border-radius:4px;overflow:hidden;margin:4px 0"

_LONGEST_LINK = 2_000

# What a URL is made of (RFC 3986) and no more: it cannot leave its attribute, nor be read as another scheme.
_LINKABLE = re.compile(r"https?://[A-Za-z0-9._~\[%-][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%|-]+", re.IGNORECASE)


class Html(str):
    """HTML that was made here."""

    __slots__ = ()


Content = str | Iterable[str]


def element(tag: str, *content: Content, **attributes: str) -> Html:
    """An element; text in it, and the values of its attributes, are escaped.

    >>> element("b", "a<b", title='"')
    '<b title="&quot;">a&lt;b</b>'
    """
    named = [f' {name.rstrip("_")}="{escape(value)}"' for name, value in attributes.items() if value]
    return Html(f"<{tag}{''.join(named)}>{joined(*content)}</{tag}>")


def joined(*content: Content, by: str = "") -> Html:
    """Several pieces, one after another."""
    pieces = (piece for part in content for piece in ([part] if isinstance(part, str) else part))
    shown = (piece if isinstance(piece, Html) else text(piece) for piece in pieces)
    return Html(by.join(piece for piece in shown if piece))


def text(raw: str, width: int = 300) -> Html:
    """Text on one line, of bounded length."""
    return Html(escape(printable(raw, width)))


def page(*content: Content) -> str:
    """All of what is shown."""
    return str(element("div", *content, class_=_CLASSES, style=_PAGE))


def link(url: str, width: int = 90) -> Html:
    """A URL, shortened, without user name and password; a link where it is http or https and harmless.

    >>> link("http://me:secret@example.com/")[:33], link("javascript:alert(1)")
    ('<a href="http://example.com/" tar', '<span>javascript:alert(1)</span>')
    """
    target = USERINFO.sub(r"\1", url) if len(url) <= _LONGEST_LINK else ""
    if not _LINKABLE.fullmatch(target):
        return element("span", short_url(url, width))
    return element("a", short_url(url, width), href=target, target="_blank", rel="noopener noreferrer")


def pill(label: str, colour: str) -> Html:
    """A short word on a coloured ground."""
    return element("span", text(label, 60), style=f"{_PILL};background:{colour}")


def muted(*content: Content) -> Html:
    """What is less important."""
    return element("span", *content, style="opacity:.7")


def line(*content: Content) -> Html:
    """Pieces on a line of their own, apart from each other."""
    return element("div", joined(*content, by=" "), style="margin:2px 0")


def facts(*content: Content) -> Html:
    """Short facts in a row, with dots between them."""
    return muted(joined(*content, by=" · "))


def heading(title: str) -> Html:
    """The title of a part."""
    return element("div", title, style="margin:10px 0 0 0;font-weight:600")


def fold(title: str, *content: Content, is_open: bool = False) -> Html:
    """A part that can be folded."""
    head = element("summary", title, style="margin:8px 0 0 0;font-weight:600;cursor:pointer")
    return element("details", head, *content, open="open" if is_open else "")


def table(sides: str, rows: Iterable[Sequence[Content]], head: Sequence[str] = ()) -> Html:
    """A table; `sides` says "<" or ">" for each column, "w" for one whose text may be wrapped."""
    styles = [_CELL + _SIDES[side] for side in sides]

    def cells(tag: str, row: Iterable[Content]) -> Html:
        inside = [element(tag, content, style=style) for content, style in zip(row, styles, strict=True)]
        return element("tr", inside, style=_ROW)

    titles = [element("span", title, style="opacity:.7;font-weight:400") for title in head]
    top = [element("thead", cells("th", titles), style=_ROW)] if titles else []
    return element("table", top, element("tbody", [cells("td", row) for row in rows]), style=_TABLE)


def block(*lines: str, width: int = 300, wrapped: bool = False) -> Html:
    """Lines of text as they are."""
    shown = (line if isinstance(line, Html) else text(line, width) for line in lines)
    return element("pre", Html("\n".join(shown)), style=_BLOCK + ("-wrap" if wrapped else ""))


def bar(parts: Iterable[tuple[str, float, str]], width: str = "100%") -> Html:
    """A bar of parts: what each is, how large, its colour. What is very small can still be seen."""
    parts = [(title, share, colour) for title, share, colour in parts if share > 0]
    whole = sum(share for _, share, _ in parts)
    shares = [
        element(
            "div", title=title, style=f"flex:{1000 * share / whole:.1f} 1 0;min-width:2px;background:{colour}"
        )
        for title, share, colour in parts
    ]
    return element("div", shares, style=f"{_BAR};width:{width};background:{FAINT}")
