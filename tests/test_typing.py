"""What type checkers see of both faces: results by their types, and options that are misspelt."""

import os
import re
from pathlib import Path

import fastfetch
import pytest

api = pytest.importorskip("mypy.api")

BOTH = """
import fastfetch
from fastfetch import sync

async def awaited(client: fastfetch.Client, urls: list[str]) -> None:
    reveal_type(await fastfetch.get("url", timeout=5))  # Response
    reveal_type(await client.gather(urls))  # Results
    reveal_type(await fastfetch.Batch(urls))  # Results
    reveal_type((await client.gather(urls))[:2].ok)  # Results
    reveal_type(await fastfetch.sleep(1, "x"))  # str
    async for response in client.as_completed(urls):
        reveal_type(response)  # Response
    async with client.stream("GET", "url") as streamed:
        reveal_type(streamed)  # StreamedResponse
        reveal_type(await streamed.aread())  # bytes
    await fastfetch.get("url", timout=5)  # error: Unexpected keyword argument "timout"
    fastfetch.Batch(urls, client=sync.Client())  # error: Argument "client" to "Batch"

def waited(client: sync.Client, urls: list[str]) -> None:
    reveal_type(sync.get("url", timeout=5))  # Response
    reveal_type(client.post("url", json=1))  # Response
    reveal_type(client.gather(urls))  # sync.Results
    reveal_type(sync.Batch(urls).run())  # sync.Results
    reveal_type(client.gather(urls)[:2].ok)  # sync.Results
    reveal_type(client.gather(urls).retry_failed(timeout=5))  # sync.Results
    reveal_type(sync.sleep(1, "x"))  # str
    for response in client.as_completed(urls):
        reveal_type(response)  # Response
    with client.stream("GET", "url") as streamed:
        reveal_type(streamed)  # sync.StreamedResponse
        reveal_type(streamed.read())  # bytes
        for line in streamed.iter_lines():
            reveal_type(line)  # str
        for event in streamed.iter_events(reconnect=False):
            reveal_type(event)  # ServerSentEvent
    with sync.Client() as opened:
        reveal_type(opened)  # sync.Client
    sync.get("url", timout=5)  # error: Unexpected keyword argument "timout"
    client.gather(urls, concurency=5)  # error: Unexpected keyword argument "concurency"
    sync.get(5)  # error: Argument 1 has incompatible type "int"
    sync.Batch(urls, client=fastfetch.Client())  # error: Argument "client" to "Batch"
    with fastfetch.Client() as wrong:  # error: "Client" has no attribute "__enter__"
        pass

async def mixed() -> None:
    await sync.get("url")  # error: Incompatible types in "await"
"""


def test_both_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPYPATH", os.path.dirname(os.path.dirname(fastfetch.__file__)))
    program = tmp_path / "program.py"
    program.write_text(BOTH)
    said, errors, _ = api.run(
        ["--strict", "--config-file=", f"--cache-dir={tmp_path}", "--follow-imports=silent", str(program)]
    )
    assert errors == ""
    told: dict[int, str] = {}
    for line, text in re.findall(r"^[^\n:]+:(\d+): (?:note|error): (.*)$", said, re.MULTILINE):
        told.setdefault(int(line), text)
    for number, line in enumerate(BOTH.splitlines(), 1):
        expected = line.rpartition("  # ")[2] if "  # " in line else ""
        if expected.startswith("error: "):
            assert told.pop(number, "nothing").startswith(expected.removeprefix("error: ")), line
        elif expected:
            shown = told.pop(number, "nothing").replace("builtins.", "")
            kind = re.sub(r"fastfetch\._\w+\.", "", shown).replace("fastfetch.sync", "sync")
            assert kind == f'Revealed type is "{expected}"', line
    assert told == {}
