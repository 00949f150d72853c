"""Progress in a notebook: a display, updated in place, that needs no widgets and stays in the saved file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastfetch._display import human_seconds, printable
from fastfetch._progress import parts
from fastfetch._stage import Own
from fastfetch._terminal import line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastfetch._progress import Progress

__all__ = ["Notebook", "html"]

HOSTS = 5  # that are paused, those for longest; the rest is counted

# Colours that can be told apart on white and on black; text has those of the page.
OK, REFUSED, FAILED, GROUND = "#3d9a5f", "#d19a22", "#cf4b45", "rgba(128,128,128,.25)"


class Notebook(Own):
    """An output of the cell."""

    def __init__(self, asked: bool) -> None:
        super().__init__(asked=asked, shares=not asked)
        self._handle: Any = None
        self._last: Mapping[str, str] = {}

    def draw(self, progress: Progress) -> None:
        self.finish(progress, "")

    def finish(self, progress: Progress | None, ending: str) -> None:
        if progress is None:
            return
        content = {"text/plain": line(progress, None, ending), "text/html": html(progress, ending)}
        if self._handle is None:
            from IPython import display

            self._handle = display.display(content, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        elif content != self._last:
            self._handle.update(content, raw=True)
        self._last = content


def html(progress: Progress, ending: str = "") -> str:
    """A bar, and the line below it in two: no scripts, no style sheet, and no text that is not escaped."""
    from html import escape

    shown = parts(progress, ending)
    first = [f"<b>{escape(shown['done'].strip())}</b>"]
    first += [escape(shown[name]) for name in ("rate", "left", "bytes", "in flight") if name in shown]
    lines = [" &middot; ".join(first), escape(shown["outcomes"])]
    lines += [escape(f"paused: {text}") for text in _paused(progress.paused)] if "paused" in shown else []
    return (
        '<div style="font-family:monospace;line-height:1.5;max-width:60em">'
        f"{_bar(progress)}{''.join(f'<div>{text}</div>' for text in lines)}</div>"
    )


def _bar(progress: Progress) -> str:
    if not progress.total:
        return ""
    refused = progress.done - progress.ok - progress.failed
    counts = ((progress.ok, OK), (refused, REFUSED), (progress.failed, FAILED))
    filled = "".join(
        f'<div style="width:{100 * count / progress.total:.2f}%;background:{colour}"></div>'
        for count, colour in counts
        if count
    )
    return (
        f'<div role="progressbar" aria-valuemin="0" aria-valuemax="{progress.total}" '
        f'aria-valuenow="{progress.done}" style="display:flex;height:.6em;margin:.3em 0;border-radius:.3em;'
        f'overflow:hidden;background:{GROUND}">{filled}</div>'
    )


def _paused(hosts: Mapping[str, float]) -> list[str]:
    longest = sorted(hosts.items(), key=lambda pause: -pause[1])
    shown = [f"{printable(host)} for {human_seconds(seconds)}" for host, seconds in longest[:HOSTS]]
    return shown + ([f"{len(hosts) - HOSTS:,} more"] if len(hosts) > HOSTS else [])
