"""Status codes by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http import HTTPStatus

__all__ = ["codes"]


class Codes:
    """The status codes by name, in any case: those of `http.HTTPStatus`, which are whole numbers.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.codes.NOT_FOUND == 404, fastfetch.codes.ok == 200
    (True, True)
    >>> fastfetch.codes["too_many_requests"].phrase
    'Too Many Requests'
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> HTTPStatus:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no status code is named {name!r}") from None

    def __getitem__(self, name: str) -> HTTPStatus:
        from http import HTTPStatus

        return HTTPStatus[name.upper()]

    def __dir__(self) -> list[str]:
        from http import HTTPStatus

        return [*super().__dir__(), *HTTPStatus.__members__]

    def __repr__(self) -> str:
        return "<fastfetch.codes>"


codes = Codes()
