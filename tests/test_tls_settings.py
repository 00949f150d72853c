"""TLS(...): files in every form, client certificates, the short forms of requests and httpx."""

import asyncio
import re
import ssl
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastfetch import TLS, CertificateError, Client, Request, Response, TLSError

from tests.fetching import failure, fetch
from tests.servers.certificates import CLIENT, Handshakes, Pair, issue, revocation_list, server
from tests.servers.routes import RouteServer

HOST = "127.0.0.1"


@cache
def root() -> Pair:
    return issue("test root", ca=True)


@cache
def leaf() -> Pair:
    return issue(HOST, by=root(), names=[HOST])


@cache
def clients() -> Pair:
    return issue("clients", ca=True)


@cache
def ann() -> Pair:
    return issue("ann", by=clients(), uses=[CLIENT])


@pytest.fixture
def secure() -> Iterator[RouteServer]:
    with RouteServer(tls=server(leaf())) as origin:
        yield origin


@pytest.fixture
def asking() -> Iterator[RouteServer]:
    """A server that lets in only whom `clients` vouches for."""
    with RouteServer(tls=server(leaf(), clients=clients())) as origin:
        yield origin


def tls(parts: dict[str, Any]) -> TLS:
    return TLS(**parts)


def get(origin: RouteServer, **options: Any) -> Response:
    return fetch(Request("GET", f"{origin.url}/json/a"), **options)


def refused(origin: RouteServer, **options: Any) -> Exception:
    return failure(Request("GET", f"{origin.url}/json/a"), **options)


class TestAuthorities:
    def test_files_bytes_and_lists(self, secure: RouteServer, tmp_path: Path) -> None:
        other = issue("other", ca=True)
        (pem := tmp_path / "root.pem").write_bytes(other.pem + root().pem)
        (der := tmp_path / "root.der").write_bytes(root().der)
        ca: Any
        for ca in (pem, str(pem), der, root().pem, root().der, [other.pem, der], (other.der, root().pem)):
            assert get(secure, tls=TLS(ca=ca)).ok
        assert isinstance(refused(secure, tls=TLS(ca=[other.pem, other.der])), CertificateError)

    @pytest.mark.parametrize("name", ["a.pem", "a.crt", "a.CER", "0a1b2c3d.0", "ffffffff.12"])
    def test_folders(self, secure: RouteServer, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(root().pem)
        (tmp_path / "README").write_text("about these")
        (tmp_path / "0a1b2c3d.r0").write_text("a revocation list, by its name")
        (tmp_path / "private.key").write_text("not for anybody")
        for ca in (tmp_path, str(tmp_path), [tmp_path]):
            assert get(secure, tls=TLS(ca=ca)).ok

    def test_a_folder_without_any(self, tmp_path: Path) -> None:
        (tmp_path / "README").write_text("about these")
        with pytest.raises(ValueError, match=rf"ca: no file for it in the folder '.*{tmp_path.name}'"):
            Client(tls=TLS(ca=tmp_path))

    @pytest.mark.parametrize("option", ["ca", "cert", "crls"])
    def test_a_file_that_cannot_be_read_is_named(self, option: str, tmp_path: Path) -> None:
        missing = tmp_path / "missing.pem"
        with pytest.raises(FileNotFoundError, match=r"missing\.pem") as caught:
            Client(tls=tls({option: missing}))
        assert caught.value.filename == str(missing)
        with pytest.raises(FileNotFoundError, match=r"missing\.pem"):
            Client(tls=TLS(cert=ann().pem, key=missing))

    def test_a_file_without_end(self) -> None:
        with pytest.raises(ValueError, match="ca: '/dev/zero' is larger than"):
            Client(tls=TLS(ca="/dev/zero"))

    def test_the_environment_names_roots(
        self, secure: RouteServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "root.pem").write_bytes(root().pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
        assert get(secure).ok
        monkeypatch.delenv("SSL_CERT_FILE")
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        assert get(secure).ok
        assert isinstance(refused(secure, tls=TLS(ca=issue("other", ca=True).pem)), CertificateError)

    def test_revocation_lists(self, secure: RouteServer, tmp_path: Path) -> None:
        (tmp_path / "0a1b2c3d.r0").write_bytes(revocation_list(root(), leaf()))
        (tmp_path / "fine.crl").write_bytes(revocation_list(root()))
        assert get(secure, tls=TLS(ca=root().pem, crls=tmp_path / "fine.crl")).ok
        (tmp_path / "fine.crl").unlink()
        for crls in (tmp_path, revocation_list(root(), leaf()), [revocation_list(root(), leaf())]):
            assert "revoked" in str(refused(secure, tls=TLS(ca=root().pem, crls=crls)))


class TestWithoutVerification:
    def test_anything_passes_and_nothing_is_shared(self, secure: RouteServer) -> None:
        async def main() -> None:
            async with Client(verify=False) as careless, Client(verify=True) as careful:
                for _ in range(2):
                    assert (await careless.get(f"{secure.url}/json/a")).ok
                    with pytest.raises(CertificateError):
                        await careful.get(f"{secure.url}/json/a")

        asyncio.run(main())
        assert len(secure.ledger.requests) == 2

    def test_a_session_begun_without_it_is_not_taken_up_with_it(self, secure: RouteServer) -> None:
        assert get(secure, tls=TLS(verify=False)).ok
        assert isinstance(refused(secure, tls=TLS(ca=issue("other", ca=True).pem)), CertificateError)


class TestClientCertificates:
    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    def test_every_form(self, asking: RouteServer, version: str, tmp_path: Path) -> None:
        own = ann()
        for name, content in [
            ("both.pem", own.pem + own.key_pem()),
            ("cert.pem", own.pem),
            ("cert.der", own.der),
            ("key.pem", own.key_pem()),
            ("secret.pem", own.key_pem("hunter2")),
            ("own.p12", own.p12("hunter2")),
        ]:
            (tmp_path / name).write_bytes(content)
        file = tmp_path.joinpath
        for identity in (
            {"cert": file("both.pem")},
            {"cert": own.pem + own.key_pem()},
            {"cert": own.pem, "key": own.key_pem()},
            {"cert": file("cert.pem"), "key": str(file("key.pem"))},
            {"cert": file("cert.der"), "key": file("secret.pem"), "password": "hunter2"},
            {"cert": (str(file("cert.pem")), str(file("key.pem")))},
            {"cert": (file("cert.pem"), file("secret.pem"), "hunter2")},
            {"cert": (file("cert.pem"), file("secret.pem"), b"hunter2")},
            {"cert": file("own.p12"), "password": "hunter2"},
            {"cert": own.p12("hunter2"), "password": b"hunter2"},
            {"cert": (file("own.p12"), None, "hunter2")},
        ):
            tls: Any = {**identity, "ca": root().pem, "max_version": version, "min_version": version}
            assert get(asking, tls=TLS(**tls)).ok, identity.keys()

    @pytest.mark.parametrize("version", ["1.2", "1.3"])
    @pytest.mark.parametrize("which", ["none", "of another", "expired"])
    def test_the_wrong_one(self, version: str, which: str) -> None:
        pair, words = {
            "none": (None, "asks for a client certificate"),
            "of another": (
                issue("eve", by=issue("clients", ca=True), uses=[CLIENT]),
                "our client certificate",
            ),
            "expired": (issue("ann", by=clients(), uses=[CLIENT], days=(-9, -3)), "our client certificate"),
        }[which]
        cert = None if pair is None else pair.pem + pair.key_pem()
        with Handshakes(server(leaf(), clients=clients())) as origin:
            tls = TLS(ca=root().pem, cert=cert, max_version=version)
            error = failure(Request("GET", f"https://{HOST}:{origin.port}/"), tls=tls)
        assert (type(error), error.phase, error.attempts) == (TLSError, "tls", 1)
        assert words in str(error)
        assert origin.received == []

    def test_a_key_of_another_and_other_rubbish(self, tmp_path: Path) -> None:
        own, eve = ann(), issue("eve", by=clients())
        for identity, words in (
            ({"cert": own.pem, "key": eve.key_pem()}, "cert: the key is not the certificate's"),
            ({"cert": own.pem}, "cert: expected a private key"),
            (
                {"cert": own.pem, "key": own.key_pem("hunter2")},
                "cert: the key is encrypted; pass its password",
            ),
            ({"cert": own.pem, "key": own.key_pem("hunter2"), "password": "wrong"}, "is the password right"),
            ({"cert": own.p12("hunter2"), "password": "wrong"}, "cert: .* is the password right"),
            ({"cert": own.p12("hunter2")}, "cert: .* is the password right"),
            ({"cert": b"rubbish"}, "cert: neither PEM nor a usable PKCS#12 file"),
            ({"cert": b""}, "cert: "),
            ({"cert": own.key_pem()}, "cert: expected at least one certificate"),
        ):
            with pytest.raises(ValueError, match=words) as caught:
                Client(tls=TLS(**identity))
            assert "hunter2" not in str(caught.value)
            assert "PRIVATE" not in str(caught.value)


class TestWrong:
    @pytest.mark.parametrize(
        ("tls", "error", "words"),
        [
            ({"min_version": "1.1"}, ValueError, 'min_version: expected "1.2" or "1.3", got \'1.1\''),
            ({"max_version": 1.3}, TypeError, 'max_version: expected "1.2" or "1.3", got float'),
            ({"min_version": "1.3", "max_version": "1.2"}, ValueError, "min_version: expected one not newer"),
            ({"pins": ["sha256/AAAA"]}, ValueError, "pins: expected a pin like"),
            ({"pins": ["\r\n"]}, ValueError, r"pins: expected a pin like .*\\r\\n"),
            ({"pins": "sha256/AAAA"}, TypeError, "pins: expected a list of pins .*got str"),
            ({"pins": [5]}, TypeError, "pins: expected .*got int"),
            ({"pins": 5}, TypeError, "pins: expected .*got int"),
            ({"key": b"k"}, TypeError, "key: expected a cert too"),
            ({"password": "hunter2"}, TypeError, "password: expected a cert too"),
            ({"cert": (b"c",)}, TypeError, r"cert: expected \(cert, key\) or .*got 1 parts"),
            (
                {"cert": (b"c", b"k"), "key": b"k"},
                TypeError,
                "cert: expected key and password in the tuple or",
            ),
            ({"cert": 5}, TypeError, "cert: expected the path of a file, or its content as bytes, got int"),
            ({"cert": (b"c", 5)}, TypeError, "cert: key: expected .*got int"),
            ({"cert": b"c", "password": 5}, TypeError, "password: expected str.* got int"),
            ({"crls": b"rubbish", "ca": b"x"}, ValueError, "crls: neither PEM nor DER"),
            ({"crls": []}, None, ""),
            ({"crls": revocation_list(issue("x", ca=True))}, ValueError, "crls: expected a ca too"),
            ({"ca": []}, ValueError, "ca: .*found none"),
            ({"ca": b"rubbish"}, ValueError, "ca: neither PEM nor DER"),
        ],
    )
    def test_parts(self, tls: dict[str, Any], error: type[Exception] | None, words: str) -> None:
        if error is None:
            Client(tls=TLS(**tls))
            return
        with pytest.raises(error, match=words) as caught:
            Client(tls=TLS(**tls))
        assert str(caught.value).isprintable()
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize("name", ["ca", "crls"])
    def test_when_it_is_made(self, name: str) -> None:
        for value in (5, [b"x", 5], {"a": 1}):
            with pytest.raises(TypeError, match=f"{name}: expected .*, got (int|dict)"):
                tls({name: value})
        with pytest.raises(TypeError, match="sni: expected True or False, got int"):
            TLS(sni=1)  # type: ignore[arg-type]

    def test_its_repr_holds_no_key(self) -> None:
        own = ann()
        for tls in (
            TLS(cert=own.pem + own.key_pem()),
            TLS(cert=own.pem, key=own.key_pem(), password="hunter2"),
            TLS(cert=("a.pem", "b.pem", "hunter2")),
        ):
            assert re.search("hunter2|PRIVATE", repr(tls)) is None
            assert "cert=..." in repr(tls)
        assert repr(TLS()) == "TLS()"
        assert repr(TLS(verify=False, pins=["a"])) == "TLS(verify=False, pins=['a'])"


class TestShortForms:
    def test_of_requests_and_httpx(self, asking: RouteServer, tmp_path: Path) -> None:
        own = ann()
        (ca := tmp_path / "root.pem").write_bytes(root().pem)
        (both := tmp_path / "both.pem").write_bytes(own.pem + own.key_pem())
        (pem := tmp_path / "cert.pem").write_bytes(own.pem)
        (key := tmp_path / "key.pem").write_bytes(own.key_pem())
        for cert in (str(both), (str(pem), str(key)), (pem, key, None)):
            assert get(asking, verify=str(ca), cert=cert).ok
            assert get(asking, verify=False, cert=cert).ok
            assert isinstance(refused(asking, verify=True, cert=cert), CertificateError)

    def test_none_is_no_word_of_it(self, secure: RouteServer) -> None:
        assert get(secure, verify=None, cert=None, tls=TLS(ca=root().pem)).ok

    @pytest.mark.parametrize("short", [{"verify": False}, {"verify": True}, {"cert": "a.pem"}])
    def test_one_or_the_other(self, short: dict[str, Any]) -> None:
        with pytest.raises(TypeError, match="verify and cert are short for tls: pass one or the other"):
            Client(tls=TLS(), **short)

    def test_wrong(self) -> None:
        for value in (5, b"x", [True]):
            with pytest.raises(
                TypeError, match=f"verify: expected True, False or .*got {type(value).__name__}"
            ):
                Client(verify=value)  # type: ignore[arg-type]
        with pytest.raises(FileNotFoundError, match=r"missing\.pem"):
            Client(verify="missing.pem")

    @pytest.mark.parametrize("name", ["verify", "tls"])
    def test_a_context_of_pythons_own(self, name: str) -> None:
        options: Any = {name: ssl.create_default_context()}
        with pytest.raises(TypeError, match=f"{name}: an ssl.SSLContext cannot be used.*TLS\\(ca="):
            Client(**options)


class TestKeyLog:
    def test_is_written_where_the_environment_is_trusted(
        self, secure: RouteServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSLKEYLOGFILE", str(log := tmp_path / "keys"))
        assert get(secure, tls=TLS(ca=root().pem), trust_env=False).ok
        assert not log.exists()
        assert get(secure, tls=TLS(ca=root().pem)).ok
        assert "CLIENT_HANDSHAKE_TRAFFIC_SECRET" in log.read_text()
