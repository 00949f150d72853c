"""The two words of the command line that need no URL: `doctor` and `demo`."""

import resource
from pathlib import Path

import fastfetch
import pytest
from fastfetch import _core

from tests import commands
from tests.servers.tls import Authority

pytestmark = pytest.mark.compat


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of proxies and roots."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def doctor(**variables: str) -> tuple[int, str]:
    done = commands.run("doctor", variables=variables)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_all_is_well() -> None:
    code, said = doctor()
    assert code == 0, said
    titles = [line[:11].strip() for line in said.splitlines() if line[:11].strip()]
    assert titles == [
        "fastfetch",
        "Python",
        "event loop",
        "TLS roots",
        "proxies",
        "limits",
        "libraries",
        "it fetches",
    ]
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert f"fastfetch   {fastfetch.__version__}, native part {fastfetch.__version__}, in " in said
    assert "none in the environment" in said
    assert f"open files: {soft:,}, " in said
    assert "100 pages of this machine in " in said
    assert "not well" not in said


def test_roots_that_the_environment_names(authority: Authority, tmp_path: Path) -> None:
    file = tmp_path / "roots.pem"
    file.write_bytes(authority.ca_pem)
    code, said = doctor(SSL_CERT_FILE=str(file))
    assert code == 0
    assert "TLS roots   1 certificate named by SSL_CERT_FILE or SSL_CERT_DIR" in said
    assert f"SSL_CERT_FILE={file}" in said
    file.write_text("no certificate")
    code, said = doctor(SSL_CERT_FILE=str(file))
    assert code == 1
    assert "TLS roots   not well: SSL_CERT_FILE " in said
    assert "100 pages of this machine" in said


def test_without_roots_of_the_system_there_are_bundled_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, count = _core.default_roots()
    assert source in ("system", "bundled")
    assert count is None or count > 0
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with pytest.raises(
        OSError, match="no certificates in the files that SSL_CERT_FILE and SSL_CERT_DIR name"
    ):
        _core.default_roots()


def test_proxies_are_named_without_their_passwords() -> None:
    code, said = doctor(HTTPS_PROXY="http://me:s3cret@proxy.example:3128", NO_PROXY="localhost,.internal")
    assert code == 0
    assert "HTTPS_PROXY=http://***@proxy.example:3128" in said
    assert "NO_PROXY=localhost,.internal" in said
    assert "s3cret" not in said
    code, said = doctor(ALL_PROXY="gopher://me:s3cret@proxy.example")
    assert code == 1
    assert "not well: " in said
    assert "s3cret" not in said


def test_a_low_limit_of_open_files_is_seen() -> None:
    done = commands.run("doctor", files=60)
    assert done.returncode == 0, done.stdout
    assert "open files: 60, " in done.stdout
    assert "lowered from 100 to fit" in done.stdout


def test_how_many_requests_fit() -> None:
    assert _core.fitting_concurrency(1) == 1
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 0 < _core.fitting_concurrency(10 * soft) < soft


def test_a_python_that_cannot_start_the_site_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastfetch._cli.main import main

    monkeypatch.setattr("sys.executable", "/bin/false")
    assert main(["doctor"]) == 1


def test_what_is_not_installed_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from fastfetch._cli import doctor as doctor_

    monkeypatch.setattr(doctor_, "OPTIONAL", ("fastfetch-none-such",))
    assert doctor_.run([]) == 0
    assert "libraries   fastfetch-none-such is not installed" in capsys.readouterr().out


def test_the_demo_goes_as_planned() -> None:
    done = commands.run("demo")
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("1,000 of 1,000 outcomes are as planned.\n")
    assert "Results: 1,000 URLs, 860 ok, 80 error status, 60 failed" in done.stdout
