"""Starting the programs, and what they said."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PATIENCE = 20.0
"""How many seconds a program may take before it counts as hung."""

BODY = bytes(100_000)
"""Large enough to be sent from where it lies."""

DEVELOPMENT = ("-X", "dev")
"""Python's development mode, which hides nothing."""


def start(
    program: str, *arguments: object, flags: tuple[str, ...] = DEVELOPMENT, under: tuple[str, ...] = ()
) -> subprocess.Popen[str]:
    """Start `tests/programs/PROGRAM.py`, by a command that runs another where one is given."""
    return subprocess.Popen(
        [
            *under,
            sys.executable,
            *flags,
            str(ROOT / "tests" / "programs" / f"{program}.py"),
            *map(str, arguments),
        ],
        env={**os.environ, "PYTHONPATH": path()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def path() -> str:
    """Where programs find the tests, and all that these tests have found."""
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def finish(process: subprocess.Popen[str], patience: float = PATIENCE) -> subprocess.CompletedProcess[str]:
    """Wait for a program's end and take what it said; one that hangs is killed, and so are its children."""
    with process:
        try:
            stdout, stderr = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            raise AssertionError(f"hung after {patience} s; it said {stdout!r} and {stderr!r}") from None
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def say(
    program: str, *arguments: object, flags: tuple[str, ...] = DEVELOPMENT, under: tuple[str, ...] = ()
) -> str:
    """What a program says on its way to exit code 0, with nothing on stderr."""
    done = finish(start(program, *arguments, flags=flags, under=under))
    assert (done.returncode, done.stderr) == (0, ""), f"exit code {done.returncode}: {done.stderr}"
    return done.stdout


def allow_slow_callbacks() -> None:
    """For programs to call: asyncio's debug mode complains of a busy machine, too."""
    logging.getLogger("asyncio").addFilter(lambda record: " took " not in str(record.msg))


def thread_names() -> dict[int, str]:
    """By the system's number, of all threads of this process but for those that end in this moment."""
    names = {}
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError):
            names[int(task)] = Path(f"/proc/self/task/{task}/comm").read_text().strip()
    return names
