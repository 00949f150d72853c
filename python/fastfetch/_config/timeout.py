"""How long to wait."""

from __future__ import annotations

from dataclasses import dataclass

from fastfetch._config.parts import check_seconds

__all__ = ["Timeout"]


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long to wait for what, in seconds; None waits for ever.

    The clock of a request starts when it leaves the queue. Where an option takes a `Timeout`, a bare number
    sets `total` and leaves the rest as it was.

    Parameters
    ----------
    connect
        For a connection: name lookup and TLS handshake included.
    read
        For the server's next bytes.
    write
        For the server to take the next bytes of the request's body.
    pool
        For the request's turn, where the client's `Limits` make it wait; not for the items of a batch.
    total
        For the whole exchange, redirects included.

    Raises
    ------
    TypeError, ValueError
        Where a part is not a positive number or None.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.Timeout(read=5)
    Timeout(connect=10.0, read=5, write=30.0, pool=None, total=300.0)
    """

    connect: float | None = 10.0
    read: float | None = 30.0
    write: float | None = 30.0
    pool: float | None = None
    total: float | None = 300.0

    def __post_init__(self) -> None:
        for name in ("connect", "read", "write", "pool", "total"):
            check_seconds(name, getattr(self, name))
