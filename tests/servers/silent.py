"""Those who never say anything: a port that takes no connection, and a name server."""

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def full_port() -> Iterator[int | None]:
    """A port whose queue of connections is full: it answers nobody. None where a queue here has no end."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(4):
            client = sockets.enter_context(socket.socket())
            client.settimeout(0.2)
            try:
                client.connect(("127.0.0.1", port))
            except TimeoutError:
                yield port
                return
        yield None


@contextlib.contextmanager
def silent_name_server() -> Iterator[str]:
    """The address of a name server that is asked, and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.bind(("127.0.0.1", 0))
        yield "{}:{}".format(*asked.getsockname())
