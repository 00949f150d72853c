"""What the package is built from, what comes along in its wheel, and what does not."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import fastfetch._core as core
import pytest

from tests.house.repository import ROOT, naming, rust, sources, text

ADVISORY = """```toml
[advisory]
id = "RUSTSEC-2099-0001"
package = "hyper"
date = "2026-01-01"
url = "https://example.com/"

[versions]
patched = [">= {patched}"]
```

# A fault for the sake of trying

None.
"""


def packages() -> list[dict[str, Any]]:
    """What Cargo.lock names."""
    locked: list[dict[str, Any]] = tomllib.loads(text("Cargo.lock"))["package"]
    return locked


def linked() -> set[tuple[str, str]]:
    """The crates that are linked into the module on this machine, with their versions."""
    host = re.search(r"^host: (.+)$", output("rustc", "-vV"), re.MULTILINE)
    assert host is not None
    listed = output(
        *("cargo", "tree", "--locked", "--offline", "--edges", "normal", "--target", host[1]),
        *("--prefix", "none", "--format", "{p}"),
    )
    named = [line.split() for line in listed.splitlines() if line]
    return {(words[0], words[1].removeprefix("v")) for words in named} - {("fastfetch", core.version())}


def output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_every_crate_is_of_the_registry_and_has_a_checksum() -> None:
    others = [
        package["name"]
        for package in packages()
        if not (package.get("source", "").startswith("registry+") and package.get("checksum"))
    ]
    assert others == ["fastfetch"]


def test_no_dependency_is_of_git_or_of_a_path() -> None:
    manifest = tomllib.loads(text("Cargo.toml"))
    assert not {"patch", "replace", "source"} & set(manifest)
    tables = [manifest, *manifest["target"].values()]
    found = [
        name
        for table in tables
        for kind in ("dependencies", "dev-dependencies", "build-dependencies")
        for name, wanted in table.get(kind, {}).items()
        if isinstance(wanted, dict) and {"git", "path", "registry"} & set(wanted)
    ]
    assert found == []


def test_an_installed_package_says_what_is_linked_into_it() -> None:
    listed = [name for name in distribution("fastfetch").files or [] if name.suffix == ".json"]
    [name] = [name for name in listed if "sboms" in name.parts]
    bill = json.loads(name.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    components = bill["components"]
    assert linked() - {(component["name"], component["version"]) for component in components} == set()
    assert [component["name"] for component in components if not component.get("licenses")] == []


def test_an_installed_package_has_its_licences() -> None:
    names = {name.name for name in distribution("fastfetch").files or [] if "licenses" in name.parts}
    assert names == {"LICENSE-MIT", "LICENSE-APACHE"}


def test_a_panic_unwinds_in_every_profile() -> None:
    profiles = tomllib.loads(text("Cargo.toml"))["profile"]
    made = {name: profile["panic"] for name, profile in profiles.items() if "inherits" not in profile}
    assert made == {"dev": "unwind", "release": "unwind"}


def test_no_wheel_can_be_made_to_panic() -> None:
    """Panics on demand are a feature that no wheel is built with, and without it nothing of them is there."""
    manifest, project = tomllib.loads(text("Cargo.toml")), tomllib.loads(text("pyproject.toml"))
    assert "injection" not in [*manifest["features"]["default"], *project["tool"]["maturin"]["features"]]
    named = naming(r"\binjection\b(?!::point)")
    guarded = {"src/engine/injection.rs", "src/binding/load.rs", "src/binding/mod.rs"}
    assert named - {name for name in named if "use " in rust(name)} <= guarded | {"src/engine/mod.rs"}
    for name in ("src/binding/load.rs", "src/binding/mod.rs"):
        before = re.findall(r"([^\n]*)\n[^\n]*\binjection\b[^\n]*(?:::load|;)", rust(name))
        assert {line.strip() for line in before} == {'#[cfg(feature = "injection")]'}
    wheels = [line for line in text("Makefile").splitlines() if "/maturin build " in line]
    assert ["--release" in line and "features" not in line for line in wheels] == [True]


def test_every_unsafe_line_is_in_the_table() -> None:
    page = text("docs/design/2026-11-29-unsafe.md")
    said = {
        name: int(count) for name, count in re.findall(r"^\| `(src/\S+)` \| (\d+) \|", page, re.MULTILINE)
    }
    found = {
        name: count
        for name in sources("src", ".rs")
        if "/tests/" not in name and (count := len(re.findall(r"\bunsafe\b", rust(name))))
    }
    assert said == found


@pytest.mark.parametrize(("patched", "code"), [("99.0.0", 1), ("0.1.0", 0)])
def test_advisories_are_heeded(patched: str, code: int, tmp_path: Path) -> None:
    deny = shutil.which("cargo-deny", path=f"{ROOT / '.tools/bin'}") or shutil.which("cargo-deny")
    if deny is None:
        pytest.skip("cargo-deny is not installed: make lint")
    page = tmp_path / "crates/hyper/RUSTSEC-2099-0001.md"
    page.parent.mkdir(parents=True)
    page.write_text(ADVISORY.format(patched=patched))
    git = (
        "git",
        "-C",
        str(tmp_path),
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@y",
        "-c",
        "commit.gpgsign=false",
    )
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "x")):
        subprocess.run([*git, *words], check=True)
    done = subprocess.run(
        ["tests/audit.sh", deny],
        cwd=ROOT,
        env={**os.environ, "ADVISORY_DB": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "RUSTSEC-2099-0001" in done.stderr) == (code, bool(code)), done.stderr
