"""What an answer says, by a reading of the standards, and what may be made of it."""

from dataclasses import dataclass

from fastfetch import FetchError, Response, TimeoutException

Fields = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Reading:
    """A whole answer."""

    status: int
    fields: Fields
    body: bytes


@dataclass(frozen=True)
class Verdict:
    """What may be made of an answer: what it says, if it says anything, or an error.

    Where the standards leave room (`may_fail`) it is that very answer or an error, and never something else.
    """

    reading: Reading | None
    may_fail: bool
    goes_on: bool = False
    """The answer ends where it says, and the connection may be used again."""

    def fault(self, response: Response) -> str | None:
        """What is wrong with what was made of it."""
        error = response.error
        if error is not None:
            if not isinstance(error, FetchError) or "internal error" in str(error):
                return f"a panic: {error!r}"
            if isinstance(error, TimeoutException):
                return f"a hang: {error!r}"
            return None if self.may_fail else f"an error for a good answer: {error!r}"
        if self.reading is None:
            return f"taken for an answer: {response.status_code} {response.content!r}"
        found = Reading(response.status_code, squeezed(response.headers.raw), response.content)
        expected = Reading(self.reading.status, squeezed(self.reading.fields), self.reading.body)
        return None if found == expected else f"read as {found}, expected {expected}"


def squeezed(fields: Fields) -> Fields:
    """Fields in the order of their names, with single spaces: folded lines may have any number."""
    return sorted(
        ((name.lower(), b" ".join(value.split())) for name, value in fields), key=lambda one: one[0]
    )
