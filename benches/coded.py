"""A second nginx, for what costs a client more than small bodies do: gzip and TLS."""

import gzip
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .bodies import records_json
from .servers import nginx_path

RECORDS = 500
CONFIGURATION = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 4096; multi_accept on; }}
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
    root {folder}/files;
    server {{ listen 127.0.0.1:{plain}; location /coded {{ add_header Content-Encoding gzip; }} }}
    server {{
        listen 127.0.0.1:{secure} ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
    }}
}}
"""
CERTIFICATE = (
    *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
    *("-subj", "/CN=localhost", "-days", "2"),
)


@dataclass(frozen=True)
class Coded:
    """The URLs of one body, and its size in bytes."""

    gzip: str
    tls: str
    size: int


@contextmanager
def coded() -> Iterator[Coded]:
    """Run nginx in a temporary folder, as `servers.nginx` does."""
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory())
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024)) for _ in "ab"]
        folder = Path(name)
        folder.chmod(0o755)  # the worker is another user when the master is root
        (folder / "files").mkdir()
        body = records_json(RECORDS).encode()
        (folder / "files" / "coded").write_bytes(gzip.compress(body))
        (folder / "files" / "plain").write_bytes(body)
        made = ("-out", f"{name}/certificate.pem", "-keyout", f"{name}/key.pem")
        subprocess.run([*CERTIFICATE, *made], check=True, capture_output=True)
        plain, secure = (listener.getsockname()[1] for listener in listeners)
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, plain=plain, secure=secure))
        for listener in listeners:
            listener.setblocking(False)  # as nginx would have made it
        numbers = [listener.fileno() for listener in listeners]
        server = subprocess.Popen(
            [nginx_path(), "-p", name, "-e", f"{name}/start.log", "-c", str(configuration)],
            env={**os.environ, "NGINX": "".join(f"{number};" for number in numbers)},
            pass_fds=numbers,
        )
        for listener in listeners:
            listener.close()  # nginx owns them now; if nginx dies, clients are refused at once
        try:
            yield Coded(f"http://127.0.0.1:{plain}/coded", f"https://localhost:{secure}/plain", len(body))
        finally:
            server.terminate()
            server.wait()
