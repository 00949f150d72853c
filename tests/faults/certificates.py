"""Faults of TLS: certificates that are not what they should be (RFC 5280, RFC 9525), and what is no TLS.

Each is refused by name, once, and before a byte of HTTP is sent.
"""

import ssl
from asyncio import StreamWriter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier
from fastfetch import TLS, CertificateError, ConnectTimeout, Timeout, TLSError

from tests.faults.fault import Fails, Fault
from tests.faults.stage import Stage
from tests.servers.certificates import CLIENT, Handshakes, Pair, issue, revocation_list, rsa_key, server
from tests.servers.raw import Handler, RequestReader, reset

HERE = "127.0.0.1"
HOST = "good.test"
Chain = tuple[Pair, ...]

OTHER = "issued for another host name"
NO_NAME = "issued for no host name"
NO_AUTHORITY = "signed by a certificate that is not an authority's"
NO_SIGNATURE = "not signed by the key of its authority"
CLIENTS_ONLY = "not issued for use by a server"
CONSTRAINED = r"may not certify this name \(name constraints\)"
CUT = "closed the connection during the handshake"


async def unasked(reader: RequestReader, writer: StreamWriter) -> None:
    """After the handshake nothing may come."""
    assert not await reader.read(1), "HTTP was sent to a server that was not to be trusted"


def leaf(by: Pair, *, host: str = HERE, **more: Any) -> Pair:
    """A server's certificate, good unless told otherwise."""
    return issue(host, by=by, **{"names": [host], **more})


def below(root: Pair, **more: Any) -> Chain:
    """A good leaf under an authority of its own making, which is sent along."""
    middle = issue("test middle", by=root, **{"ca": True, **more})
    return leaf(middle), middle


def named(root: Pair, *names: str, others: tuple[x509.GeneralName, ...] = ()) -> Chain:
    return (leaf(root, names=names, others=others),)


def refused(
    id: str,
    what: str,
    words: str,
    make: Callable[[Pair], Chain],
    *,
    host: str = HERE,
    **options: Any,
) -> Fault:
    """The chain that is made below the trusted authority is refused for this host."""

    def perform(stage: Stage) -> str:
        port = stage.raw(unasked, tls=server(*make(stage.authority.pair))).port
        return f"https://{host}:{port}/"

    if host != HERE:
        options["resolve"] = {host: HERE}
    expected = Fails(CertificateError, "tls", words)
    return Fault(id, what, perform, expected, options=options)


@cache
def another(name: str) -> Pair:
    """An authority that nobody trusts."""
    return issue(name, ca=True)


def names() -> Iterator[Fault]:
    def row(id: str, what: str, words: str, *names: str, host: str = HOST) -> Fault:
        return refused(id, what, words, lambda root: named(root, *names), host=host)

    def other(id: str, what: str, general: x509.GeneralName, words: str = NO_NAME, host: str = HOST) -> Fault:
        return refused(id, what, words, lambda root: named(root, others=(general,)), host=host)

    yield row("T03", "a certificate for another host", f"{OTHER}: other.test", "other.test")
    yield row("T03b", "one for the domain above", f"{OTHER}: good.test", HOST, host="www.good.test")
    yield row("T03c", "one for a host below", f"{OTHER}: www.good.test", "www.good.test")
    yield row("T03d", "one for another address", f"{OTHER}: 127.0.0.2", "127.0.0.2", host=HERE)
    yield row("T03e", "one for the address of the host", f"{OTHER}: 127.0.0.1", HERE)
    yield row("T03f", "one for the name of an address", f"{OTHER}: good.test", HOST, host=HERE)
    yield row("T04", "the host in the common name only", NO_NAME)
    yield other("T04b", "the host in an email address", x509.RFC822Name("a@good.test"))
    yield other("T04c", "the host in a URI", x509.UniformResourceIdentifier("https://good.test/"))
    yield other("T05", "an address written as a host name", x509.DNSName(HERE), f"{OTHER}: {HERE}", HERE)
    yield row("T06", "a wildcard for every name", OTHER, "*")
    yield row("T06b", "a wildcard for a top-level domain", OTHER, "*.test")
    yield row("T06c", "a wildcard at the end of a label", OTHER, "go*.test")
    yield row("T06d", "a wildcard at the start of a label", OTHER, "*od.test")
    yield row("T06e", "a wildcard within a label", OTHER, "g*d.test")
    yield row("T06f", "a wildcard in the middle", OTHER, "a.*.test", host="a.b.test")
    yield row("T06g", "a wildcard for two labels", OTHER, "*.good.test", host="a.b.good.test")
    yield row("T06h", "a wildcard for no label", OTHER, "*.good.test")


def authorities() -> Iterator[Fault]:
    def self_signed(id: str, what: str, ca: bool | None) -> Fault:
        words = r"self-signed; pass tls=TLS\(ca="
        return refused(id, what, words, lambda root: (issue(HERE, names=[HERE], ca=ca),))

    def under(id: str, what: str, words: str, stranger: str) -> Fault:
        return refused(id, what, words, lambda root: (leaf(another(stranger)), another(stranger)))

    yield self_signed("T07", "a self-signed certificate", None)
    yield self_signed("T07b", "a self-signed certificate of an authority", True)
    yield under(
        "T08", "an authority that is not trusted", 'by "stranger", an authority that is not', "stranger"
    )
    yield refused(
        "T08b",
        "an authority of the same name as a trusted one",
        NO_SIGNATURE,
        lambda root: (leaf(Pair(root.certificate, another("namesake").key)),),
    )
    yield refused("T08c", "a signature that does not hold", NO_SIGNATURE, lambda root: (leaf(root).forged(),))
    yield refused(
        "T09",
        "the intermediate certificate is left out",
        "does not send its intermediate certificate",
        lambda root: below(root)[:1],
    )

    def by_a_leaf(root: Pair) -> Chain:
        return leaf(signer := leaf(root)), signer

    def too_long(root: Pair) -> Chain:
        first = issue("first", by=root, ca=True, path_length=0)
        second = issue("second", by=first, ca=True)
        return leaf(second), second, first

    yield refused("T10", "a leaf signed by a leaf", NO_AUTHORITY, by_a_leaf)
    yield refused(
        "T10b", "a leaf signed by what is no authority", NO_AUTHORITY, lambda root: below(root, ca=False)
    )
    yield refused("T10c", "a longer path than its authority allows", "so far down", too_long)
    yield refused(
        "T10d",
        "the certificate of an authority as a server's",
        "an authority's and not a server's",
        lambda root: (leaf(root, ca=True),),
    )


def rules() -> Iterator[Fault]:
    critical = [(x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)]

    def sha1(root: Pair) -> Chain:
        middle = issue("middle", by=root, ca=True, key=rsa_key(2048))
        return leaf(middle).with_sha1(middle), middle

    def constrained(id: str, what: str, **names: Any) -> Fault:
        def make(root: Pair) -> Chain:
            middle = issue("middle", by=root, ca=True, **names)
            return leaf(middle, host=HOST), middle

        return refused(id, what, CONSTRAINED, make, host=HOST)

    yield refused("T11", "for use by clients only", CLIENTS_ONLY, lambda root: (leaf(root, uses=[CLIENT]),))
    yield refused("T11b", "an authority for clients", CLIENTS_ONLY, lambda root: below(root, uses=[CLIENT]))
    yield constrained("T12", "a name that its authority may not certify", permitted=["other.test"])
    yield constrained("T12b", "a name that its authority excludes", excluded=[HOST])
    yield refused(
        "T12c",
        "a critical extension that nobody knows",
        "critical extension that is not understood",
        lambda root: (leaf(root, extensions=critical),),
    )
    yield refused("T13", "signed with SHA-1", "signed with SHA-1", sha1)
    yield refused(
        "T13b", "an RSA key of 1,024 bits", "too weak a key", lambda root: (leaf(root, key=rsa_key(1024)),)
    )
    yield refused(
        "T13c",
        "an authority with an RSA key of 1,024 bits",
        "too weak a key",
        lambda root: below(root, key=rsa_key(1024)),
    )


def revoked() -> Iterator[Fault]:
    root = issue("revoking authority", ca=True)
    own = leaf(root)

    def row(id: str, what: str, words: str, listed: bytes) -> Fault:
        return refused(id, what, words, lambda _: (own,), tls=TLS(ca=root.pem, crls=[listed]))

    foreign, old = revocation_list(another("stranger")), revocation_list(root, days=(-9, -3))
    yield row("T17", "a revoked certificate", "revoked", revocation_list(root, own))
    yield row("T17b", "an old revocation list", "a revocation list that expired 3 days ago", old)
    yield row("T17c", "a list of another authority", "not covered by the revocation lists", foreign)
    for id, what, verify in (
        ("T19", "a key that is not the pinned one", True),
        ("T19b", "the same, and certificates are not verified", False),
    ):
        tls = TLS(ca=root.pem, verify=verify, pins=["sha256/" + "A" * 43 + "="])
        words = "pinned otherwise: the pin does not match"
        yield refused(id, what, words, lambda _: (own,), tls=tls)


def shaken(id: str, what: str, words: str, make: Callable[[Pair], ssl.SSLContext], **options: Any) -> Fault:
    """The handshake fails on either side, and the server says why."""

    def perform(stage: Stage) -> str:
        origin = stage.enter_context(Handshakes(make(stage.authority.pair)))

        def unasked() -> None:
            assert origin.received == [], "HTTP was sent to a server that had refused"

        stage.callback(unasked)
        return f"https://{HERE}:{origin.port}/"

    return Fault(id, what, perform, Fails(TLSError, "tls", words), options=options)


def versions() -> Iterator[Fault]:
    def row(id: str, what: str, version: ssl.TLSVersion, **options: Any) -> Fault:
        def make(root: Pair) -> ssl.SSLContext:
            return server(leaf(root), versions=(version, version))

        return shaken(id, what, "TLS version", make, **options)

    newer, older = TLS(min_version="1.3"), TLS(max_version="1.2")
    yield row("T14", "TLS 1.0 only", ssl.TLSVersion.TLSv1)
    yield row("T14b", "TLS 1.1 only", ssl.TLSVersion.TLSv1_1)
    yield row("T14c", "TLS 1.2, where 1.3 is asked for", ssl.TLSVersion.TLSv1_2, tls=newer)
    yield row("T14d", "TLS 1.3, where 1.2 is asked for", ssl.TLSVersion.TLSv1_3, tls=older)


def clients() -> Iterator[Fault]:
    root, vouching = issue("test root", ca=True), issue("clients", ca=True)
    for version, letters in (("1.2", ("", "b", "c")), ("1.3", ("d", "e", "f"))):
        for letter, what, words, own in zip(
            letters,
            (
                "no client certificate",
                "a client certificate of another authority",
                "an expired client certificate",
            ),
            ("asks for a client certificate", "our client certificate", "our client certificate"),
            (
                None,
                issue("eve", by=another("clients"), uses=[CLIENT]),
                issue("ann", by=vouching, uses=[CLIENT], days=(-9, -3)),
            ),
            strict=True,
        ):
            shown = None if own is None else own.pem + own.key_pem()
            yield shaken(
                f"T18{letter}",
                f"{what}, TLS {version}",
                words,
                lambda _: server(leaf(root), clients=vouching),
                tls=TLS(ca=root.pem, cert=shown, max_version=version),
            )


async def slam(reader: RequestReader, writer: StreamWriter) -> None:
    await reader.read(1)
    reset(writer)


def after_the_hello(answer: bytes) -> Handler:
    async def say(reader: RequestReader, writer: StreamWriter) -> None:
        await reader.read(2**14)
        writer.write(answer)

    return say


async def held(reader: RequestReader, writer: StreamWriter) -> None:
    """Takes whatever comes."""
    await reader.read()


def no_tls() -> Iterator[Fault]:
    def row(id: str, what: str, words: str, said: bytes | Handler, **options: Any) -> Fault:
        handler = after_the_hello(said) if isinstance(said, bytes) else said
        expected = Fails(TLSError, "tls", words)
        return Fault(
            id, what, lambda stage: f"https://{HERE}:{stage.raw(handler).port}/", expected, options=options
        )

    plain = "does not speak TLS on this port"
    yield row("T15", "HTTP without TLS", plain, b"HTTP/1.1 400 Bad Request\r\n\r\n")
    yield row("T15b", "another protocol", plain, b"SSH-2.0-OpenSSH_9.9\r\n")
    yield row("T15c", "zeros", plain, bytes(100))
    yield row("T15d", "a hello that is none", "is no TLS", b"\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00")
    yield row("T16", "the end in place of a hello", CUT, b"")
    yield row("T16b", "the end after a byte of one", CUT, b"\x16")
    yield row("T16c", "the end after its header", CUT, b"\x16\x03\x03\x00\x7a")
    yield row("T16d", "the end within it", CUT, b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")
    yield row("T16e", "a reset in place of a hello", "TLS failed: Connection reset by peer", slam)
    yield row("T16f", "an alert: no handshake", "alert HandshakeFailure", b"\x15\x03\x03\x00\x02\x02\x28")
    yield row("T16g", "an alert: no such version", "alert ProtocolVersion", b"\x15\x03\x03\x00\x02\x02\x46")
    yield row("T16h", "an alert: no such host", "knows no host of this name", b"\x15\x03\x03\x00\x02\x02\x70")
    yield Fault(
        "T16i",
        "a handshake without end",
        lambda stage: f"https://{HERE}:{stage.raw(held).port}/",
        Fails(ConnectTimeout, "tls", "connect timeout of 0.2 s"),
        options={"timeout": Timeout(connect=0.2)},
    )


FAULTS = [
    refused("T01", "expired 3 days ago", "expired 3 days ago", lambda root: (leaf(root, days=(-30, -3)),)),
    refused("T01b", "expired today", "expired 12 hours ago", lambda root: (leaf(root, days=(-30, -0.5)),)),
    refused("T01c", "its authority expired", "expired 3 days ago", lambda root: below(root, days=(-30, -3))),
    refused(
        "T02",
        "valid from 3 days on",
        "not valid for another 3 days",
        lambda root: (leaf(root, days=(3.5, 30)),),
    ),
    *names(),
    *authorities(),
    *rules(),
    *versions(),
    *no_tls(),
    *revoked(),
    *clients(),
]
