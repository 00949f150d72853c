"""A server that notes when each request arrives, and answers after so many seconds.

`python -m benches.recorder SECONDS` prints its port and, once its standard input ends, the times. They are of
a clock that all processes share.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Recorder(asyncio.Protocol):
    """One connection. The next request comes only after the answer, so a head ends where the data does."""

    def __init__(self, delay: float, times: list[float]) -> None:
        self._delay = delay
        self._times = times
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            self._head = b""
            self._times.append(now)
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, ANSWER)
            else:
                self._transport.write(ANSWER)


async def main(delay: float) -> None:
    times: list[float] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Recorder(delay, times), "127.0.0.1", 0, backlog=511)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(times))


@dataclass
class Record:
    """Where the server is, and once it has ended when requests arrived."""

    url: str
    times: list[float] = field(default_factory=list)


@contextmanager
def recording(delay: float = 0.0) -> Iterator[Record]:
    """Run the server in a process of its own, which has nothing else to do."""
    command = [sys.executable, "-m", "benches.recorder", str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        record = Record(f"http://127.0.0.1:{process.stdout.readline().strip()}/")
        try:
            yield record
        finally:
            record.times = json.loads(process.communicate()[0])


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
