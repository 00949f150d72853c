"""HTML taken apart, to see that nothing is in it but what is known to be harmless."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

ATTRIBUTES = {
    "a": {"href", "target", "rel"},
    "b": set(),
    "details": {"open"},
    "div": {"style", "class", "title"},
    "img": {"src", "alt", "style"},
    "pre": {"style"},
    "span": {"style"},
    "summary": {"style"},
    "table": {"style"},
    "tbody": set(),
    "td": {"style"},
    "th": {"style"},
    "thead": {"style"},
    "tr": {"style"},
}
"""The elements that there are, and their attributes."""

STYLE = re.compile(r"(?:[a-z-]+:[a-z0-9 #.,%()-]+;?)+")
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</pre></td></table></div><script>alert(1)</script>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//http://a/",
    "data:text/html,<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;&#x3c;script&#x3e;&amp;lt;",
    "&#x6A;avascript:alert(1)",
    "<!-- --><![CDATA[ <?php <!DOCTYPE ]]>",
    "<svg onload=alert(1)><style>@import 'http://evil.test'</style>",
    r"$\\href{javascript:alert(1)}{x}$ \\(x\\) \\[x\\]",
    "\u202egpj.exe \u2066\u200b\u2028",
    "a\0b\x07\x1b[31mred\x1b]0;title\x07\r\n\t\x85",
    "\ud800 \U000e0041 \ufeff",
    "<" * 1_000_000,
    "\x1b" * 1_000_000,
]


class Shown(HTMLParser):
    """What a browser would make of the HTML: fails on anything that is not known to be harmless."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.elements: list[str] = []
        self._text: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []
        self.text = "".join(self._text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ATTRIBUTES, f"<{tag}>"
        attributes = dict(attrs)
        assert len(attributes) == len(attrs)
        assert set(attributes) <= ATTRIBUTES[tag], f"<{tag} {attributes}>"
        for name, value in attributes.items():
            self._check(name, value or "")
        if tag == "a":
            assert attributes["target"] == "_blank"
            assert attributes["rel"] == "noopener noreferrer"
        self.elements.append(tag)
        if tag != "img":
            self._open.append(tag)

    def _check(self, name: str, value: str) -> None:
        assert value.isprintable()
        if name == "href":
            parts = urlsplit(value)
            assert parts.scheme in ("http", "https")
            assert parts.hostname
            assert "@" not in parts.netloc
            self.links.append(value)
        elif name == "src":
            assert PICTURE.fullmatch(value)
            self.pictures.append(value)
        elif name == "style":
            assert STYLE.fullmatch(value), value
            assert "url" not in value
            assert "expression" not in value

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pytest.fail(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        assert self._open
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert data.replace("\n", "").isprintable(), ascii(data)
        assert "\n" not in data or "pre" in self._open
        self._text.append(data)

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        pytest.fail(f"<!{decl}")

    def unknown_decl(self, data: str) -> None:
        pytest.fail(f"<![{data}")

    def handle_pi(self, data: str) -> None:
        pytest.fail(f"<?{data}")


def shown(html: str) -> Shown:
    """HTML that is harmless, of bounded size, all of it in one element that MathJax leaves alone."""
    assert html.startswith('<div class="fastfetch tex2jax_ignore mathjax_ignore" ')
    seen = Shown(html)
    assert len(html) - sum(map(len, seen.pictures)) < 150_000
    html.encode()
    return seen
