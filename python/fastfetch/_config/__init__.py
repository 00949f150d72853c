"""Settings and their defaults: the one place for both."""

from fastfetch._config.defaults import (
    CLIENT_DEFAULTS,
    FIXED,
    LOOKAHEAD,
    MAX_LINE,
    MAX_RECONNECTION_TIME,
    PROGRESS_DELAY,
    PROGRESS_INTERVAL,
    PROGRESS_LINE_INTERVAL,
    PROGRESS_PATIENCE,
    PROGRESS_REDRAW,
    RATE_WINDOW,
    RECONNECTION_TIME,
    TURN,
)
from fastfetch._config.limits import HostLimits, Limits
from fastfetch._config.retry import Retry, retry_of
from fastfetch._config.security import TLS, Cert, PathOrBytes, Proxy
from fastfetch._config.threads import io_threads
from fastfetch._config.timeout import Timeout

__all__ = [
    "CLIENT_DEFAULTS",
    "FIXED",
    "LOOKAHEAD",
    "MAX_LINE",
    "MAX_RECONNECTION_TIME",
    "PROGRESS_DELAY",
    "PROGRESS_INTERVAL",
    "PROGRESS_LINE_INTERVAL",
    "PROGRESS_PATIENCE",
    "PROGRESS_REDRAW",
    "RATE_WINDOW",
    "RECONNECTION_TIME",
    "TLS",
    "TURN",
    "Cert",
    "HostLimits",
    "Limits",
    "PathOrBytes",
    "Proxy",
    "Retry",
    "Timeout",
    "io_threads",
    "retry_of",
]
