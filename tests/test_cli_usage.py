"""The options of the command line, and what is said of wrong ones."""

import re

import fastfetch
import pytest

from tests.commands import Say

pytestmark = pytest.mark.compat

REFUSED = "http://127.0.0.1:1/"


OPTIONS = [
    "help",
    "input",
    "version",
    "output",
    "jsonl",
    "parquet",
    "overwrite",
    "concurrency",
    "per-host",
    "rate",
    "retries",
    "timeout",
    "header",
    "head",
    "checkpoint",
    "fail-fast",
    "quiet",
    "verbose",
]


class TestUsage:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ([], "expected a URL, or -i FILE"),
            (["--hed", REFUSED], "unknown option --hed; did you mean --head?"),
            (["--jsonlines=x", REFUSED], "unknown option --jsonlines; did you mean --jsonl?"),
            (["-Z", REFUSED], "unknown option -Z"),
            (["-j", "0", REFUSED], "argument -j/--concurrency: expected at least 1, got 0"),
            (["-j", "-3", REFUSED], "argument -j/--concurrency: expected"),
            (["-j", "x", REFUSED], "argument -j/--concurrency: expected a whole number, got 'x'"),
            (["--per-host", "x", REFUSED], "argument --per-host: expected a whole number or auto, got 'x'"),
            (["--rate", "nan", REFUSED], "argument --rate: expected a positive number, got 'nan'"),
            (["--timeout", "0", REFUSED], "argument --timeout: expected a positive number, got '0'"),
            (["--retries", "1.5", REFUSED], "argument --retries: expected a whole number, got '1.5'"),
            (["-H", "s3cret", REFUSED], "argument -H/--header: expected 'Name: value'"),
            (["-H", "a b: s3cret", REFUSED], "headers: the name 'a b' has a character"),
            (["-H", "a: s3\ncret", REFUSED], "headers: the value of 'a' has a character"),
            (["-o", "a", "--jsonl", "b", REFUSED], "not allowed with argument"),
            (
                ["--parquet", "-", REFUSED],
                "ends in .parquet, .arrow or .feather, got '-'",
            ),
            (
                ["--parquet", "no/a.arrow", REFUSED],
                "expected a folder that can be written to, got 'no'",
            ),
            (["demo", "--fast"], "unknown option --fast"),
            (["doctor", "now"], "unknown option now"),
        ],
    )
    def test_what_is_wrong_is_said(self, say: Say, words: list[str], said: str) -> None:
        code, out, err = say(*words)
        assert (code, out) == (2, "")
        assert said in err
        assert "s3cret" not in err

    def test_help_tells_of_every_option(self, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "100")
        code, out, err = say("--help")
        assert (code, err) == (0, "")
        short = [f"-{letter}" for letter in "hiojHqv"]
        long = [f"--{name}" for name in OPTIONS]
        assert set(re.findall(r"(?<![\w-])--?[a-z-]+", out, re.IGNORECASE)) - {"-m"} == {*short, *long}
        explained = re.findall(r"^  (?:-\w.*?, )?--[\w-]+.*?(?:  |\n +)\w", out, re.MULTILINE)
        assert len(explained) == len(long)
        for word in ("demo", "doctor"):
            assert f"python -m fastfetch {word} " in out
            assert say(word, "--help")[0] == 0
        assert all(f"  {code} " in out for code in (0, 1, 2, 130))

    def test_the_version(self, say: Say) -> None:
        assert say("--version") == (0, f"fastfetch {fastfetch.__version__}\n", "")
