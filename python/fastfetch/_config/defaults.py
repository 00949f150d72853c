"""What a client does unless it is told otherwise, and what only this place sets."""

from __future__ import annotations

from typing import Any

from fastfetch import _core
from fastfetch._config.limits import Limits
from fastfetch._config.security import TLS
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
    "TURN",
]

# The settings of a client: what Client(...) takes, and what only this place sets.
CLIENT_DEFAULTS: dict[str, Any] = {
    "base_url": None,
    "params": None,
    "auth": None,
    "event_hooks": None,
    "headers": None,
    "cookies": True,
    "timeout": Timeout(),
    "limits": Limits(),
    "retry": False,
    "tls": TLS(),
    "verify": None,
    "cert": None,
    "proxy": None,
    "no_proxy": None,
    "resolve": None,
    "dns": None,
    "local_address": None,
    "interface": None,
    "uds": None,
    "block_private": False,
    "keepalive": 60.0,
    # Many servers close after 60 seconds, some after 5; what we keep longer than they do is a race at each
    # use.
    "idle_timeout": 20.0,
    "http1": True,
    "http2": True,
    "follow_redirects": True,
    "max_redirects": 20,
    "allow_downgrade": True,
    "decode": True,
    "max_body": 512 * 2**20,
    "trust_env": True,
}
# The largest line or event that is read out of a stream, in bytes.
MAX_LINE = 16 * 2**20
# How long to wait before a stream of events is asked for again, in seconds, until the server says.
RECONNECTION_TIME = 3.0
# It doubles with each attempt that fails, up to this.
MAX_RECONNECTION_TIME = 60.0

# How many URLs are taken from the source of `as_completed` before their responses have been read, by what may
# be in flight: so many that other hosts are found behind a slow one.
LOOKAHEAD = 10

# A loop over responses that are all there already lets others have a turn of the event loop so often, in
# seconds.
TURN = 0.002

# Seconds until the progress of a batch is shown to those who have not asked for it.
PROGRESS_DELAY = 0.5
# Seconds between two looks at it, and between two where each leaves a line, as in a file.
PROGRESS_INTERVAL = 0.1
PROGRESS_LINE_INTERVAL = 5.0
# How long a terminal is left to the body of a loop, which may print, before progress is shown meanwhile.
PROGRESS_PATIENCE = 1.0
# Seconds between two drawings of what the body of a loop has had wiped.
PROGRESS_REDRAW = 0.005
# The current rate is that of so many seconds.
RATE_WINDOW = 5.0

FIXED: dict[str, Any] = {
    "user_agent": f"fastfetch/{_core.version()}",
    "default_timeout": CLIENT_DEFAULTS["timeout"],
    # Requests in flight to a host of which nothing is known yet, where their number is to be found out.
    "auto_start": 16,
    "max_header_bytes": 300_000,
    "max_header_lines": 1_000,
}
