"""One round of one program: what it printed, or why it printed nothing of use."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

# One round takes seconds; a program that needs minutes hangs.
PATIENCE_SECONDS = 300
ENGINE_TESTS = (
    "cargo test --release --locked --no-default-features --features mimalloc --lib --no-run --quiet"
    " --message-format=json"
)


class RoundError(Exception):
    """A program ended badly, or brought back something else than was asked for."""


def result_of(command: list[str], patience: float = PATIENCE_SECONDS, folder: Path = HERE.parent) -> Any:
    """The JSON that a program prints last."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=patience,
            cwd=folder,
            env=direct_environment(),
        )
    except subprocess.TimeoutExpired:
        raise RoundError(f"no end within {patience:g} s") from None
    if done.returncode != 0:
        complaint = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise RoundError(complaint[-1])
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise RoundError(f"printed no result but {done.stdout[:80]!r}") from None


@cache
def engine_tests() -> str:
    """The engine's own tests, built: some of them measure where they are asked to."""
    done = subprocess.run(ENGINE_TESTS.split(), capture_output=True, text=True, check=True)
    messages = map(json.loads, done.stdout.splitlines())
    return next(str(message["executable"]) for message in messages if message.get("executable"))


def direct_environment() -> dict[str, str]:
    """No proxy may stand between a client and the server, and whom to trust is what a program says itself."""
    foreign = ("_proxy", "_ca_bundle")
    return {name: value for name, value in os.environ.items() if not name.lower().endswith(foreign)}
