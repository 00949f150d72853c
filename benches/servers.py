"""The servers every client is measured against: one nginx worker on all of loopback, under several ports; and
the one among the floor programs that does what nginx does not."""

import gzip
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import brotli
import trustme

from .bodies import LARGE_RECORDS, records_json, small_json, statuses_json
from .workloads.harness import CA_VARIABLE, STREAMED_BYTES, TLS_VARIABLE

FLOOR = Path(__file__).parent / "floor"
FLOOR_SERVER = FLOOR / "target/release/floor-server"

CONFIGURATION = """
worker_processes 1;
worker_rlimit_nofile 16384;
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
    sendfile on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    allow 127.0.0.0/8;
    deny all;
    root {folder}/files;
    ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server.pem;
    {servers}
}}
"""
# What each port is for. A session that cannot be taken up again, or that is, is one that the server keeps.
PORTS = {
    "http": """server {{ listen {address};
        location = /gzip.json {{ add_header Content-Encoding gzip; }}
        location = /br.json {{ add_header Content-Encoding br; }}
    }}""",
    "tls": "server {{ listen {address} ssl; }}",
    "tls-cold": """server {{ listen {address} ssl; keepalive_timeout 0;
        ssl_session_cache off; ssl_session_tickets off;
    }}""",
    "tls-resumed": """server {{ listen {address} ssl; keepalive_timeout 0;
        ssl_session_cache shared:sessions:1m; ssl_session_tickets on;
    }}""",
    "http2": """server {{ listen {address} ssl http2;
        if ($server_protocol != "HTTP/2.0") {{ return 505; }}
    }}""",
}
SMALL_BYTES = 171
RECORDS = 107
ENCODED_RECORDS = 445
"""So many make about 50 KB."""
BODIES = {"100KB": 100_000, "1MB": 1_000_000, "10MB": 10_000_000}

Bases = dict[str, str]
"""Base URLs: of nginx by the names of its ports, and of the floor's server as `floor`."""


def encoded_json() -> str:
    return records_json(ENCODED_RECORDS)


def nginx_path() -> str:
    """Debian keeps nginx outside the PATH of ordinary users."""
    path = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if path is None:
        raise SystemExit("nginx is not installed: apt-get install --no-install-recommends nginx-light")
    return path


def nginx_version() -> str:
    answer = subprocess.run([nginx_path(), "-v"], capture_output=True, text=True, check=True)
    return answer.stderr.strip().removeprefix("nginx version: nginx/")


def write_files(files: Path) -> None:
    files.mkdir()
    (files / "small.json").write_text(small_json(SMALL_BYTES))
    (files / "records.json").write_text(records_json(RECORDS))
    (files / "large.json").write_text(records_json(LARGE_RECORDS))
    (files / "statuses.json").write_text(statuses_json(), encoding="utf-8")
    (files / "encoded.json").write_text(encoded_json())
    (files / "gzip.json").write_bytes(gzip.compress(encoded_json().encode(), 6))
    (files / "br.json").write_bytes(brotli.compress(encoded_json().encode()))
    for name, size in BODIES.items():
        (files / name).write_bytes(bytes(range(250)) * (size // 250))
    with (files / "1GB").open("wb") as file:
        file.truncate(STREAMED_BYTES)  # takes no room on the disk
    with (files / "1GB").open("rb") as file:
        while file.read(1 << 20):
            pass  # or else the first to ask for it would pay for bringing it into memory


def write_certificates(folder: Path) -> None:
    """The server's, and that of the authority which clients are told to trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(
        folder / "server.pem"
    )


@contextmanager
def nginx() -> Iterator[Bases]:
    """Run nginx in a temporary folder. Its ports are reached at every address of 127.0.0.0/8.

    The sockets listen before nginx starts and are handed over in nginx's own way of replacing itself
    (the variable NGINX): no port is guessed, and no client can come too early.
    """
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory())
        folder = Path(name)
        folder.chmod(0o755)  # the worker is another user when the master is root
        write_files(folder / "files")
        write_certificates(folder)
        listeners = {
            port: stack.enter_context(socket.create_server(("0.0.0.0", 0), backlog=4096)) for port in PORTS
        }
        numbers = {port: listener.getsockname()[1] for port, listener in listeners.items()}
        servers = "\n".join(text.format(address=f"0.0.0.0:{numbers[port]}") for port, text in PORTS.items())
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, servers=servers))
        for listener in listeners.values():
            listener.setblocking(False)  # as nginx would have made it
        descriptors = [listener.fileno() for listener in listeners.values()]
        server = subprocess.Popen(
            [nginx_path(), "-p", name, "-e", f"{name}/start.log", "-c", str(configuration)],
            env={**os.environ, "NGINX": "".join(f"{descriptor};" for descriptor in descriptors)},
            pass_fds=descriptors,
        )
        for listener in listeners.values():
            listener.close()  # nginx owns it now; if nginx dies, clients are refused at once
        os.environ[CA_VARIABLE] = str(folder / "ca.pem")
        os.environ[TLS_VARIABLE] = f"https://127.0.0.1:{numbers['tls']}"
        try:
            yield {
                port: f"{'http' if port == 'http' else 'https'}://127.0.0.1:{number}"
                for port, number in numbers.items()
            }
        finally:
            server.terminate()
            server.wait()


@contextmanager
def servers() -> Iterator[Bases]:
    """nginx, and the floor's server where it is built."""
    with nginx() as bases:
        if not FLOOR_SERVER.exists():
            yield bases
            return
        command = [str(FLOOR_SERVER)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            try:
                yield {**bases, "floor": f"http://127.0.0.1:{process.stdout.readline().strip()}"}
            finally:
                process.stdin.close()
