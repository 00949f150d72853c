"""A server that is a program of its own and cannot take over a socket that listens already.

Its port is bound here instead, which keeps it from everybody else; the program can bind it too and listen,
since both sides set SO_REUSEADDR.
"""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.servers.ledger import PATIENCE

_START = 30.0
"""How many seconds a program may take to listen: squid reads and prepares a great deal first."""


def find(program: str) -> str | None:
    """The path of a program; Debian keeps some where an ordinary user's PATH does not look."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def found(program: str) -> str:
    """The path of a program that must be there."""
    path = find(program)
    if path is None:
        raise FileNotFoundError(program)
    return path


def bound(kind: socket.SocketKind = socket.SOCK_STREAM, port: int = 0) -> socket.socket:
    """A socket that holds a loopback port: this one, or any that is free."""
    holder = socket.socket(socket.AF_INET, kind)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", port))
    return holder


@contextlib.contextmanager
def listening(command: list[str], ports: Sequence[socket.socket], log: Path) -> Iterator[None]:
    """Run a program until the end of the block, which begins when it listens on all these ports."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        for port in ports:
            _wait_until_listening(process, port, log)
        yield
    finally:
        process.kill()  # Nothing is to be saved, and squid takes seconds over a polite end.
        process.wait(PATIENCE)


def _wait_until_listening(process: "subprocess.Popen[bytes]", port: socket.socket, log: Path) -> None:
    """These programs tell nobody that they listen: asking is all there is, and it ends with the program."""
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(port.getsockname()).close()
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
            break
    raise RuntimeError(f"{process.args!r} does not listen: {log.read_text()}")
