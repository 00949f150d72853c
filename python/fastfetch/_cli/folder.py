"""A folder with a file for each answer."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from fastfetch._cli.names import INDEX, file_name
from fastfetch._cli.outcomes import dumped

if TYPE_CHECKING:
    from fastfetch._cli.outcomes import Outcome

__all__ = ["Folder"]


class Folder:
    """A file for each answer with a status below 400, and an index that tells of all.

    A file has its name only when it is whole. The bodies of other answers are in the index, so that no error
    page passes for what was asked for.
    """

    def __init__(self, path: str, *, overwrite: bool) -> None:
        self._path = Path(path)
        self._path.mkdir(parents=True, exist_ok=True)
        self._overwrite = overwrite
        # The last numbers of names that several files would have.
        self._numbers: dict[str, int] = {}
        # The names of this run's files, where those of others do not count.
        self._own: set[str] = set()
        self._index = open(self._path / INDEX, "a+b")  # noqa: SIM115 (closed by `close`)
        self._end_line()

    def take(self, outcome: Outcome) -> None:
        """Writes a file, and its line in the index."""
        more = {"file": self._keep(outcome)} if outcome.response.ok else outcome.body()
        self._index.write(dumped(outcome.record() | more))
        self._index.flush()

    def close(self) -> None:
        """Ends the index."""
        self._index.close()

    def _end_line(self) -> None:
        """Ends the last line of an index that a run before this one was killed in."""
        if self._index.tell():
            self._index.seek(-1, os.SEEK_END)
            if self._index.read(1) != b"\n":
                self._index.write(b"\n")

    def _keep(self, outcome: Outcome) -> str:
        """Writes a body to a file of its own, and says which."""
        unfinished = self._path / f".{secrets.token_hex(8)}.part"
        try:
            with open(unfinished, "xb") as file:
                file.write(outcome.content)
            return self._named(unfinished, outcome)
        finally:
            unfinished.unlink(missing_ok=True)

    def _named(self, unfinished: Path, outcome: Outcome) -> str:
        """Gives a finished file its name: the first one that is free."""
        url, kind = outcome.url, outcome.content_type
        name = first = file_name(url, kind)
        while not self._gets(unfinished, name):
            number = self._numbers[first] = self._numbers.get(first, 1) + 1
            name = file_name(url, kind, number)
        return name

    def _gets(self, unfinished: Path, name: str) -> bool:
        """Gives a file this name, unless it is taken: by any other file, or by one of this run."""
        if self._overwrite:
            # To many file systems lower and upper case are the same.
            if name.lower() in self._own:
                return False
            self._own.add(name.lower())
            os.replace(unfinished, self._path / name)
            return True
        try:
            _move(unfinished, self._path / name)
        except FileExistsError:
            return False
        return True


def _move(source: Path, target: Path) -> None:
    """Renames a file unless the new name is taken, in one step where the file system can do that."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here: the name is taken first, so that nobody else does it.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(source, target)
