"""The demo site as its user sees it: a process that comes and goes with an object."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["Site"]


class Site:
    """A web server on a free port of this machine (127.0.0.1), in a process of its own.

    It starts at once. It ends when it is closed or dropped, and whenever this program ends, however it does.
    An interrupt (Ctrl-C, Interrupt Kernel) is for the client and leaves it alone. `fastfetch.demo` lists what
    it answers.

    Attributes
    ----------
    url : str
        Where it is: ``"http://127.0.0.1:PORT"``, without a slash at the end.

    Raises
    ------
    RuntimeError
        Where it does not start.

    Examples
    --------
    >>> import fastfetch
    >>> from fastfetch.demo import Site
    >>> with Site() as site:
    ...     results = await fastfetch.gather([f"{site.url}/json/7", f"{site.url}/missing"])
    >>> results[0].json()["name"], results[1].status_code
    ('item 7', 404)

    In a notebook it is as well to keep it for the whole session:

    >>> site = Site()
    >>> site
    <fastfetch.demo.Site at http://127.0.0.1:...>
    >>> site.close()
    >>> site
    <fastfetch.demo.Site closed>
    """

    def __init__(self) -> None:
        # A thread would share the interpreter with the client, and the client's speed would be the server's.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "fastfetch.demo._server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            process_group=0,  # an interrupt from the terminal goes to the group of the client only
        )
        self._end = weakref.finalize(self, _end, process, os.getpid())
        assert process.stdout is not None
        try:
            port = process.stdout.readline().decode().strip()
        except BaseException:
            self._end()
            raise
        if not port:
            code = process.wait()
            self._end()
            raise RuntimeError(f"the demo site did not start: {sys.executable} ended with {code}")
        self.url = f"http://127.0.0.1:{port}"

    def close(self) -> None:
        """Stops the server. Twice is once.

        Examples
        --------
        >>> from fastfetch.demo import Site
        >>> site = Site()
        >>> site.close()
        """
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<fastfetch.demo.Site {f'at {self.url}' if self._end.alive else 'closed'}>"


def _environment() -> dict[str, str]:
    """The variables with which the server finds this very package, wherever it was imported from."""
    here = str(Path(__file__).parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    if os.getpid() != owner:
        return  # a forked child has a copy of the site, but the server is its parent's
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()
