"""Certificates that are not what they should be: each is refused, by name, before a byte of HTTP is sent."""

import ssl
from asyncio import StreamWriter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier
from fastfetch import TLS, CertificateError, Request, TLSError

from tests.conftest import RawServerFactory
from tests.fetching import fault, fetch
from tests.servers.certificates import (
    CLIENT,
    SERVER,
    Handshakes,
    Pair,
    issue,
    revocation_list,
    rsa_key,
    server,
)
from tests.servers.raw import Handler, RequestReader, reset
from tests.servers.routes import RouteServer

HOST = "good.test"


@cache
def root() -> Pair:
    return issue("test root", ca=True)


@cache
def rsa_root() -> Pair:
    return issue("test root", ca=True, key=rsa_key(2048))


@cache
def middle() -> Pair:
    return issue("test middle", by=root(), ca=True)


def leaf(by: Pair | None = None, **more: Any) -> Pair:
    """A server's certificate for `HOST`, unless told otherwise."""
    return issue(HOST, by=by or root(), **{"names": [HOST], **more})


@dataclass(frozen=True)
class Shown:
    """What a server shows, and what its client asks for."""

    chain: tuple[Pair, ...]
    host: str = HOST
    tls: Mapping[str, Any] = field(default_factory=dict)


def good(host: str = HOST, **more: Any) -> Shown:
    return Shown((leaf(**more),), host)


def below(authority: Pair, **more: Any) -> Shown:
    """A leaf under an authority of its own making, which is sent along."""
    return Shown((leaf(authority, **more), authority))


def revoked(*lists: Callable[[Pair], bytes]) -> Shown:
    own = leaf()
    return Shown((own,), tls={"crls": [make(own) for make in lists]})


UNKNOWN = [(x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)]
OTHER_ROOT = cache(lambda: issue("other root", ca=True))
NAMESAKE = cache(lambda: issue("test root", ca=True))
PINNED = {"pins": ["sha256/" + "A" * 43 + "="]}
OTHER_NAME = "issued for another host name"

BAD: dict[str, tuple[Callable[[], Shown], str]] = {
    "expired": (lambda: good(days=(-30, -3)), "expired 3 days ago"),
    "expired today": (lambda: good(days=(-30, -0.5)), "expired 12 hours ago"),
    "not yet valid": (lambda: good(days=(3.5, 30)), "not valid for another 3 days"),
    "expired middle": (lambda: below(issue("m", by=root(), ca=True, days=(-30, -3))), "expired 3 days ago"),
    "another host": (lambda: good(names=["other.test"]), f"{OTHER_NAME}: other.test"),
    "a host below": (lambda: good("www.good.test"), f"{OTHER_NAME}: good.test"),
    "a host above": (lambda: good(names=["www.good.test"]), f"{OTHER_NAME}: www.good.test"),
    "a common name only": (lambda: good(names=[]), "issued for no host name"),
    "an email address": (lambda: good(names=[], others=[x509.RFC822Name("a@good.test")]), "issued for"),
    "a URI": (
        lambda: good(names=[], others=[x509.UniformResourceIdentifier("https://good.test/")]),
        "issued for",
    ),
    "an address as a name": (
        lambda: good("127.0.0.1", names=[], others=[x509.DNSName("127.0.0.1")]),
        "issued for",
    ),
    "another address": (lambda: good("127.0.0.1", names=["127.0.0.2"]), f"{OTHER_NAME}: 127.0.0.2"),
    "an address for a name": (lambda: good(names=["127.0.0.1"]), f"{OTHER_NAME}: 127.0.0.1"),
    "a name for an address": (lambda: good("127.0.0.1"), f"{OTHER_NAME}: good.test"),
    "every name": (lambda: good(names=["*"]), "issued for"),
    "every name below a top-level domain": (lambda: good(names=["*.test"]), "issued for"),
    "a wildcard at the end": (lambda: good(names=["go*.test"]), "issued for"),
    "a wildcard at the start": (lambda: good(names=["*od.test"]), "issued for"),
    "a wildcard within": (lambda: good(names=["g*d.test"]), "issued for"),
    "a wildcard in the middle": (lambda: good("a.b.test", names=["a.*.test"]), "issued for"),
    "a wildcard for two labels": (lambda: good("a.b.good.test", names=["*.good.test"]), OTHER_NAME),
    "a wildcard for none": (lambda: good(names=["*.good.test"]), OTHER_NAME),
    "self-signed": (lambda: Shown((issue(HOST, names=[HOST]),)), "self-signed; pass tls=TLS(ca="),
    "self-signed authority": (lambda: Shown((issue(HOST, names=[HOST], ca=True),)), "self-signed; pass"),
    "unknown root": (
        lambda: Shown((leaf(OTHER_ROOT()), OTHER_ROOT())),
        'by "other root", an authority that is not',
    ),
    "root of the same name": (
        lambda: Shown((leaf(NAMESAKE()), NAMESAKE())),
        "not signed by the key of its authority",
    ),
    "middle left out": (lambda: Shown((leaf(middle()),)), "does not send its intermediate certificate"),
    "signature that does not hold": (
        lambda: Shown((leaf().forged(),)),
        "not signed by the key of its authority",
    ),
    "signed by a server": (lambda: below(leaf()), "signed by a certificate that is not an authority's"),
    "signed by no authority": (
        lambda: below(issue("m", by=root(), ca=False)),
        "signed by a certificate that is not an authority's",
    ),
    "path too long": (
        lambda: (lambda first: Shown((leaf(issue("m2", by=first, ca=True)), first)))(
            issue("m", by=root(), ca=True, path_length=0)
        ),
        "",
    ),
    "an authority's own": (lambda: good(ca=True), "an authority's and not a server's"),
    "for clients": (lambda: good(uses=[CLIENT]), "not issued for use by a server"),
    "middle for clients": (
        lambda: below(issue("m", by=root(), ca=True, uses=[CLIENT])),
        "not issued for use by a server",
    ),
    "name not permitted": (
        lambda: below(issue("m", by=root(), ca=True, permitted=["other.test"])),
        "may not certify this name (name constraints)",
    ),
    "name excluded": (
        lambda: below(issue("m", by=root(), ca=True, excluded=[HOST])),
        "may not certify this name (name constraints)",
    ),
    "SHA-1": (
        lambda: Shown((leaf(rsa_root()).with_sha1(rsa_root()),), tls={"ca": rsa_root().pem}),
        "signed with SHA-1",
    ),
    "unknown critical extension": (
        lambda: good(extensions=UNKNOWN),
        "critical extension that is not understood",
    ),
    "revoked": (lambda: revoked(lambda own: revocation_list(root(), own)), "revoked"),
    "old revocation list": (
        lambda: revoked(lambda own: revocation_list(root(), days=(-9, -3))),
        "a revocation list that expired 3 days ago",
    ),
    "revocation list of another": (
        lambda: revoked(lambda own: revocation_list(OTHER_ROOT())),
        "not covered by the revocation lists",
    ),
    "pinned otherwise": (lambda: Shown((leaf(),), tls=PINNED), "pinned otherwise: the pin does not match"),
    "pinned otherwise, unverified": (
        lambda: Shown((leaf(),), tls={**PINNED, "verify": False}),
        "pinned otherwise: the pin does not match",
    ),
}


def trusting(more: Mapping[str, Any]) -> TLS:
    return TLS(**{"ca": root().pem, **more})


class TestBadCertificates:
    @pytest.mark.parametrize("name", BAD)
    def test_is_refused(self, name: str) -> None:
        make, words = BAD[name]
        shown = make()
        with RouteServer(tls=server(*shown.chain)) as origin:
            error = fault(
                f"https://{shown.host}:{origin.port}/",
                CertificateError,
                "tls",
                "certificate refused: ",
                words,
                tls=trusting(shown.tls),
                resolve={HOST: "127.0.0.1", shown.host.replace("127.0.0.1", "x.test"): "127.0.0.1"},
            )
            assert words in error.reason
            assert origin.ledger.requests == []

    def test_the_same_made_well_is_not(self) -> None:
        own = leaf()
        for shown in (
            Shown((own,)),
            Shown((own,), tls={"pins": [leaf().pin(), own.pin()]}),
            Shown((leaf(middle()), middle())),
            Shown((leaf(middle()), middle()), tls={"pins": [middle().pin()]}),
            Shown((leaf(uses=[CLIENT, SERVER]),)),
            Shown((leaf(names=["*.good.test"]),), "www.good.test"),
            Shown((leaf(names=["127.0.0.1"]),), "127.0.0.1"),
            below(issue("m", by=root(), ca=True, permitted=["good.test"], path_length=0)),
            revoked(lambda own: revocation_list(root(), leaf())),
            Shown((leaf(key=rsa_key(2048)),)),
        ):
            with RouteServer(tls=server(*shown.chain)) as origin:
                request = Request("GET", f"https://{shown.host}:{origin.port}/json/a")
                resolve = {"good.test": "127.0.0.1", "www.good.test": "127.0.0.1"}
                assert fetch(request, tls=trusting(shown.tls), resolve=resolve).json() == {"name": "a"}

    def test_a_self_signed_one_may_be_trusted_by_itself(self) -> None:
        for ca in (True, None):
            own = issue(HOST, names=[HOST], ca=ca)
            with RouteServer(tls=server(own)) as origin:
                request = Request("GET", f"https://{HOST}:{origin.port}/json/a")
                assert fetch(request, tls=TLS(ca=own.pem), resolve={HOST: "127.0.0.1"}).ok


TLS10 = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1)
TLS11 = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1)
TLS12 = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
TLS13 = (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)


class TestVersionsAndKeys:
    @pytest.mark.parametrize(
        ("versions", "tls"),
        [
            (TLS10, {}),
            (TLS11, {}),
            (TLS12, {"min_version": "1.3"}),
            (TLS13, {"max_version": "1.2"}),
        ],
        ids=["1.0", "1.1", "1.2 where 1.3 is asked", "1.3 where 1.2 is asked"],
    )
    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_a_version_that_is_not_spoken(
        self, versions: tuple[ssl.TLSVersion, ssl.TLSVersion], tls: dict[str, Any]
    ) -> None:
        with Handshakes(server(leaf(), versions=versions)) as origin:
            url = f"https://{HOST}:{origin.port}/"
            fault(url, TLSError, "tls", "TLS version", tls=trusting(tls), resolve={HOST: "127.0.0.1"})
        assert origin.received == []

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_the_only_version_of_both(self, version: str) -> None:
        tls = trusting({"min_version": version, "max_version": version})
        with Handshakes(server(leaf(), versions={"1.2": TLS12, "1.3": TLS13}[version])) as origin:
            request = Request("GET", f"https://{HOST}:{origin.port}/")
            assert fetch(request, tls=tls, resolve={HOST: "127.0.0.1"}).text == "ok"

    @pytest.mark.parametrize("weak", ["leaf", "root"])
    def test_short_keys(self, weak: str) -> None:
        short = rsa_key(1024)
        authority = issue("weak root", ca=True, key=short) if weak == "root" else root()
        own = leaf(authority, key=short if weak == "leaf" else rsa_key(2048))
        with RouteServer(tls=server(own)) as origin:
            url = f"https://{HOST}:{origin.port}/"
            fault(
                url,
                CertificateError,
                "tls",
                "too weak a key",
                tls=TLS(ca=authority.pem),
                resolve={HOST: "127.0.0.1"},
            )
            assert origin.ledger.requests == []


async def slam(reader: RequestReader, writer: StreamWriter) -> None:
    await reader.read(1)
    reset(writer)


def after_the_hello(answer: bytes) -> Handler:
    async def say(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.read(2**14)
        writer.write(answer)

    return say


class TestNoTLS:
    @pytest.mark.parametrize(
        ("handler", "words"),
        [
            (after_the_hello(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "does not speak TLS on this port"),
            (after_the_hello(b"SSH-2.0-OpenSSH_9.9\r\n"), "does not speak TLS on this port"),
            (after_the_hello(b"\0" * 100), "no"),
            (after_the_hello(b"\x15\x03\x03\x00\x02\x02\x28"), "alert HandshakeFailure"),
            (after_the_hello(b"\x15\x03\x03\x00\x02\x02\x46"), "alert ProtocolVersion"),
            (after_the_hello(b"\x15\x03\x03\x00\x02\x02\x70"), "it knows no host of this name"),
            (after_the_hello(b"\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00"), ""),
            (after_the_hello(b""), "closed the connection during the handshake"),
            (after_the_hello(b"\x16"), "closed the connection during the handshake"),
            (after_the_hello(b"\x16\x03\x03\x00\x7a"), "closed the connection during the handshake"),
            (
                after_the_hello(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"),
                "closed the connection during",
            ),
            (slam, "TLS failed"),
        ],
    )
    def test_what_answers_in_its_place(
        self, raw_server: RawServerFactory, handler: Handler, words: str
    ) -> None:
        origin = raw_server(handler)
        url = f"https://127.0.0.1:{origin.port}/"
        fault(url, TLSError, "tls", "TLS failed: ", words, tls=TLS(ca=root().pem))
        assert origin.ledger.requests == []
