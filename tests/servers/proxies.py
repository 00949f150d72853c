"""Real proxies on loopback: tinyproxy, squid and microsocks."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.listening import bound, found, listening
from tests.servers.process import url
from tests.servers.tls import Authority

USER, PASSWORD = "ann", "hunter2"

_TINYPROXY = """
Listen 127.0.0.1
Port {port}
Timeout 60
MaxClients 600
LogLevel Connect
{guard}
"""

_SQUID = """
http_port 127.0.0.1:{open}
http_port 127.0.0.1:{guarded} name=guarded
https_port 127.0.0.1:{secure} tls-cert={folder}/chain.pem tls-key={folder}/key.pem
https_port 127.0.0.1:{secure_guarded} name=secure_guarded tls-cert={folder}/chain.pem tls-key={folder}/key.pem
auth_param basic program {folder}/check
auth_param basic realm test
acl guarded myportname guarded secure_guarded
acl known proxy_auth REQUIRED
acl loopback dst 127.0.0.0/8
http_access deny !loopback
http_access deny guarded !known
http_access allow all
cache deny all
cache_mem 0 MB
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
pid_filename none
shutdown_lifetime 0 seconds
pinger_enable off
dns_nameservers 127.0.0.1
udp_incoming_address 127.0.0.1
udp_outgoing_address 127.0.0.1
visible_hostname localhost
max_filedescriptors 4096
{user}
"""

_CHECK = f"""#!/bin/sh
while read -r said; do
    if [ "$said" = "{USER} {PASSWORD}" ]; then echo OK; else echo ERR; fi
done
"""
"""Squid gives it a line for each login and reads the verdict."""


@dataclass(frozen=True)
class Proxies:
    """The URLs of one program: open to all, and for `USER` with `PASSWORD` only; neither holds a password."""

    open: str
    guarded: str


@dataclass(frozen=True)
class Squid(Proxies):
    """Squid is reached over TLS as well."""

    secure: str
    secure_guarded: str


@contextlib.contextmanager
def running_tinyproxy() -> Iterator[Proxies]:
    """Run tinyproxy twice: HTTP forwarding and CONNECT."""
    with tempfile.TemporaryDirectory(prefix="tinyproxy-") as name, contextlib.ExitStack() as running:
        urls = []
        for kind, guard in [("open", ""), ("guarded", f"BasicAuth {USER} {PASSWORD}")]:
            port = running.enter_context(bound())
            config = Path(name, f"{kind}.conf")
            config.write_text(_TINYPROXY.format(port=port.getsockname()[1], guard=guard))
            command = [found("tinyproxy"), "-d", "-c", str(config)]
            running.enter_context(listening(command, [port], Path(name, f"{kind}.log")))
            urls.append(url(port))
        yield Proxies(*urls)


@contextlib.contextmanager
def running_microsocks() -> Iterator[Proxies]:
    """Run microsocks twice: SOCKS5."""
    with tempfile.TemporaryDirectory(prefix="microsocks-") as name, contextlib.ExitStack() as running:
        urls = []
        for kind, guard in [("open", []), ("guarded", ["-u", USER, "-P", PASSWORD])]:
            port = running.enter_context(bound())
            command = [found("microsocks"), "-i", "127.0.0.1", "-p", str(port.getsockname()[1]), *guard]
            running.enter_context(listening(command, [port], Path(name, f"{kind}.log")))
            urls.append(url(port, "socks5h"))
        yield Proxies(*urls)


@contextlib.contextmanager
def running_squid(authority: Authority) -> Iterator[Squid]:
    """Run squid on four ports: HTTP forwarding and CONNECT, to 127.0.0.1 only, with `Via` added."""
    with tempfile.TemporaryDirectory(prefix="squid-") as name, contextlib.ExitStack() as running:
        folder = Path(name)
        authority.write_pair(folder, "127.0.0.1", "localhost")
        check = folder / "check"
        check.write_text(_CHECK)
        check.chmod(0o755)
        held = [running.enter_context(bound()) for _ in range(4)]
        ports = [port.getsockname()[1] for port in held]
        config = folder / "squid.conf"
        # A squid started by root works as another user, whose this folder has to be.
        user = ""
        if os.geteuid() == 0:
            user = "cache_effective_user nobody"
            shutil.chown(folder, "nobody")
        names = ("open", "guarded", "secure", "secure_guarded")
        config.write_text(_SQUID.format(folder=folder, user=user, **dict(zip(names, ports, strict=True))))
        command = [found("squid"), "-N", "-n", f"test{ports[0]}", "-f", str(config)]
        running.enter_context(listening(command, held, folder / "stderr.log"))
        yield Squid(*(url(port) for port in held[:2]), *(url(port, "https") for port in held[2:]))
