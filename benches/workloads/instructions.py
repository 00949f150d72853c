"""What the hot pieces cost in instructions, by callgrind: nothing else on the machine changes that.

Each program runs with COUNT and with a few, and the difference is shared out: what is done once falls out.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ..program import direct_environment, engine_tests
from ..servers import FLOOR
from .harness import WARM_UP

FEW = 1_000
LOOP, ALL = "the loop's thread", "all threads"

_, URL, COUNT, IN_FLIGHT = sys.argv[1:]


def floor(name: str) -> list[str]:
    return [str(FLOOR / "target/release" / name), URL, "COUNT", IN_FLIGHT, str(WARM_UP)]


def workload(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"benches.workloads.{module}", *arguments]


def programs() -> dict[str, list[str]]:
    tests = engine_tests()
    # The engine's take their count from the environment.
    pieces = {
        "a URL": "a_url",
        "header lines": "header_lines",
        "a turn in line": "a_turn",
        "50 KB of gzip": "a_gzip_body_of_50_kb",
    }
    return {
        "floor-hyper": floor("floor-hyper"),
        "floor-reqwest": floor("floor-reqwest"),
        "gather": workload("with_fastfetch", "gather", URL, "COUNT", IN_FLIGHT),
        "await": workload("with_fastfetch", "read", URL, "COUNT", IN_FLIGHT),
        "sleep": workload("sleeps", "fastfetch", "COUNT"),
        **{
            title: [tests, "--ignored", "--exact", f"engine::costs::{test}"] for title, test in pieces.items()
        },
    }


def counted(command: list[str], count: int) -> dict[str, int]:
    """The instructions of a run."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                "--separate-threads=yes",
                f"--callgrind-out-file={folder}/out",
                *(str(count) if part == "COUNT" else part for part in command),
            ],
            env={**direct_environment(), "COUNT": str(count), "RUST_TEST_THREADS": "1"},
            check=True,
            capture_output=True,
        )
        files = sorted(Path(folder).glob("out-*"))
        lines = [
            line for file in files for line in file.read_text().splitlines() if line.startswith("totals:")
        ]
    totals = [int(line.split()[1]) for line in lines]
    return {LOOP: totals[0], ALL: sum(totals)}


if shutil.which("valgrind") is None:
    raise SystemExit("valgrind is not installed")
figures = {}
for name, command in programs().items():
    few, many = counted(command, FEW), counted(command, int(COUNT))
    each = {threads: (many[threads] - few[threads]) / (int(COUNT) - FEW) for threads in (LOOP, ALL)}
    figures[name] = each[ALL]
    if name in ("gather", "await"):
        figures[f"{name}, {LOOP}"] = each[LOOP]
figures["gather / floor-reqwest"] = figures["gather"] / figures["floor-reqwest"]
print(json.dumps(figures))
