"""How far a batch is: the numbers, and the one line that shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastfetch._display import human_bytes, human_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastfetch import _core

__all__ = ["Progress", "snapshot"]


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

    Examples
    --------
    >>> from fastfetch import Progress
    >>> progress = Progress(
    ...     total=1000, done=250, ok=240, failed=2, in_flight=100, bytes=1_250_000, elapsed=0.5
    ... )
    >>> progress.fraction, progress.rate, progress.eta
    (0.25, 500.0, 1.5)
    >>> print(progress)
      250/1,000   25%  240 ok, 2 failed, 100 in flight  1.25 MB  500/s  2 s left
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
        """Seconds left if the rate stays as it is; 0.0 when all is done, None while nothing is.

        It is None as well where the total is not known.

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
        return left / self.rate if self.rate else None

    def __str__(self) -> str:
        if self.total is None or self.fraction is None:
            done = f"{self.done:,}"
        else:
            total = f"{self.total:,}"
            done = f"{self.done:>{len(total)},}/{total}  {int(100 * self.fraction):3}%"
        waiting = f", {self.waiting:,} waiting" if self.waiting else ""
        parts = [
            done,
            f"{self.ok:,} ok, {self.failed:,} failed, {self.in_flight:,} in flight{waiting}",
            human_bytes(self.bytes),
            f"{self.rate:,.0f}/s",
        ]
        if self.eta and self.eta >= 1:
            parts.append(f"{human_seconds(round(self.eta))} left")
        if self.paused:
            host, seconds = max(self.paused.items(), key=lambda pause: pause[1])
            more = f" and {len(self.paused) - 1:,} more" if len(self.paused) > 1 else ""
            parts.append(f"paused: {host} for {human_seconds(seconds)}{more}")
        return "  ".join(parts)


def snapshot(native: _core.Batch | _core.Stream, total: int | None, elapsed: float) -> Progress:
    """The counters of a batch as they are now."""
    queued, in_flight, waiting, ok, refused, failed, size = native.counters()
    return Progress(
        total=total,
        done=ok + refused + failed,
        ok=ok,
        failed=failed,
        queued=queued,
        in_flight=in_flight,
        waiting=waiting,
        bytes=size,
        elapsed=elapsed,
        paused=native.paused(),
    )
