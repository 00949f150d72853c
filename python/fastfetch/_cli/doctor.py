"""``python -m fastfetch doctor``: what there is to know about an installation, and whether it works."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import platform
import sys
import time
from typing import TYPE_CHECKING

import fastfetch
from fastfetch import _core
from fastfetch._cli import terminal
from fastfetch._cli.arguments import PROGRAM, Parser
from fastfetch._display import human_seconds, short_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["run"]

DESCRIPTION = """\
Say what there is to know about this installation, and fetch something from this machine.

It ends with 0 if all is well, else with 1."""

OPTIONAL = ("IPython", "matplotlib", "pandas", "polars", "pyarrow", "uvloop")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
FETCHES = 100
MANY = 10**6


def run(words: Sequence[str]) -> int:
    """Says it; returns the exit code."""
    Parser(f"{PROGRAM} doctor", DESCRIPTION).read(words)
    well = True
    for title, says in SECTIONS.items():
        for line in _lines(says):
            good = not isinstance(line, Problem)
            well = well and good
            mark = "" if good else terminal.paint("not well: ", "red")
            print(f"{title:<11} {mark}{terminal.harmless(str(line))}", flush=True)
            title = ""
    return 0 if well else 1


class Problem(Exception):
    """What is not as it should be."""


def _lines(says: Callable[[], Iterator[str]]) -> Iterator[str | Problem]:
    try:
        yield from says()
    except (Problem, OSError) as problem:
        yield Problem(str(problem))


def _fastfetch() -> Iterator[str]:
    yield f"{fastfetch.__version__}, native part {_core.version()}, in {os.path.dirname(_core.__file__)}"
    if _core.version() != fastfetch.__version__:
        raise Problem("the native part is of another version")


def _python() -> Iterator[str]:
    yield f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    yield platform.platform()


def _loop() -> Iterator[str]:
    loop = asyncio.new_event_loop()
    yield f"{type(loop).__module__}.{type(loop).__qualname__}"
    loop.close()


def _roots() -> Iterator[str]:
    try:
        source, number = _core.default_roots()
    except OSError as error:
        raise Problem(f"{error}: no certificate is trusted") from None
    count = "" if number is None else f"{number:,} certificate{'' if number == 1 else 's'} "
    match source:
        case "environment":
            yield f"{count}named by SSL_CERT_FILE or SSL_CERT_DIR"
        case "system":
            yield f"{count or 'those '}of the system"
        case _:
            yield f"{count}that came with fastfetch: the system has none"
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if value := os.environ.get(name):
            yield f"{name}={value}"


def _proxies() -> Iterator[str]:
    found = {name: value for name, value in os.environ.items() if name.lower() in PROXIES and value}
    if not found:
        yield "none in the environment"
    for name, value in sorted(found.items()):
        yield f"{name}={value if name.lower() == 'no_proxy' else short_url(value, 200)}"
    try:
        fastfetch.Client()
    except (TypeError, ValueError) as error:
        raise Problem(str(error)) from None


def _limits() -> Iterator[str]:
    wanted = fastfetch.Limits().concurrency
    try:
        import resource
    except ImportError:
        yield "open files: as many as there is memory for"
    else:
        soft, hard = (
            "any number" if limit == resource.RLIM_INFINITY else f"{limit:,}"
            for limit in resource.getrlimit(resource.RLIMIT_NOFILE)
        )
        yield f"open files: {soft}, may be raised to {hard}"
    possible = _core.fitting_concurrency(wanted)
    less = "" if possible == wanted else f", lowered from {wanted} to fit"
    most = _core.fitting_concurrency(MANY)
    more = "any number" if most == MANY else f"up to {most:,}"
    yield f"requests in flight: {possible}{less}; {more} if asked for"


def _libraries() -> Iterator[str]:
    for name in OPTIONAL:
        try:
            yield f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            yield f"{name} is not installed"


def _fetches() -> Iterator[str]:
    from fastfetch.demo import Site

    async def fetch(url: str) -> fastfetch.Results:
        async with fastfetch.Client(trust_env=False) as client:
            return await client.gather([f"{url}/json/{number}" for number in range(FETCHES)], deadline=30)

    try:
        with Site() as site:
            since = time.monotonic()
            results = asyncio.run(fetch(site.url))
            took = time.monotonic() - since
    except RuntimeError as error:
        raise Problem(str(error)) from None
    if results.counts != {200: FETCHES}:
        errors = results.errors
        raise Problem(str(errors[0]) if errors else f"{results.counts}")
    yield f"{FETCHES} pages of this machine in {human_seconds(took)}"


SECTIONS = {
    "fastfetch": _fastfetch,
    "Python": _python,
    "event loop": _loop,
    "TLS roots": _roots,
    "proxies": _proxies,
    "limits": _limits,
    "libraries": _libraries,
    "it fetches": _fetches,
}
