"""Real ipykernels, each in a process of its own, and what their cells leave behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.servers.ledger import PATIENCE


@dataclass
class Cell:
    """What a cell left behind."""

    printed: str = ""
    complained: str = ""
    value: str = ""
    error: str = ""
    other: list[str] = field(default_factory=list)
    """Kinds of outputs that no cell here should have."""


class Kernel:
    """A kernel in a process of its own."""

    def __init__(self, manager: KernelManager) -> None:
        self._manager = manager
        self._client: BlockingKernelClient = manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)

    def start(self, code: str) -> str:
        """Begin a cell; the name under which to `finish` it."""
        name: str = self._client.execute(code)
        return name

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    def finish(self, name: str) -> Cell:
        """Wait for the end of a cell, and take what it left behind."""
        cell = Cell()
        while True:
            message: dict[str, Any] = self._client.get_iopub_msg(timeout=PATIENCE)
            kind, content = message["msg_type"], message["content"]
            if kind == "status":
                if message["parent_header"].get("msg_id") == name and content["execution_state"] == "idle":
                    return cell
            elif kind == "stream" and content["name"] == "stdout":
                cell.printed += content["text"]
            elif kind == "stream":
                cell.complained += content["text"]
            elif kind == "execute_result":
                cell.value = content["data"]["text/plain"]
            elif kind == "error":
                cell.error = content["ename"]
            elif kind != "execute_input":
                cell.other.append(kind)

    def run(self, code: str) -> Cell:
        return self.finish(self.start(code))

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()


K = TypeVar("K", bound=Kernel)


@contextmanager
def running(kind: type[K], folder: Path) -> Iterator[K]:
    """A kernel that keeps what it writes in this folder."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder))
        manager = KernelManager(kernel_name="python3")
        manager.start_kernel()
        kernel = kind(manager)
        yield kernel
        kernel.close()
