"""nginx on loopback: HTTP, and HTTPS with HTTP/2, over files of known size, statuses and redirects.

It answers:

    /small.json   171 bytes          /status/CODE   an empty answer, for the codes in `STATUSES`
    /12k.json     12 kB of JSON      /redirect/N    N hops from 1 to 9, the last one to /small.json
    /1m.bin       1 MiB
"""

import contextlib
import grp
import json
import os
import pwd
import shutil
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.ledger import PATIENCE
from tests.servers.process import listen, serving, url
from tests.servers.tls import Authority

STATUSES = (204, 304, 400, 401, 403, 404, 410, 418, 429, 500, 502, 503, 504)
FILES = {
    "small.json": json.dumps({"id": 1, "login": "python", "name": "Python", "note": "x" * 113}).encode(),
    "12k.json": json.dumps([{"id": n, "login": f"user{n}", "score": n / 7} for n in range(205)]).encode(),
    "1m.bin": bytes(range(256)) * 4096,
}

_CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
{user}
events {{ worker_connections 8192; }}
http {{
    log_format moments '$msec $status $server_protocol $request_uri';
    access_log {access_log};
    types {{ application/json json; }}
    keepalive_requests 1000000;
    open_file_cache max=16;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/chain.pem;
    ssl_certificate_key {folder}/key.pem;
    server {{
        listen {plain};
        listen {secure} ssl http2;
        root {folder}/files;
        location = /barrier {{ access_log off; return 204; }}
        {locations}
    }}
}}
"""


@dataclass(frozen=True)
class Access:
    """One line of the access log."""

    time: float
    """When the answer was done, by `time.time`, to the millisecond."""
    status: int
    protocol: str
    target: str


@dataclass(frozen=True)
class Nginx:
    """A running nginx."""

    http: str
    https: str
    log: Path

    def accesses(self) -> list[Access]:
        """Every request answered so far, where the server was started with `log=True`.

        nginx logs a request just after its answer is sent. Its one worker does one thing at a time, so once
        it has answered one more request, all earlier ones are in the log.
        """
        with urllib.request.urlopen(f"{self.http}/barrier", timeout=PATIENCE):
            pass
        rows = (line.split(" ", 3) for line in self.log.read_text().splitlines())
        return [Access(float(time), int(status), protocol, target) for time, status, protocol, target in rows]


def find_nginx() -> str | None:
    """The nginx program; Debian keeps it where an ordinary user's PATH does not look."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def running_nginx(authority: Authority, *, log: bool = False) -> Iterator[Nginx]:
    """Run nginx in a folder of its own, with a certificate for 127.0.0.1 and localhost."""
    program = find_nginx()
    if program is None:
        raise FileNotFoundError("nginx")
    with tempfile.TemporaryDirectory(prefix="nginx-") as name, listen() as plain, listen() as secure:
        folder = Path(name)
        authority.write_pair(folder, "127.0.0.1", "localhost")
        (folder / "files").mkdir()
        for file, content in FILES.items():
            (folder / "files" / file).write_bytes(content)
        access_log = folder / "access.log"
        access_log.touch()
        config = folder / "nginx.conf"
        config.write_text(
            _CONFIG.format(
                folder=folder,
                user=_user(),
                access_log=f"{access_log} moments" if log else "off",
                plain="{}:{}".format(*plain.getsockname()),
                secure="{}:{}".format(*secure.getsockname()),
                locations="\n        ".join(_locations()),
            )
        )
        server = Nginx(url(plain), url(secure, "https"), access_log)
        inherited = {"NGINX": f"{plain.fileno()};{secure.fileno()};"}
        command = [program, "-p", name, "-c", str(config), "-e", "stderr"]
        with serving(command, [plain, secure], folder / "stderr.log", inherited):
            yield server


def _locations() -> Iterator[str]:
    for status in STATUSES:
        yield f"location = /status/{status} {{ return {status}; }}"
    for hops in range(1, 10):
        target = f"/redirect/{hops - 1}" if hops > 1 else "/small.json"
        yield f"location = /redirect/{hops} {{ return 302 {target}; }}"


def _user() -> str:
    """Workers of a root nginx run as nobody unless told otherwise, and could not read the files."""
    if os.geteuid() != 0:
        return ""
    return f"user {pwd.getpwuid(0).pw_name} {grp.getgrgid(os.getegid()).gr_name};"
