"""``python -m fastfetch.demo``: the demo site for other programs, until Ctrl-C."""

import contextlib
import signal
import threading

from fastfetch.demo import Site


def main() -> None:
    """Says where the site is, and waits for an end."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), Site() as site:
        print(site.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
