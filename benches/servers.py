"""The server every client is measured against: one nginx worker with a few JSON files, on all of loopback."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .bodies import LARGE_RECORDS, records_json, statuses_json

CONFIGURATION = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 16384; multi_accept on; }}
http {{
    access_log off;
    default_type application/json;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    open_file_cache max=16 inactive=1h;
    open_file_cache_valid 1h;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen {address}; allow 127.0.0.0/8; deny all; root {folder}/files; }}
}}
"""
SMALL_BYTES = 171
RECORDS = 107


def small_json() -> str:
    """One record, exactly SMALL_BYTES long."""
    record = {"id": 1234567, "name": "Ada Lovelace", "tags": ["math", "poetry"], "score": 12.75, "note": ""}
    record["note"] = "x" * (SMALL_BYTES - len(json.dumps(record)))
    return json.dumps(record)


def nginx_path() -> str:
    """Debian keeps nginx outside the PATH of ordinary users."""
    path = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if path is None:
        raise SystemExit("nginx is not installed: apt-get install --no-install-recommends nginx-light")
    return path


def nginx_version() -> str:
    answer = subprocess.run([nginx_path(), "-v"], capture_output=True, text=True, check=True)
    return answer.stderr.strip().removeprefix("nginx version: nginx/")


@contextmanager
def nginx() -> Iterator[str]:
    """Run nginx in a temporary folder and give its base URL. It is reached at every address of 127.0.0.0/8.

    The socket listens before nginx starts and is handed over in nginx's own way of replacing itself
    (the variable NGINX): no port is guessed, and no client can come too early.
    """
    with (
        tempfile.TemporaryDirectory() as name,
        socket.create_server(("0.0.0.0", 0), backlog=4096) as listener,
    ):
        listener.setblocking(False)  # as nginx would have made it
        folder = Path(name)
        folder.chmod(0o755)  # the worker is another user when the master is root
        files = folder / "files"
        files.mkdir()
        (files / "small.json").write_text(small_json())
        (files / "records.json").write_text(records_json(RECORDS))
        (files / "large.json").write_text(records_json(LARGE_RECORDS))
        (files / "statuses.json").write_text(statuses_json(), encoding="utf-8")
        port = listener.getsockname()[1]
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, address=f"0.0.0.0:{port}"))
        server = subprocess.Popen(
            [nginx_path(), "-p", name, "-e", f"{name}/start.log", "-c", str(configuration)],
            env={**os.environ, "NGINX": f"{listener.fileno()};"},
            pass_fds=[listener.fileno()],
        )
        listener.close()  # nginx owns it now; if nginx dies, clients are refused at once
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()
