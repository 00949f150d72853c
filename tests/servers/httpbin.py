"""PyPI's httpbin under gunicorn on loopback."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.servers.process import listen, serving, url


@contextlib.contextmanager
def running_httpbin() -> Iterator[str]:
    """Run httpbin in a process of its own and give its URL."""
    with tempfile.TemporaryDirectory(prefix="httpbin-") as folder, listen() as listener:
        address = url(listener)
        options = f"--bind=fd://{listener.fileno()} --threads=16 --keep-alive=30 --no-control-socket"
        # The module's own client keeps its connections: a graceful end would wait for them.
        options += " --graceful-timeout=1"
        command = [sys.executable, "-m", "gunicorn", "httpbin:app", *options.split()]
        with serving(command, [listener], Path(folder, "gunicorn.log")):
            yield address
