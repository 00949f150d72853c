"""Programs that tests run in an interpreter of their own: to exit, to fork, to be looked at from outside."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PATIENCE = 20.0
"""How many seconds a program may take before it counts as hung."""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Start `tests/programs/PROGRAM.py` in Python's development mode, which hides nothing."""
    command = [sys.executable, "-X", "dev", "-m", f"tests.programs.{program}", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for a program's end and take what it said; one that hangs is killed, and so are its children."""
    with process:
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            raise AssertionError(f"hung after {PATIENCE} s; it said {stdout!r} and {stderr!r}") from None
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def say(program: str, *arguments: object) -> str:
    """What a program says on its way to exit code 0, with nothing on stderr."""
    done = finish(start(program, *arguments))
    assert (done.returncode, done.stderr) == (0, ""), f"exit code {done.returncode}: {done.stderr}"
    return done.stdout
