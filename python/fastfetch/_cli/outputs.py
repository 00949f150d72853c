"""Where outcomes go, one after another."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, BinaryIO, Protocol

from fastfetch._cli.outcomes import dumped
from fastfetch._cli.terminal import harmless, is_shown, paint, standard_output

if TYPE_CHECKING:
    from fastfetch._cli.outcomes import Outcome

__all__ = ["Body", "Exists", "Head", "JsonLines", "Lines", "Output", "create", "refuse"]


class Exists(Exception):
    """A file is there already, and nobody said that it may be replaced."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is there already; --overwrite replaces it")


class Output(Protocol):
    """Takes outcomes as they complete."""

    def take(self, outcome: Outcome, /) -> None:
        """Writes one, at once: what was written stays, whatever happens next."""

    def close(self) -> None:
        """Ends it."""


class Body:
    """The body of the only URL, to standard output."""

    def take(self, outcome: Outcome) -> None:
        out, content = standard_output(), outcome.content
        if is_shown(sys.stdout):
            if b"\0" in content[:4096]:
                raise OSError(
                    f"{len(content):,} bytes that are no text for a terminal; > FILE or -o DIR keeps them"
                )
            content = harmless("" if outcome.error else outcome.response.text).encode(errors="replace")
        out.write(content)
        out.flush()

    def close(self) -> None:
        """Nothing is open."""


class Head:
    """Status and headers of the only URL, to standard output."""

    def take(self, outcome: Outcome) -> None:
        if outcome.error:
            return
        response = outcome.response
        lines = [f"{response.http_version} {response.status_code} {response.reason}".rstrip()]
        lines += [f"{name}: {value}" for name, value in response.headers.multi_items()]
        out = standard_output()
        out.write(harmless("\n".join([*lines, "", ""])).encode(errors="replace"))
        out.flush()

    def close(self) -> None:
        """Nothing is open."""


class Lines:
    """A line for each URL, to standard output."""

    def take(self, outcome: Outcome) -> None:
        status, rest = outcome.line()
        out = standard_output()
        good = outcome.response.ok
        out.write(f"{paint(status, 'green' if good else 'red')}  {harmless(rest)}\n".encode(errors="replace"))
        out.flush()

    def close(self) -> None:
        """Nothing is open."""


class JsonLines:
    """A line of JSON for each URL, bodies included."""

    def __init__(self, path: str, *, overwrite: bool) -> None:
        self._own = path != "-"
        self._file = create(path, overwrite=overwrite) if self._own else standard_output()
        # A terminal takes some characters beyond ASCII for commands.
        self._ascii_only = self._file.isatty()

    def take(self, outcome: Outcome) -> None:
        self._file.write(dumped(outcome.record() | outcome.body(), ascii_only=self._ascii_only))
        self._file.flush()

    def close(self) -> None:
        if self._own:
            self._file.close()


def create(path: str, *, overwrite: bool) -> BinaryIO:
    """Opens a new file to write to, or what is no file at all: a terminal, a pipe, ``/dev/null``.

    Raises
    ------
    Exists
        Where there is such a file, and it may not be replaced.
    """
    try:
        return open(path, "xb")
    except FileExistsError:
        refuse(path, overwrite=overwrite)
        return open(path, "wb")


def refuse(path: str, *, overwrite: bool) -> None:
    """Raises `Exists` where there is such a file, and it may not be replaced."""
    if not overwrite and os.path.isfile(path):
        raise Exists(path)
