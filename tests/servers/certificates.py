"""Certificates made to order, good and bad, and TLS servers that show them.

root = issue("root", ca=True)
leaf = issue("good.test", by=root, names=["good.test"])
context = server(leaf)
client = TLS(ca=root.pem)
"""

import base64
import contextlib
import hashlib
import ipaddress
import socket
import ssl
import tempfile
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tests.servers.ledger import PATIENCE

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
_PEM = serialization.Encoding.PEM
_PKCS8 = serialization.PrivateFormat.PKCS8


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(_PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def subject(self) -> x509.Name:
        return self.certificate.subject

    def key_pem(self, password: str | None = None) -> bytes:
        """The key as PKCS#8, encrypted where there is a password."""
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password is not None:
            encryption = serialization.BestAvailableEncryption(password.encode())
        return self.key.private_bytes(_PEM, _PKCS8, encryption)

    def p12(self, password: str) -> bytes:
        """Both as PKCS#12."""
        encryption = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(b"test", self.key, self.certificate, None, encryption)

    def pin(self) -> str:
        """The pin of the key, as curl writes it."""
        spki = self.certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return "sha256/" + base64.b64encode(hashlib.sha256(spki).digest()).decode()

    def with_sha1(self, by: "Pair") -> "Pair":
        """The same, signed again with SHA-1 by an authority with an RSA key: no library does so any more."""
        assert isinstance(by.key, rsa.RSAPrivateKey)
        sha256, sha1 = (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" + last for last in (b"\x0b", b"\x05"))
        old = self.certificate.tbs_certificate_bytes
        new = old.replace(sha256, sha1)
        signature = by.key.sign(new, padding.PKCS1v15(), hashes.SHA1())
        der = self.der.replace(old, new).replace(sha256, sha1).replace(self.certificate.signature, signature)
        return Pair(x509.load_der_x509_certificate(der), self.key)

    def forged(self) -> "Pair":
        """The same with a signature that does not hold."""
        der = bytearray(self.der)
        der[-1] ^= 1
        return Pair(x509.load_der_x509_certificate(bytes(der)), self.key)


def rsa_key(bits: int) -> Key:
    return rsa.generate_private_key(65537, bits)


def issue(
    subject: str,
    *,
    by: Pair | None = None,
    names: Sequence[str] = (),
    ca: bool | None = None,
    path_length: int | None = None,
    uses: Sequence[ObjectIdentifier] | None = None,
    days: tuple[float, float] = (-1, 30),
    key: Key | None = None,
    permitted: Sequence[str] | None = None,
    excluded: Sequence[str] | None = None,
    others: Sequence[x509.GeneralName] = (),
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> Pair:
    """A certificate; without `by` it vouches for itself. Its days count from now."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    issuer = by.subject if by else own
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    more: list[tuple[x509.ExtensionType, bool]] = list(extensions)
    if alternatives := [_general(name) for name in names] + list(others):
        more.append((x509.SubjectAlternativeName(alternatives), False))
    if ca is not None:
        more.append((x509.BasicConstraints(ca, path_length), True))
    if uses is not None:
        more.append((x509.ExtendedKeyUsage(uses), False))
    if permitted is not None or excluded is not None:
        subtrees = [[x509.DNSName(name) for name in part] if part else None for part in (permitted, excluded)]
        more.append((x509.NameConstraints(*subtrees), True))
    for extension, critical in more:
        builder = builder.add_extension(extension, critical)
    signer: Any = by.key if by else key
    return Pair(builder.sign(signer, hashes.SHA256()), key)


def revocation_list(by: Pair, *revoked: Pair, days: tuple[float, float] = (-1, 30)) -> bytes:
    """What an authority says of those it takes back, as PEM."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.subject)
        .last_update(now + timedelta(days=days[0]))
        .next_update(now + timedelta(days=days[1]))
        .add_extension(x509.CRLNumber(1), False)
    )
    for pair in revoked:
        serial = pair.certificate.serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
        builder = builder.add_revoked_certificate(entry)
    signer: Any = by.key
    return builder.sign(signer, hashes.SHA256()).public_bytes(_PEM)


def server(
    leaf: Pair,
    *chain: Pair,
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None,
    clients: Pair | None = None,
    alpn: Sequence[str] = ("http/1.1",),
) -> ssl.SSLContext:
    """A server that shows this chain, and asks for a certificate by `clients` where that is given.

    Nothing is too weak for it: to refuse is the client's part.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.set_alpn_protocols(list(alpn))
    with tempfile.TemporaryDirectory(prefix="certificates-") as folder:  # ssl reads keys from paths only
        file = Path(folder, "chain.pem")
        file.write_bytes(b"".join(pair.pem for pair in (leaf, *chain)) + leaf.key_pem())
        context.load_cert_chain(file)
    if versions is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Nobody should speak them.
            context.minimum_version, context.maximum_version = versions
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.pem.decode())
    return context


class Handshakes:
    """Shakes hands on each connection in a thread of its own, and answers what then comes with "ok".

    asyncio's servers close a connection whose handshake fails without sending the alert that says why; the
    sockets of `ssl` do send it.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.received: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with plain, contextlib.suppress(OSError):
                plain.settimeout(PATIENCE)
                self._converse(plain)

    def _converse(self, plain: socket.socket) -> None:
        near, far = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(near, far, server_side=True)
        said = b""
        try:
            while not said:
                try:
                    said = tls.read(2**16)
                except ssl.SSLWantReadError:
                    plain.sendall(far.read())
                    if not (data := plain.recv(2**16)):
                        return
                    near.write(data)
            self.received.append(said)
            tls.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        except ssl.SSLError:
            pass  # The alert is in what is sent now.
        plain.sendall(far.read())
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(2**16):
            pass  # To close over unread bytes would be a reset, which overtakes the alert.


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
