"""How far a batch is: the numbers, and the one line that shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, TypeVar

from fastfetch._config import PROGRESS_INTERVAL, RATE_WINDOW
from fastfetch._display import human_bytes, human_seconds, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastfetch import _core

__all__ = ["Pace", "Progress", "parts", "snapshot"]

K = TypeVar("K", int, str)

KINDS = 3  # of what failed, the most frequent: the line has to end somewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a batch was at one moment; `batch.progress` takes a new one each time.

    An answer with an error status, such as 404, is done but neither `ok` nor `failed`.

    Attributes
    ----------
    total : int | None
        URLs in all; None while their source has not come to its end.
    done : int
        URLs with an outcome, an answer or an error.
    ok : int
        Answers with a status below 400.
    failed : int
        URLs that ended in an error instead of an answer.
    queued : int
        URLs whose turn has not come.
    in_flight : int
        URLs that are being fetched.
    waiting : int
        URLs that wait to be tried again.
    bytes : int
        Bytes of body received in the answers.
    elapsed : float
        Seconds since the batch began.
    paused : Mapping[str, float]
        The hosts that asked to be left alone, and for how many seconds more.
    errors : Mapping[str, int]
        How many failed, by the name of the exception class; the most frequent first.
    statuses : Mapping[int, int]
        How many answers have an error status, by status; the most frequent first.
    current_rate : float | None
        URLs done per second over the last five seconds. It is found out by comparing snapshots: it reaches
        back to the first one that is five seconds old, or to the beginning where there was none since.

    Examples
    --------
    >>> from fastfetch import Progress
    >>> progress = Progress(
    ...     total=1000, done=250, ok=240, failed=2, in_flight=100, bytes=1_250_000, elapsed=0.5
    ... )
    >>> progress.fraction, progress.rate, progress.eta
    (0.25, 500.0, 1.5)
    >>> print(progress)
      250/1,000   25%  240 ok, 8 error status, 2 failed  100 in flight  1.25 MB  500/s  2 s left
    """

    total: int | None
    done: int
    ok: int
    failed: int
    queued: int = 0
    in_flight: int
    waiting: int = 0
    bytes: int
    elapsed: float
    paused: Mapping[str, float] = field(default_factory=dict, hash=False)
    errors: Mapping[str, int] = field(default_factory=dict, hash=False)
    statuses: Mapping[int, int] = field(default_factory=dict, hash=False)
    current_rate: float | None = None

    @property
    def fraction(self) -> float | None:
        """The share that is done, from 0.0 to 1.0; 1.0 for an empty batch, None where the total is not known.

        Examples
        --------
        >>> from fastfetch import Progress
        >>> Progress(total=4, done=1, ok=1, failed=0, in_flight=3, bytes=0, elapsed=1.0).fraction
        0.25
        """
        if self.total is None:
            return None
        return self.done / self.total if self.total else 1.0

    @property
    def rate(self) -> float:
        """URLs done per second, on average since the batch began; 0.0 before the first moment.

        Examples
        --------
        >>> from fastfetch import Progress
        >>> Progress(total=4, done=3, ok=3, failed=0, in_flight=1, bytes=0, elapsed=2.0).rate
        1.5
        """
        return self.done / self.elapsed if self.elapsed > 0 else 0.0

    @property
    def eta(self) -> float | None:
        """Seconds left if the current rate stays as it is; 0.0 when all is done, None while nothing is.

        It is None as well where the total is not known. The average rate would count what was taken from a
        checkpoint, and whatever held the batch up at its beginning.

        Examples
        --------
        >>> from fastfetch import Progress
        >>> Progress(total=4, done=1, ok=1, failed=0, in_flight=3, bytes=0, elapsed=2.0).eta
        6.0
        """
        if self.total is None:
            return None
        left = self.total - self.done
        if left <= 0:
            return 0.0
        rate = self.rate if self.current_rate is None else self.current_rate
        # A rate may be so small that no number says how long.
        return eta if rate and isfinite(eta := left / rate) else None

    def __str__(self) -> str:
        return "  ".join(parts(self).values())


def parts(progress: Progress, ending: str = "", *, kinds: int = KINDS) -> dict[str, str]:
    """The parts of the line that shows it, by name; those that have nothing to say are not there.

    At the end, and where something has cut it short, they say how fast it was and how long it took.

    >>> some = Progress(total=9, done=3, ok=1, failed=2, in_flight=6, bytes=99, elapsed=1.0)
    >>> list(parts(some).items())[:2]
    [('done', '3/9   33%'), ('outcomes', '1 ok, 2 failed')]
    """
    outcomes = [f"{progress.ok:,} ok"]
    if refused := progress.done - progress.ok - progress.failed:
        outcomes.append(f"{refused:,} error status")
    outcomes.append(f"{progress.failed:,} failed")
    waiting = f", {progress.waiting:,} waiting" if progress.waiting else ""
    over = bool(ending) or progress.done == progress.total
    rate = progress.rate if over or progress.current_rate is None else progress.current_rate
    eta = progress.eta
    found = {
        "done": f"{ending} at {_done(progress).lstrip()}" if ending else _done(progress),
        "outcomes": ", ".join(outcomes) + _kinds(progress, kinds),
        "in flight": f"{progress.in_flight:,} in flight{waiting}" if progress.in_flight or waiting else "",
        "bytes": human_bytes(progress.bytes),
        "rate": f"{rate:,.0f}/s",
        "left": f"{human_seconds(round(eta))} left" if eta and eta >= 1 else "",
        "paused": _paused(progress),
    }
    if over:
        found |= {"in flight": "", "left": f"in {human_seconds(progress.elapsed)}", "paused": ""}
    return {name: text for name, text in found.items() if text}


def _done(progress: Progress) -> str:
    if progress.total is None or progress.fraction is None:
        return f"{progress.done:,}"
    total = f"{progress.total:,}"
    return f"{progress.done:>{len(total)},}/{total}  {int(100 * progress.fraction):3}%"


def _kinds(progress: Progress, most: int) -> str:
    errors = [(count, f"{count:,} {printable(name, 60)}") for name, count in progress.errors.items()]
    statuses = [(count, f"{count:,} x {status}") for status, count in progress.statuses.items()]
    frequent = sorted(errors + statuses, key=lambda kind: -kind[0])
    if not frequent or not most:
        return ""
    more = f" and {len(frequent) - most:,} more" if len(frequent) > most else ""
    return f": {', '.join(text for _, text in frequent[:most])}{more}"


def _paused(progress: Progress) -> str:
    if not progress.paused:
        return ""
    host, seconds = max(progress.paused.items(), key=lambda pause: pause[1])
    more = f" and {len(progress.paused) - 1:,} more" if len(progress.paused) > 1 else ""
    return f"paused: {printable(host, 60)} for {human_seconds(seconds)}{more}"


class Pace:
    """The rate of the last few seconds, known from the looks that were taken meanwhile."""

    __slots__ = ("_looks",)

    def __init__(self) -> None:
        # When, and how many were done. A tuple, since several threads may look at once.
        self._looks: tuple[tuple[float, int], ...] = ((0.0, 0),)

    def look(self, elapsed: float, done: int) -> float | None:
        """The rate at this moment; None where no time has passed."""
        looks = self._looks
        while len(looks) > 1 and looks[1][0] <= elapsed - RATE_WINDOW:
            looks = looks[1:]
        since, before = looks[0]
        if elapsed - looks[-1][0] >= PROGRESS_INTERVAL / 2:
            looks = (*looks, (elapsed, done))
        self._looks = looks
        return (done - before) / (elapsed - since) if elapsed > since else None


def snapshot(native: _core.Batch | _core.Stream, total: int | None, elapsed: float, pace: Pace) -> Progress:
    """The counters of a batch as they are now."""
    queued, in_flight, waiting, ok, statuses, errors, size = native.counters()
    failed = sum(errors.values())
    done = ok + sum(statuses.values()) + failed
    return Progress(
        total=total,
        done=done,
        ok=ok,
        failed=failed,
        queued=queued,
        in_flight=in_flight,
        waiting=waiting,
        bytes=size,
        elapsed=elapsed,
        paused=native.paused(),
        errors=_by_frequency(errors),
        statuses=_by_frequency(statuses),
        current_rate=pace.look(elapsed, done),
    )


def _by_frequency(counts: dict[K, int]) -> dict[K, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))))
