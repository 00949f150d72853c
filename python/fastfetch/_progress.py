"""How far a batch is: the numbers, and the one line that shows them."""

from dataclasses import dataclass

from ._display import human_bytes, human_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a batch was at one moment; `batch.progress` takes a new one each time.

    An answer with an error status, such as 404, is done but neither `ok` nor `failed`.

    Args:
        total: URLs in the batch.
        done: URLs with an outcome, an answer or an error.
        ok: answers with a status below 400.
        failed: URLs that ended in an error instead of an answer.
        in_flight: URLs being fetched at this moment.
        bytes: bytes of body received in the answers.
        elapsed: seconds since the batch began.

    Examples:
        >>> from fastfetch import Progress
        >>> progress = Progress(
        ...     total=1000, done=250, ok=240, failed=2, in_flight=100, bytes=1_250_000, elapsed=0.5
        ... )
        >>> progress.fraction, progress.rate, progress.eta
        (0.25, 500.0, 1.5)
        >>> print(progress)
          250/1,000   25%  240 ok, 2 failed, 100 in flight  1.25 MB  500/s  2 s left
    """

    total: int
    done: int
    ok: int
    failed: int
    in_flight: int
    bytes: int
    elapsed: float

    @property
    def fraction(self) -> float:
        """The share that is done, from 0.0 to 1.0; 1.0 for an empty batch.

        Examples:
            >>> from fastfetch import Progress
            >>> Progress(total=4, done=1, ok=1, failed=0, in_flight=3, bytes=0, elapsed=1.0).fraction
            0.25
        """
        return self.done / self.total if self.total else 1.0

    @property
    def rate(self) -> float:
        """URLs done per second, on average since the batch began; 0.0 before the first moment.

        Examples:
            >>> from fastfetch import Progress
            >>> Progress(total=4, done=3, ok=3, failed=0, in_flight=1, bytes=0, elapsed=2.0).rate
            1.5
        """
        return self.done / self.elapsed if self.elapsed > 0 else 0.0

    @property
    def eta(self) -> float | None:
        """Seconds left if the rate stays as it is; 0.0 when all is done, None while nothing is.

        Examples:
            >>> from fastfetch import Progress
            >>> Progress(total=4, done=1, ok=1, failed=0, in_flight=3, bytes=0, elapsed=2.0).eta
            6.0
        """
        left = self.total - self.done
        if left <= 0:
            return 0.0
        return left / self.rate if self.rate else None

    def __str__(self) -> str:
        total = f"{self.total:,}"
        parts = [
            f"{self.done:>{len(total)},}/{total}  {int(100 * self.fraction):3}%",
            f"{self.ok:,} ok, {self.failed:,} failed, {self.in_flight:,} in flight",
            human_bytes(self.bytes),
            f"{self.rate:,.0f}/s",
        ]
        if self.eta and self.eta >= 1:
            parts.append(f"{human_seconds(round(self.eta))} left")
        return "  ".join(parts)
