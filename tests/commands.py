"""`python -m fastfetch` as a shell runs it: through pipes, or on a terminal of its own."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from tests.servers.ledger import PATIENCE

Say: TypeAlias = Callable[..., tuple[object, str, str]]
"""Runs it in this process: exit code, standard output, standard error."""

COMMAND = [sys.executable, "-m", "fastfetch"]

# The program gets the terminal before it begins, so that Ctrl-C reaches it.
_ON_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "fastfetch", *sys.argv[1:]])
"""


def run(
    *words: object,
    stdin: bytes = b"",
    files: int | None = None,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with these variables in its environment, and so many files that it may have open."""
    limited = [] if files is None else ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh"]
    done = subprocess.run(
        [*limited, *COMMAND, *map(str, words)],
        input=stdin,
        capture_output=True,
        timeout=4 * PATIENCE,
        env=environment(variables),
    )
    texts = (said.decode(errors="surrogateescape") for said in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, *texts)


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what others may have set there that shows in the output."""
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM", "COLUMNS")}
    return {**plain, "TERM": "xterm", **(variables or {})}


@contextlib.contextmanager
def started(*words: object) -> Iterator[subprocess.Popen[bytes]]:
    """Start it, with pipes for what it reads and says."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*COMMAND, *map(str, words)], stdin=pipe, stdout=pipe, stderr=pipe, env=environment()
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Terminal:
    """It on a terminal."""

    def __init__(self, *words: object, variables: Mapping[str, str] | None = None) -> None:
        self._ours, theirs = os.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ON_A_TERMINAL, *map(str, words)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env=environment(variables),
        )
        os.close(theirs)
        self.shown = ""

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._ours, keys)

    def read_until(self, text: str) -> None:
        """Wait until this is on the screen, or the program has ended."""
        while text not in self.shown and self._read():
            pass

    def finish(self) -> int:
        """Read to the end; the exit code."""
        try:
            while self._read():
                pass
            return self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._ours)

    def _read(self) -> bool:
        try:
            piece = os.read(self._ours, 65536)
        except OSError:  # on Linux a terminal without programs is an error, and no end
            return False
        self.shown += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)


def records(text: str) -> list[dict[str, Any]]:
    """The lines of JSON, in input order."""
    return sorted((json.loads(line) for line in text.splitlines()), key=lambda record: record["index"])
