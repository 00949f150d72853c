"""Starts the clients' programs: each client in a process of its own, and another one where that has ended."""

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import fastfetch

from tests.reliability.peers.answer import Answer, Job

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-peers/bin/python"

MUCH = 32 * 10**6
"""Bytes of memory after which a process is not used again."""

STARTING = 30.0
"""Seconds that a program may take until its client is imported and warm."""


class HungError(Exception):
    """No answer in all the time there was."""


class DiedError(Exception):
    """The process has ended, and how."""


def command(module: str, *arguments: object) -> list[str]:
    return [str(PYTHON), "-m", f"tests.reliability.peers.{module}", *map(str, arguments)]


def environment() -> Mapping[str, str]:
    """This repository's tests, fastfetch as it is built here, no proxies, the system's authorities."""
    unwanted = ("_PROXY", "_CERT_FILE", "_CERT_DIR", "_CA_BUNDLE", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith(unwanted)}
    package = Path(fastfetch.__file__).parents[1]
    return {**kept, "PYTHONPATH": os.pathsep.join([str(ROOT), str(package)])}


def end_of(code: int) -> str:
    """How a process ended, in words."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class Program:
    """One client that answers jobs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def ask(self, job: Job, patience: float) -> Answer:
        """What comes of a job. Raises HungError or DiedError, and then the next job has a new process."""
        try:
            self.tell(job)
            answer: Answer = self.said(patience)
        except (HungError, DiedError):
            self.end()
            raise
        # What one job has left in memory is not the next one's.
        if answer.get("rise", 0) > MUCH:
            self.end()
        return answer

    def tell(self, job: Job) -> None:
        if self.process is None or self.process.poll() is not None:
            self.end()
            self.start()
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            print(json.dumps(job), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            raise DiedError(end_of(self.process.wait(STARTING))) from None

    def start(self) -> None:
        self.process = subprocess.Popen(
            command("answer", self.name),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self.read, args=(self.process, self.lines), daemon=True).start()
        assert self.said(STARTING) == "ready"

    @staticmethod
    def read(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    def said(self, patience: float) -> Any:
        assert self.process is not None
        try:
            line = self.lines.get(timeout=patience)
        except queue.Empty:
            raise HungError(f"no answer within {patience:g} s") from None
        if not line:
            raise DiedError(end_of(self.process.wait(STARTING)))
        return json.loads(line)

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            with self.process:
                pass
            self.process = None
