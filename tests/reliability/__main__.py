"""fastfetch and its peers on the same faults: `python -m tests.reliability` writes docs/reliability.md.

A partial run (`--only`) prints its page and writes nothing.
"""

import argparse
import multiprocessing
import platform
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime

import fastfetch

from benches.machine import machine
from tests.reliability import faulted, lives
from tests.reliability.render import figures, render
from tests.reliability.report import CLIENTS, OURS, PAGE, Report, Row, keep, load
from tests.reliability.running import PYTHON

EVERYTHING = [""]

AT_ONCE = 3
"""Parts of the table that are gone through beside each other: most of it is waiting."""
PART = 20
"""Rows of a part. Each part has processes of its own."""


def main() -> None:
    options = arguments()
    if options.render:
        PAGE.write_text(render(load(), figures()))
        return
    report: Report = {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": machine(),
        "versions": versions(),
        "rows": list(heard(rows(options.only))),
    }
    page = render(report, figures())
    if options.only != EVERYTHING:
        print(page)
        return
    keep(report)
    PAGE.write_text(page)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--render", action="store_true", help="render what was compared, and compare nothing")
    parser.add_argument(
        "--only",
        nargs="+",
        default=EVERYTHING,
        metavar="ID",
        help="only rows whose names begin with one of these",
    )
    return parser.parse_args()


def rows(beginnings: list[str]) -> Iterator[Row]:
    wanted = tuple(beginnings)
    names = [name for name in faulted.EVERY if name.startswith(wanted)]
    parts = [names[start : start + PART] for start in range(0, len(names), PART)]
    with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(faulted.named, parts):
            yield from part
    yield from lives.rows([moment for moment in lives.MOMENTS if moment.id.startswith(wanted)])


def heard(rows: Iterator[Row]) -> Iterator[Row]:
    """The same rows, each shown to whoever waits."""
    for row in rows:
        print(row["id"], row["what"], file=sys.stderr)
        for name, cell in row["cells"].items():
            said = f"  ({cell['said']})" if "said" in cell else ""
            print(f"    {name}: {cell['words']}{said}", file=sys.stderr)
        yield row


def versions() -> dict[str, str]:
    asked = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]))"
    peers = [name for name in CLIENTS if name != OURS]
    told = subprocess.run([PYTHON, "-c", asked, *peers], capture_output=True, text=True, check=True)
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        OURS: fastfetch.__version__,
        **dict(zip(peers, told.stdout.split(), strict=True)),
    }


if __name__ == "__main__":
    main()
