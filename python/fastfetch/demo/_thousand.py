"""A thousand URLs of every kind in one await, without the network: `python -m fastfetch demo`."""

from __future__ import annotations

import socket
from datetime import timedelta

import fastfetch
from fastfetch.demo import Site, _plan

__all__ = ["main"]


async def main() -> int:
    """Fetch the thousand, show what came back, and return 0 if that is what had to come."""
    with Site() as site, socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # ours, so nobody else's, but never listening: connections are refused
        cases = _plan.thousand(site.url, refused=f"http://127.0.0.1:{deaf.getsockname()[1]}")

        async with fastfetch.Client(trust_env=False) as client:  # no proxy: all of this stays on this machine
            batch = fastfetch.Batch([case.url for case in cases], client=client)
            results = await batch

    print(f"{results}\n")
    show_failures(results)
    show_time(results, batch.progress.elapsed)
    return check(cases, results)


def show_failures(results: fastfetch.Results) -> None:
    """Print the errors by kind, with the message of the first of each."""
    kinds: dict[str, list[BaseException]] = {}
    for response in results.failed:
        assert response.error is not None
        kinds.setdefault(type(response.error).__name__, []).append(response.error)
    print("Why URLs failed, one example of each:")
    for name, errors in sorted(kinds.items()):
        print(f"  {len(errors):3} x {name}: {errors[0]}")


def show_time(results: fastfetch.Results, elapsed: float) -> None:
    """Print what fetching all at once has saved."""
    alone = sum((response.elapsed for response in results), timedelta()).total_seconds()
    print(f"\nTook {elapsed:.2f} s. One at a time: about {alone:.0f} s, {alone / elapsed:.0f} times as long.")


def check(cases: list[_plan.Case], results: fastfetch.Results) -> int:
    """Print every outcome that the plan did not foresee; return the exit code."""
    pairs = list(zip(cases, results, strict=True))
    surprises = [(case, response) for case, response in pairs if not case.is_met_by(response)]
    for case, response in surprises:
        wanted = case.expected if isinstance(case.expected, int) else case.expected.__name__
        print(f"UNEXPECTED {case.url}: wanted {wanted}, got {response.error or response.status_code}")
    print(f"{len(pairs) - len(surprises):,} of {len(pairs):,} outcomes are as planned.")
    return 1 if surprises else 0
