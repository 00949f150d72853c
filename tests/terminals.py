"""A program on a terminal, and what a person would see there."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tests.programs.running import PATIENCE, ROOT, path


class Terminal:
    """`tests/programs/PROGRAM.py` on a terminal of its own, which is where its interrupts come from."""

    def __init__(
        self,
        program: str,
        *arguments: object,
        environment: Mapping[str, str] | None = None,
        columns: int = 100,
    ) -> None:
        command = [sys.executable, str(ROOT / "tests" / "programs" / f"{program}.py"), *map(str, arguments)]
        variables = {"TERM": "xterm", "PYTHONPATH": path(), **(environment or {})}
        self.written = ""
        self._process, self._master = _on_terminal(command, {**os.environ, **variables}, columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def wait_for(self, text: str) -> None:
        """Read until this has been written."""
        while text not in self.written:
            assert self._read(), f"{text!r} is not in {self.written!r}"

    def press(self, keys: str) -> None:
        """What a person types; "\\x03" is Ctrl-C."""
        os.write(self._master, keys.encode())

    def finish(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self._process.wait(PATIENCE)

    def _read(self) -> bool:
        readable, _, _ = select.select([self._master], [], [], PATIENCE)
        assert readable, f"hung; it said {self.written!r}"
        try:
            some = os.read(self._master, 65_536)
        except OSError:
            # What Linux says when nobody has the terminal open any more.
            some = b""
        self.written += some.decode()
        return bool(some)

    @property
    def screen(self) -> list[str]:
        """The lines that are to be seen: what is written after a carriage return is written over the old."""
        return seen(self.written)


def _on_terminal(
    command: list[str], environment: Mapping[str, str], columns: int
) -> tuple[subprocess.Popen[bytes], int]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    # A session of its own takes the first terminal that it opens for the one that interrupts it.
    opening = "import os, sys; os.open(os.ttyname(0), os.O_RDWR); os.execv(sys.argv[1], sys.argv[1:])"
    with os.fdopen(slave, "rb+", buffering=0) as end:
        process = subprocess.Popen(
            [sys.executable, "-c", opening, *command],
            stdin=end,
            stdout=end,
            stderr=end,
            env=environment,
            start_new_session=True,
        )
    return process, master


def seen(written: str) -> list[str]:
    """The lines that a terminal shows of this."""
    lines = [""]
    column = 0
    for character in written:
        if character == "\n":
            lines.append("")
            column = 0
        elif character == "\r":
            column = 0
        else:
            lines[-1] = lines[-1][:column].ljust(column) + character + lines[-1][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]
