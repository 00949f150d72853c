"""Other people's benchmarks with fastfetch among what they measure: `python -m benches.others`.

They come from the source distributions that belong to the packages installed here, downloaded now and thrown
away afterwards; nothing of theirs is kept. Prints Markdown.
"""

import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benches.packages import installed
from benches.program import RoundError, result_of
from benches.render import grid

HERE = Path(__file__).parent
DOWNLOAD_SECONDS = 120
PATIENCE_SECONDS = 300


class UnavailableError(Exception):
    """A source distribution is not to be had here."""


@dataclass(frozen=True)
class Harness:
    title: str
    package: str
    program: str
    libs: tuple[str, ...]


HARNESSES = (
    Harness(
        "pyreqwest's latency benchmark: bodies posted and echoed over TLS, ms for 100 requests",
        "pyreqwest",
        "pyreqwest_latency.py",
        ("fastfetch", "pyreqwest_st", "pyreqwest_mt", "aiohttp"),
    ),
    Harness(
        "aiohttp's client benchmarks, ms for each",
        "aiohttp",
        "aiohttp_client.py",
        ("fastfetch", "aiohttp"),
    ),
    Harness("wreq's benchmark", "wreq", "", ()),
)


def unpacked(package: str, folder: Path) -> Path:
    """The source distribution of the version that is installed."""
    wanted = f"{package}=={installed(package)}"
    options = ["--quiet", "--no-deps", "--no-binary", package, "--dest", str(folder)]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", *options, wanted],
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{wanted}: no download within {DOWNLOAD_SECONDS} s") from None
    archives = list(folder.glob("*.tar.gz"))
    if done.returncode != 0 or not archives:
        causes = [line.strip() for line in done.stderr.splitlines() if "failed to" in line or "rror:" in line]
        raise UnavailableError(f"{wanted} could not be downloaded: {causes[-1] if causes else done.stderr}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def measured(harness: Harness, folder: Path) -> Iterator[str]:
    root = unpacked(harness.package, folder)
    if not harness.libs:
        yield from (f"Its source distribution has: {', '.join(benchmarks_in(root)) or 'no benchmark'}.", "")
        return
    found: dict[str, dict[str, float]] = {}
    for lib in harness.libs:
        print(f"{harness.package}: {lib}", file=sys.stderr)
        try:
            command = [sys.executable, str(HERE / harness.program), lib]
            found[lib] = result_of(command, PATIENCE_SECONDS, root)
        except RoundError as failure:
            yield f"{lib} failed: {failure}\n"
    names = dict.fromkeys(name for each in found.values() for name in each)
    rows = (
        (name, *(f"{each[name]:,.1f}" if name in each else "" for each in found.values())) for name in names
    )
    yield from grid(("", *found), rows)


def benchmarks_in(root: Path) -> list[str]:
    return sorted(
        str(path.relative_to(root)) for path in root.rglob("*.py") if "bench" in str(path.relative_to(root))
    )


def main() -> None:
    for harness in HARNESSES:
        print(f"## {harness.title}\n")
        with tempfile.TemporaryDirectory() as name:
            try:
                for line in measured(harness, Path(name)):
                    print(line)
            except UnavailableError as problem:
                print(f"{problem}\n")


if __name__ == "__main__":
    main()
