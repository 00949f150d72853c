"""The text of `repr(results)`: what it says, that it is safe to print, and that it stays fast."""

import doctest
import time
from types import ModuleType

import pytest
from fastfetch._display import (
    advice,
    human_bytes,
    human_seconds,
    images,
    markup,
    outcomes,
    percentile,
    printable,
    short_url,
    units,
)
from fastfetch._display.text import summary

from tests.columns import Item, Table


def test_the_whole_text() -> None:
    items: list[Item] = [
        (200, None, 1_500, 0.010, "https://example.com/a"),
        (200, None, 500, 0.020, "https://example.com/b"),
        (404, None, 9, 0.005, "https://example.com/missing"),
        (None, "ReadTimeout", 0, 30.0, "https://example.com/slow"),
        (None, None, 0, 0.0, "https://example.com/later"),
        (200, None, 2_000_000, 1.5, "https://example.com/big"),
        (299, None, 0, 0.001, "https://example.com/odd"),
    ]
    assert summary(Table(items), rows=3, slowest=2).splitlines() == [
        "Results: 7 URLs, 4 ok, 1 error status, 1 failed, 1 not done",
        "  outcome        count  bytes    p50    p95",
        "  200 OK             3   2 MB  20 ms  1.5 s",
        "  299                1    0 B   1 ms   1 ms",
        "  404 Not Found      1    9 B   5 ms   5 ms",
        "  ReadTimeout        1    0 B   30 s   30 s",
        "  not done           1",
        "  all done           6   2 MB  10 ms   30 s",
        "why some failed:",
        "  [3]  ReadTimeout of item 3",
        "slowest:",
        "  [3]  ReadTimeout   30 s   0 B  https://example.com/slow",
        "  [5]  200          1.5 s  2 MB  https://example.com/big",
        "first:",
        "  [0]  200  10 ms  1.5 kB  https://example.com/a",
        "  [1]  200  20 ms   500 B  https://example.com/b",
        "  [2]  404   5 ms     9 B  https://example.com/missing",
    ]


def test_few_items_are_all_shown_so_no_slowest() -> None:
    assert summary(Table([(200, None, 2, 0.01, "http://a/")])).splitlines() == [
        "Results: 1 URL, 1 ok",
        "  outcome  count  bytes    p50    p95",
        "  200 OK       1    2 B  10 ms  10 ms",
        "first:",
        "  [0]  200  10 ms  2 B  http://a/",
    ]


def test_nothing_and_nothing_done() -> None:
    assert summary(Table([])) == "Results: empty"
    text = summary(Table([(None, None, 0, 0.0, "http://a/")] * 8))
    assert text.splitlines()[0] == "Results: 8 URLs, 8 not done"
    assert "slowest" not in text


def test_an_error_counts_as_failed_even_after_a_status() -> None:
    text = summary(Table([(200, "IncompleteBody", 5, 0.1, "http://a/")]))
    assert text.startswith("Results: 1 URL, 1 failed\n")
    assert "200" not in text


def test_outcomes_are_bounded_and_the_frequent_ones_stay() -> None:
    items: list[Item] = [(code, None, 1, 0.1, "http://a/") for code in range(100, 1000)]
    lines = summary(Table([*items, *[(None, "DNSError", 0, 0.1, "http://b/")] * 5])).splitlines()
    assert len(lines) < 40
    table = [line.split()[:4] for line in lines]
    assert ["DNSError", "5", "0", "B"] in table
    assert ["881", "other", "outcomes", "881"] in table


def test_a_hundred_thousand_items_are_summarised_at_once_and_few_urls_are_made() -> None:
    statuses = enumerate([200, 200, 200, 404, 500] * 20_000)
    table = Table([(code, None, i, i * 7919 % 1000 / 1000, f"http://a/{i}") for i, code in statuses])
    began = time.process_time()
    text = summary(table)
    assert time.process_time() - began < 2.0  # about 0.1 s; the bound is against anything worse than n log n
    assert text.startswith("Results: 100,000 URLs, 60,000 ok, 40,000 error status\n")
    assert len(table.asked) == 10


def test_hostile_urls_are_safe_to_print() -> None:
    url = "http://a/\x1b[2J\r\n\u202eevil\ud800" + "x" * 10**6
    text = summary(Table([(None, "InvalidURL", 0, 0.0, url)]))
    assert all(line.isprintable() for line in text.splitlines())
    assert max(map(len, text.splitlines())) < 110
    text.encode()


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("plain text, also ü and 日本", "plain text, also ü and 日本"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\u2028\u00a0\ud83d", r"\u2028\xa0\ud83d"),
        ("", ""),
    ],
)
def test_printable(raw: str, safe: str) -> None:
    assert printable(raw) == safe


@pytest.mark.parametrize("length", [9, 10, 11, 12, 19, 20, 21, 40, 10**6])
def test_long_text_keeps_both_ends(length: int) -> None:
    text = "a" * (length // 2) + "z" * (length - length // 2)
    short = printable(text, 10)
    assert short == text if length <= 10 else short == "aaaa...zzz"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/@me?to=a@b.c#d@e", "https://example.com/@me?to=a@b.c#d@e"),
        ("https://me:secret@example.com/", "https://***@example.com/"),
        ("https://token@example.com/", "https://***@example.com/"),
        ("https://me:sec@ret@example.com/", "https://***@example.com/"),
        ("https:me:secret@example.com/", "https:***@example.com/"),
        ("https:/\\me:secret@example.com/", "https:/\\***@example.com/"),
        ("//me:secret@example.com/", "//***@example.com/"),
        (" https://me:secret@example.com/", " https://***@example.com/"),
    ],
)
def test_urls_are_shown_without_user_and_password(url: str, shown: str) -> None:
    assert short_url(url) == shown


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (1_049, "1.05 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (52_428_800, "52.4 MB"),
        (3 * 10**12, "3 TB"),
        (7 * 10**15, "7 PB"),
    ],
)
def test_bytes(count: int, text: str) -> None:
    assert human_bytes(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (1e-9, "0 ms"),
        (0.000_012, "0.012 ms"),
        (0.000_999_9, "1 ms"),
        (0.001, "1 ms"),
        (0.9994, "999 ms"),
        (0.9995, "1 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (3_599.6, "1 h 0 min"),
        (90_000.0, "25 h 0 min"),
    ],
)
def test_seconds(seconds: float, text: str) -> None:
    assert human_seconds(seconds) == text


def test_percentiles_are_values_that_occurred() -> None:
    hundred = [float(n) for n in range(1, 101)]
    assert [percentile(hundred, p) for p in (0, 1, 50, 95, 100)] == [1.0, 1.0, 50.0, 95.0, 100.0]
    assert percentile([3.0], 50) == percentile([3.0], 95) == 3.0
    assert percentile([1.0, 2.0], 50) == 1.0


@pytest.mark.parametrize(
    "module", [advice, images, markup, outcomes, units], ids=lambda module: module.__name__
)
def test_the_examples_in_the_docstrings(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted
    assert not outcome.failed
