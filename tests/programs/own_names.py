"""Fetches from many hosts, whose addresses the system's resolver asks of a name server started here.

It runs under `SEPARATE`, where it is root over mounts and a network of its own: nobody else sees what it
changes. It says what became of the requests, and how often the name server was asked the same.

Arguments: how many hosts, how many requests to each, the domain below which they are.
"""

import asyncio
import fcntl
import json
import socket
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from fastfetch import Client

from tests.servers.dnsmasq import running_dnsmasq
from tests.servers.raw import RawServer

SEPARATE = ("unshare", "--map-root-user", "--mount", "--net")

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

SETTINGS = {"/etc/resolv.conf": "nameserver 127.0.0.1\n", "/etc/nsswitch.conf": "hosts: files dns\n"}
"""The resolver's own (resolv.conf(5), nsswitch.conf(5))."""

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # netdevice(7)


def bring_up_loopback() -> None:
    with socket.socket() as any_socket:
        answer = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sh22x", b"lo", 0))
        (flags,) = struct.unpack_from("h", answer, 16)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))


def replace_settings(folder: Path) -> None:
    for path, text in SETTINGS.items():
        own = folder / Path(path).name
        own.write_text(text)
        subprocess.run(["mount", "--bind", own, path], check=True)


async def main(hosts: int, each: int, domain: str) -> None:
    with running_dnsmasq(53) as dnsmasq, RawServer(ANSWER) as server:
        urls = [f"http://n{n // each}.{domain}:{server.port}/" for n in range(hosts * each)]
        async with Client() as client:
            results = await client.gather(urls)
        outcomes = Counter(str(r.status_code) if r.error is None else type(r.error).__name__ for r in results)
        asked = Counter(count for (name, _), count in dnsmasq.asked().items() if name.endswith(f".{domain}"))
        print(json.dumps({"outcomes": outcomes, "asked": asked}))


if __name__ == "__main__":
    bring_up_loopback()
    with tempfile.TemporaryDirectory() as name:
        replace_settings(Path(name))
        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
