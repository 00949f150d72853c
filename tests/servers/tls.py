"""A certificate authority made for one test run, and server certificates good and bad."""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.servers.certificates import Pair, issue


class Authority:
    """A test CA: `ca_pem` and `ca_file` for clients, contexts for servers named, say, `api.github.com`."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.ca_pem: bytes = self._ca.cert_pem.bytes()
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(self.ca_pem)

    @property
    def pair(self) -> Pair:
        """The authority itself, to issue what `trustme` does not."""
        key = load_pem_private_key(self._ca.private_key_pem.bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return Pair(x509.load_pem_x509_certificate(self.ca_pem), key)

    def context(self, *names: str, alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
        """A server context whose certificate is valid for these host names and addresses."""
        return self._issue(names, alpn=alpn)

    def expired(self, *names: str, days: int = 2) -> ssl.SSLContext:
        """A server context whose certificate ended some days ago."""
        end = datetime.now(UTC) - timedelta(days=days)
        return self._issue(names, not_before=end - timedelta(days=30), not_after=end)

    def not_yet_valid(self, *names: str, days: int = 2) -> ssl.SSLContext:
        """A server context whose certificate begins some days from now."""
        start = datetime.now(UTC) + timedelta(days=days)
        return self._issue(names, not_before=start, not_after=start + timedelta(days=30))

    def write_pair(self, folder: Path, *names: str) -> tuple[Path, Path]:
        """A certificate chain and its key as PEM files, for servers that want paths."""
        leaf = self._ca.issue_cert(*names)
        chain, key = folder / "chain.pem", folder / "key.pem"
        chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        key.write_bytes(leaf.private_key_pem.bytes())
        return chain, key

    def _issue(
        self,
        names: tuple[str, ...],
        *,
        alpn: tuple[str, ...] = ("http/1.1",),
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(list(alpn))
        self._ca.issue_cert(*names, not_before=not_before, not_after=not_after).configure_cert(context)
        return context


def self_signed(name: str) -> ssl.SSLContext:
    """A server context whose certificate vouches for itself: no authority stands behind it."""
    # A name and not an address, even where it looks like one.
    pair = issue(name, others=[x509.DNSName(name)])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # The ssl module reads keys from paths only.
        file.write(pair.pem + pair.key_pem())
        file.flush()
        context.load_cert_chain(file.name)
    return context
