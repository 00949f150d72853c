"""What `make fuzz` does: every target of fuzz/ in turn, for FUZZ_SECONDS each, and a line of what came of it.

It begins with the kept corpus (fuzz/corpus), and with what earlier runs found, which stays on this machine.
What breaks a rule lies in fuzz/artifacts then: mend it, and keep the input in the corpus, where the engine's
own tests try it as well.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

FUZZ = Path(__file__).parents[1] / "fuzz"

SECONDS = int(os.environ.get("FUZZ_SECONDS", "60"))

OPTIONS = ["-max_len=8192", "-timeout=20", "-rss_limit_mb=4096", "-print_final_stats=1"]
"""Inputs of a few kilobytes; one that takes seconds, or gigabytes, breaks a rule too."""


def cargo_fuzz(*words: object) -> "subprocess.Popen[str]":
    """cargo-fuzz, on whichever compiler is there: what it needs is not stable, and need not be."""
    command = [os.environ.get("CARGO_FUZZ", "cargo-fuzz"), *map(str, words)]
    return subprocess.Popen(
        command,
        cwd=FUZZ.parent,
        env=os.environ | {"RUSTC_BOOTSTRAP": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def run(target: str) -> bool:
    """Fuzz a target, and say what came of it; whether all was well."""
    found = FUZZ / "target/corpus" / target
    found.mkdir(parents=True, exist_ok=True)
    process = cargo_fuzz(
        "run", target, found, FUZZ / "corpus" / target, "--", f"-max_total_time={SECONDS}", *OPTIONS
    )
    output, _ = process.communicate()
    executions = re.search(r"stat::number_of_executed_units: (\d+)", output)
    coverage = re.findall(r"\bcov: (\d+)", output)
    well = process.returncode == 0 and executions is not None and coverage
    if well and executions:
        print(
            f"{target}: {int(executions[1]):,} executions, {int(coverage[-1]):,} edges, no crash", flush=True
        )
    else:
        print(f"{target}: it broke\n{output[-6000:]}", flush=True)
    return bool(well)


def main() -> None:
    build = cargo_fuzz("build")
    output, _ = build.communicate()
    if build.returncode != 0:
        sys.exit(output)
    targets = sorted(path.stem for path in (FUZZ / "targets").glob("*.rs"))
    broken = [target for target in targets if not run(target)]
    if broken:
        sys.exit(f"broken: {', '.join(broken)}")


if __name__ == "__main__":
    main()
