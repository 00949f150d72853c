"""Server-sent events, with reconnection as the standard has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastfetch import _core
from fastfetch._config import MAX_LINE, MAX_RECONNECTION_TIME, RECONNECTION_TIME
from fastfetch._exceptions import CertificateError, DecodeError, FetchError, TransportError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from typing import Any

    from fastfetch._streaming import StreamedResponse

__all__ = ["ServerSentEvent", "read_events"]

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event of a stream (https://html.spec.whatwg.org/#server-sent-events).

    Attributes
    ----------
    event : str
        Its type: ``"message"`` unless the server names another.
    data : str
        Its data; lines are separated by ``"\\n"``.
    id : str
        The last event id that the server set, of this event or one before.
    retry : int | None
        The reconnection time in milliseconds, where the server set one since the event before.

    Examples
    --------
    >>> import fastfetch
    >>> fastfetch.ServerSentEvent(data="[1, 2]").json()
    [1, 2]
    """

    event: str = "message"
    data: str = ""
    id: str = ""
    retry: int | None = None

    def json(self) -> Any:
        """The data decoded from JSON.

        Examples
        --------
        >>> import fastfetch
        >>> fastfetch.ServerSentEvent(data='{"price": 9.5}').json()
        {'price': 9.5}
        """
        import json

        return json.loads(self.data)


async def read_events(
    response: StreamedResponse, reopen: Callable[[str], Awaitable[StreamedResponse]] | None
) -> AsyncGenerator[ServerSentEvent, None]:
    """The events of a response and, where it can be opened again, of those that follow it."""
    if response.method != "GET":
        reopen = None
    if not _is_stream(response):
        return
    parser = _core.EventParser(MAX_LINE)
    while True:
        try:
            async for chunk in response.aiter_bytes():
                for event in parser.push(chunk):
                    yield ServerSentEvent(*event)
        except TransportError:
            if reopen is None:
                raise
        finally:
            await response.aclose()
        if reopen is None:
            return
        wait = RECONNECTION_TIME if parser.retry is None else parser.retry / 1000
        opened = await _open_again(reopen, wait, parser.last_id)
        if opened is None:
            return
        response = opened
        parser.reconnect()


async def _open_again(
    reopen: Callable[[str], Awaitable[StreamedResponse]], wait: float, last_id: str
) -> StreamedResponse | None:
    """The next response; None where the server wants no more of it."""
    longest = max(wait, MAX_RECONNECTION_TIME)
    while True:
        await _core.sleep(wait)
        try:
            response = await reopen(last_id)
        except CertificateError:
            raise  # Time does not heal it.
        except TransportError:
            wait = min(2 * wait, longest)
            continue
        try:
            if _is_stream(response):
                return response
        except FetchError:
            await response.aclose()
            raise
        await response.aclose()
        return None


def _is_stream(response: StreamedResponse) -> bool:
    """Whether there are events: by 204 a server says that there are no more."""
    response.raise_for_status()
    if response.status_code == 204:
        return False
    kind = (response.headers.get("content-type") or "").split(";")[0].strip().lower()
    if response.status_code != 200 or kind != EVENT_STREAM:
        shown = kind.encode("ascii", "backslashreplace").decode()
        raise DecodeError(
            f"{response.method} {response.url}: not a stream of events: "
            f"status {response.status_code}, content type {shown!r}, expected 200 and {EVENT_STREAM!r}",
            url=response.url,
            method=response.method,
            phase="body",
            attempts=1,
            elapsed=response.elapsed.total_seconds(),
        )
    return True
