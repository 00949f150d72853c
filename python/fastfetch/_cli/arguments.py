"""The options, and what they may be."""

from __future__ import annotations

import argparse
import difflib
import math
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn

import fastfetch

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Parser", "parse", "word"]

WORDS = ("demo", "doctor")

PROGRAM = "python -m fastfetch"

DESCRIPTION = """\
Fetch URLs, many at once. What is fetched goes to standard output, everything else to standard error.

One URL gives its body, as curl does; several give a line each: status, size, time, URL."""

EPILOG = f"""\
other words:
  {PROGRAM} demo     fetch a thousand URLs from a site on this machine
  {PROGRAM} doctor   what there is to know about this installation, and whether it works

exit codes:
  0    all have an answer with a status below 400
  1    some have not, or a file could not be written
  2    the command is wrong
  130  interrupted (Ctrl-C); what was fetched until then is written

examples:
  {PROGRAM} https://example.com/data.json > data.json
  {PROGRAM} -i urls.txt --jsonl rows.jsonl -j 50 --retries 3 --checkpoint job.db
  {PROGRAM} -i urls.txt -o pages/ --per-host 4 --rate 20
  cat urls.txt | {PROGRAM} -i - --head"""


class Parser(argparse.ArgumentParser):
    """A parser that knows no abbreviations: a new option must not change what an old command means."""

    def __init__(self, prog: str, description: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """The options among the words. What is wrong with them is said, and ends the program with 2."""
        found, unknown = self.parse_known_intermixed_args(words)
        if unknown:
            name = unknown[0].partition("=")[0]
            near = difflib.get_close_matches(name, self._option_string_actions, n=1)
            self.error(f"unknown option {name}{f'; did you mean {near[0]}?' if near else ''}")
        return found

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n{self.prog} --help says what there is\n")


def word(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """What is to be done, and the words that say how. Without a word of its own it is to fetch."""
    if words and words[0] in WORDS:
        return words[0], words[1:]
    return "fetch", words


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of fetching."""
    parser = _parser()
    options = parser.read(words)
    if not options.urls and options.input is None:
        parser.error("expected a URL, or -i FILE")
    if options.parquet is not None:
        check_table(parser, options.parquet)
    return options


def _parser() -> Parser:
    parser = Parser(PROGRAM, DESCRIPTION, EPILOG)
    parser.add_argument("urls", nargs="*", metavar="URL", help="what to fetch")
    parser.add_argument(
        "-i",
        "--input",
        metavar="FILE",
        help="read more URLs from a file, one on each line, without blank lines and those that begin with #; "
        "- is standard input",
    )
    parser.add_argument("--version", action="version", version=f"fastfetch {fastfetch.__version__}")

    where = parser.add_argument_group("where it goes")
    outputs = where.add_mutually_exclusive_group()
    outputs.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="a file for each answer with a status below 400, named after its URL; "
        "DIR/index.jsonl says what became of all",
    )
    outputs.add_argument(
        "--jsonl",
        metavar="FILE",
        help="a line of JSON for each URL, as they complete, bodies included; - is standard output",
    )
    outputs.add_argument(
        "--parquet",
        metavar="FILE",
        help="a table of all, written at the end; until then all bodies are held in memory. A name that "
        "ends in .parquet needs pyarrow; one in .arrow or .feather is Arrow IPC and needs nothing",
    )
    where.add_argument("--overwrite", action="store_true", help="replace files that are there already")

    how = parser.add_argument_group("how it is fetched")
    how.add_argument(
        "-j",
        "--concurrency",
        metavar="N",
        type=count,
        help=f"how many at once (else {fastfetch.Limits().concurrency})",
    )
    how.add_argument(
        "--per-host",
        metavar="N",
        type=per_host,
        help="how many at once from one host; auto, which is the default, finds out how many it takes",
    )
    how.add_argument("--rate", metavar="N", type=positive, help="how many begin per second")
    how.add_argument(
        "--retries",
        metavar="N",
        type=whole,
        help="how often to try again after statuses 408, 429, 5xx, timeouts and lost connections (else 0)",
    )
    how.add_argument(
        "--timeout",
        metavar="S",
        type=positive,
        help=f"seconds for each URL (else {fastfetch.Timeout().total:g})",
    )
    how.add_argument(
        "-H",
        "--header",
        metavar="'Name: value'",
        type=header,
        action="append",
        default=[],
        dest="headers",
        help="a header field to send; may be given again",
    )
    how.add_argument("--head", action="store_true", help="ask for the headers only (HEAD)")
    how.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="keep each answer in this file (SQLite); the same command again fetches only what is missing",
    )
    how.add_argument("--fail-fast", action="store_true", help="stop at the first that fails")

    said = parser.add_argument_group("what is said").add_mutually_exclusive_group()
    said.add_argument("-q", "--quiet", action="store_true", help="nothing on standard error")
    said.add_argument("-v", "--verbose", action="store_true", help="why each failed, as it happens")
    return parser


def check_table(parser: Parser, path: str) -> None:
    """Refuses before anything is fetched what could not be written at the end."""
    folder, name = os.path.split(path)
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in (".parquet", ".arrow", ".feather"):
        parser.error(f"--parquet: expected a name that ends in .parquet, .arrow or .feather, got {path!r}")
    if suffix == ".parquet" and find_spec("pyarrow") is None:
        parser.error("--parquet: needs pyarrow (pip install pyarrow), or a name that ends in .arrow")
    if not os.access(folder or ".", os.W_OK):
        parser.error(f"--parquet: expected a folder that can be written to, got {folder or '.'!r}")


def count(text: str) -> int:
    """A whole number of at least 1."""
    number = whole(text)
    if not number:
        raise argparse.ArgumentTypeError("expected at least 1, got 0")
    return number


def whole(text: str) -> int:
    """A whole number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}")
    return int(text)


def positive(text: str) -> float:
    """A number above zero."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")
    return number


def per_host(text: str) -> int | str:
    """A count, or auto."""
    if text == "auto":
        return text
    try:
        return count(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"expected a whole number or auto, got {text!r}") from None


def header(text: str) -> tuple[str, str]:
    """A name and a value. Neither is repeated in the message: it may be a secret."""
    name, colon, value = text.partition(":")
    if not (colon and name.strip()):
        raise argparse.ArgumentTypeError("expected 'Name: value'")
    return name.strip(), value.strip()
