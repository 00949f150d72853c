"""The suite here and, on every other Python found, the tests marked `compat`: `python -m tests.pythons`.

All have the one abi3 wheel. They run beside each other, for tests wait more than they work; `--torture` runs
what is marked `torture` in place of all, one Python after the other, since there moments are measured.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
OWN = ROOT / ".venv/bin"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def find(version: str) -> str | None:
    """A Python of this version, on PATH or under pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in (shutil.which(f"python{version}"), *map(str, pyenv.glob(f"{version}.*/bin/python"))):
        # What pyenv leaves on PATH may be there for another version only.
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    return None


def others() -> Iterator[tuple[str, str]]:
    """The other versions, and where they are."""
    for version in VERSIONS:
        if version != f"{sys.version_info.major}.{sys.version_info.minor}" and (python := find(version)):
            yield version, python


def run(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def wheel() -> Path:
    """The wheel, of the build that the tests use: another one would take as long again."""
    folder = TARGET / "compat"
    shutil.rmtree(folder, ignore_errors=True)
    tested = ("--features", "python,injection")
    run(OWN / "maturin", "build", "--quiet", *tested, "--interpreter", OWN / "python", "--out", folder)
    return next(folder.glob("*.whl"))


def environment(version: str, python: str, built: Path) -> Path:
    """An environment of this Python's own, with the wheel in it: its interpreter."""
    folder = ROOT / f".venv-{version}"
    made = folder / "made"
    if not made.exists() or made.stat().st_mtime < (ROOT / "pyproject.toml").stat().st_mtime:
        run(python, "-m", "venv", "--clear", "--without-pip", folder)
        run(OWN / "pip", "--quiet", "--python", folder, "install", "--group", "test")
        made.touch()
    run(OWN / "pip", "--quiet", "--python", folder, "install", "--force-reinstall", "--no-deps", built)
    return folder / "bin/python"


def suites(marked: str) -> Iterator[tuple[str, list[str | Path]]]:
    """What to run on the other Pythons, by their versions."""
    found = list(others())
    built = wheel() if found else ROOT
    for version, python in found:
        yield version, [environment(version, python, built), "-m", "pytest", "-m", marked]


def in_turn(*commands: list[str | Path]) -> list[int]:
    """Their exit codes."""
    return [subprocess.run(command, cwd=ROOT).returncode for command in commands]


def beside(own: list[str | Path], rest: dict[str, list[str | Path]]) -> list[int]:
    """The exit codes of all; what the others say is shown when they are done."""
    with contextlib.ExitStack() as stack:
        running = []
        for version, command in rest.items():
            said = stack.enter_context(tempfile.TemporaryFile("w+"))
            process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
            stack.callback(process.terminate)
            running.append((version, process, said))
        codes = in_turn(own)
        for version, process, said in running:
            codes.append(process.wait())
            said.seek(0)
            print(f"== Python {version}", said.read(), sep="\n", flush=True)
        return codes


def main() -> int:
    own: list[str | Path] = [sys.executable, "-m", "pytest"]
    if sys.argv[1:] == ["--torture"]:
        long = ["-o", "faulthandler_timeout=3600"]  # seconds that one test may take
        others = [[*command, *long] for command in dict(suites("torture and compat")).values()]
        codes = in_turn([*own, "-m", "torture", *long], *others)
    else:
        codes = beside(own, dict(suites("compat")))
    return max(map(abs, codes))


if __name__ == "__main__":
    sys.exit(main())
