"""A server that is a program of its own, started on sockets this process has already opened.

The sockets listen before the program starts, so a client's first connection waits in the queue instead of
being refused: nobody has to poll, and no port can be taken between choosing and using it.
"""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.servers.ledger import PATIENCE


def listen() -> socket.socket:
    """A socket that listens on a free loopback port."""
    return socket.create_server(("127.0.0.1", 0), backlog=4096)


def url(listener: socket.socket, scheme: str = "http") -> str:
    """The URL under which a listener is reached."""
    host, port = listener.getsockname()
    return f"{scheme}://{host}:{port}"


@contextlib.contextmanager
def serving(
    command: list[str],
    listeners: list[socket.socket],
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run a program that inherits the listeners; it is ended, and waited for, on leaving.

    The listeners are closed here once the program has them: should it die, its clients are refused at once.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno() for listener in listeners],
            env={**os.environ, **(environment or {})},
        )
    for listener in listeners:
        listener.close()
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)
