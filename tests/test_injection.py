"""A control character, wherever it is put: refused, or sent so that it ends no line and starts no header.

A new place where text of the caller's goes on the wire is a new row of `PLACES`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import fastfetch
import pytest
from fastfetch import Client

from tests.servers.bodies import BodyServer

CONTROLS = [*map(chr, range(32)), "\x7f"]

Send = Callable[[Client, str, str], Any]


def url(template: str) -> Send:
    """A GET of a URL below the server's, with the text in it."""
    return lambda client, base, text: client.get(base + template.replace("TEXT", text))


def option(name: str, value: Callable[[str], Any], method: str = "POST") -> Send:
    """A request with an option that has the text in it."""
    return lambda client, base, text: client.request(method, base, **{name: value(text)})


def userinfo(template: str) -> Send:
    return lambda client, base, text: client.get(
        base.replace("://", f"://{template.replace('TEXT', text)}@") + "/"
    )


@dataclass(frozen=True)
class Place:
    """Somewhere to put text, and whether a control character there is refused or sent in another form."""

    send: Send
    refused: bool
    plain: str = ""
    """Control characters that are no danger there, and are sent or trimmed."""


PLACES = {
    "method": Place(lambda client, base, text: client.request(f"GE{text}T", base), refused=True),
    "URL": Place(lambda client, base, text: client.get(f"{text}{base}"), refused=True),
    "URL host": Place(lambda client, base, text: client.get(base.replace("127", f"127{text}")), refused=True),
    "URL path": Place(url("/a/TEXT/b"), refused=True),
    "URL query": Place(url("/?a=TEXT&b"), refused=True),
    "URL fragment": Place(url("/#TEXT"), refused=True),
    "URL user": Place(userinfo("TEXT:password"), refused=True),
    "URL password": Place(userinfo("user:TEXT"), refused=True),
    "URL user, encoded": Place(
        lambda client, base, text: client.get(base.replace("://", f"://%{ord(text[1]):02x}:x@")),
        refused=True,
    ),
    "params name": Place(option("params", lambda text: {text: "value"}), refused=False),
    "params value": Place(option("params", lambda text: {"name": text}), refused=False),
    "params text": Place(option("params", lambda text: f"a={text}"), refused=True),
    "header name": Place(option("headers", lambda text: {f"x-{text}": "value"}), refused=True),
    # A tab within a value is allowed (RFC 9110, section 5.5).
    "header value": Place(option("headers", lambda text: {"x-own": text}), refused=True, plain="\t"),
    "header value, bytes": Place(
        option("headers", lambda text: {"x-own": text.encode()}), refused=True, plain="\t"
    ),
    "cookie header": Place(option("headers", lambda text: {"cookie": f"a={text}"}), refused=True, plain="\t"),
    "host header": Place(option("headers", lambda text: {"host": text}), refused=True, plain="\t"),
    "content type": Place(option("headers", lambda text: {"content-type": text}), refused=True, plain="\t"),
    "form name": Place(option("data", lambda text: {text: "value"}), refused=False),
    "form value": Place(option("data", lambda text: {"name": text}), refused=False),
    "JSON": Place(option("json", lambda text: {text: text}), refused=False, plain="\x7f"),
    "part name": Place(option("files", lambda text: {text: b"content"}), refused=False),
    "part file name": Place(option("files", lambda text: {"f": (text, b"content")}), refused=False),
    "part type": Place(option("files", lambda text: {"f": ("f", b"content", text)}), refused=True),
    "part header name": Place(
        option("files", lambda text: {"f": ("f", b"", None, {text: "x"})}), refused=True
    ),
    "part header value": Place(
        option("files", lambda text: {"f": ("f", b"", None, {"x-own": text})}), refused=True
    ),
    "part field name": Place(
        lambda client, base, text: client.post(base, data={text: "x"}, files={"f": b"content"}), refused=False
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_nothing_is_injected(heard: BodyServer, name: str) -> None:
    place = PLACES[name]

    async def main() -> None:
        async with Client() as client:
            expected = 0
            for control in CONTROLS:
                text = f"a{control}X-Injected: 1{control}{control}GET /injected"
                if place.refused and control not in place.plain:
                    with pytest.raises(fastfetch.FetchError) as caught:
                        await place.send(client, heard.url, text)
                    assert isinstance(caught.value, ValueError)
                    assert not any(character in str(caught.value) for character in CONTROLS)
                    assert len(heard.ledger.requests) == expected
                    continue
                await place.send(client, heard.url, text)
                expected += 1
                assert len(heard.ledger.requests) == len(heard.bodies) == expected
                lines = heard.head.split(b"\r\n") + heard.bodies[-1].split(b"\r\n")
                assert not any(line.lower().startswith((b"x-injected", b"get /inj")) for line in lines)
                if control not in place.plain:
                    framing = (heard.head + heard.bodies[-1]).replace(b"\r\n", b"")
                    assert control.encode() not in framing

    asyncio.run(main())
    # No request came that nobody sent.
    heard.ledger.wait_none_open()
    assert len(heard.ledger.requests) == len(heard.bodies)
