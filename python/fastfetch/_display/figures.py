"""Pictures of results, drawn by matplotlib without pyplot: nothing is left open, and no style is changed."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from fastfetch._display.outcomes import NOT_DONE, Columns, Outcome, group_by_outcome, outcome_name
from fastfetch._display.units import human_seconds, percentile, printable, short_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from fastfetch._core import Rows

Kind = Literal["waterfall", "latency", "status"]

MAX_BARS = 300
"""Requests in a waterfall: there are hardly more lines of pixels."""
MAX_LABELS = 30
FEW = 5
"""Fewer rows than this are drawn no thicker."""
MAX_HOSTS = 5
MAX_OUTCOMES = 12
BINS = 40

PARTS = {
    "queue": (0, "#e3e5e8"),
    "before the last hop": (1, "#a9afb8"),
    "dns": (2, "#2a9d9d"),
    "connect": (3, "#e0912f"),
    "tls": (4, "#9a74db"),
    "first byte": (5, "#3aa76d"),
    "body": (6, "#3f8fdf"),
    "failed": (1, "#d9534f"),
}
"""The parts of a request's time, by their place in `Rows.moments`; a failure has its whole time in one."""

_HOSTS = ("#3f8fdf", "#3aa76d", "#e0912f", "#9a74db", "#2a9d9d")
_OTHERS = "#b9bec6"
_STATUSES = {1: "#2a9d9d", 2: "#3aa76d", 3: "#3f8fdf", 4: "#e0912f", 5: "#c9302c"}


class Picture(Figure):
    """A figure that a notebook shows without having been told of matplotlib."""

    def _repr_png_(self) -> bytes:
        stream = BytesIO()
        self.savefig(stream, format="png", dpi=100)
        return stream.getvalue()


def draw(rows: Rows, columns: Columns, kind: Kind | None) -> Figure:
    """One picture, or all of them."""
    if kind is not None and kind not in get_args(Kind):
        names = ", ".join(map(repr, get_args(Kind)))
        raise ValueError(f"kind: expected one of {names} or None, got {kind!r}")
    figure = Picture(figsize=(10, 4.5) if kind else (10, 8), layout="constrained")
    if kind is not None:
        axes = {kind: figure.add_subplot()}
    else:
        mosaic = [["waterfall", "waterfall"], ["latency", "status"]]
        axes = figure.subplot_mosaic(mosaic, height_ratios=[1.3, 1])  # type: ignore[arg-type]
    if "waterfall" in axes:
        _waterfall(axes["waterfall"], rows, columns)
    if "latency" in axes:
        _latency(axes["latency"], rows, columns)
    if "status" in axes:
        _status(axes["status"], columns)
    for label in figure.findobj(Text):
        # Some come from the network: in them "$" begins no formula, whatever the user's settings are.
        label.set(parse_math=False, usetex=False)
    return figure


def _waterfall(axes: Axes, rows: Rows, columns: Columns) -> None:
    places, started, lengths = rows.moments()
    if not places:
        return _nothing(axes, "Requests over time", "no request was sent")
    start, parts = numpy.array(started), numpy.array(lengths)
    # What is left over by rounding is no hop.
    parts[parts[:, 1] < 0.02 * parts[:, 1:].sum(axis=1), 1] = 0
    order = numpy.argsort(start, kind="stable")
    if len(order) > MAX_BARS:
        order = order[numpy.linspace(0, len(order) - 1, MAX_BARS).round().astype(int)]
    shown = [places[row] for row in order]
    edges = _edges(start, parts)
    unit, per_second = ("s", 1) if edges.max() >= 1 else ("ms", 1000)
    edges = per_second * edges[order]
    failed = numpy.array([columns.error[place] is not None for place in shown])
    legend = []
    for name, (part, colour) in PARTS.items():
        chosen = edges[:, part + 1] > edges[:, part]
        if part == 1:
            chosen &= failed == (name == "failed")
        if chosen.any():
            axes.add_collection(_bars(edges, part, numpy.flatnonzero(chosen), name, colour), autolim=False)
            legend.append(Patch(color=colour, label=name))
    axes.set_xlim(0, edges.max() * 1.01 or 1)
    axes.set_ylim(max(len(shown), FEW) - 0.4, -0.6)
    axes.set_xlabel(f"{unit} since the first was queued")
    if len(shown) <= MAX_LABELS:
        labels = [_plain(short_url(columns.url(place), 45)) for place in shown]
        axes.set_yticks(range(len(shown)), labels, fontsize=8)
    else:
        axes.set_yticks([])
        axes.set_ylabel("requests, first to begin on top")
    axes.legend(handles=legend, loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8)
    _finish(axes, "Requests over time", _some(len(shown), len(places)))
    return None


def _edges(start: NDArray[Any], parts: NDArray[Any]) -> NDArray[Any]:
    """When each part of each request began and ended, since the first was queued."""
    begun = numpy.cumsum(numpy.column_stack([start - parts[:, 0], parts]), axis=1)
    edges: NDArray[Any] = begun - begun[:, 0].min()
    return edges


def _bars(edges: NDArray[Any], part: int, rows: NDArray[Any], name: str, colour: str) -> PolyCollection:
    """A bar for each of these requests, for this part of its time."""
    left, right, half = edges[rows, part], edges[rows, part + 1], 0.4 if len(edges) <= MAX_LABELS else 0.5
    low, high = rows - half, rows + half
    corners = numpy.array([[left, low], [right, low], [right, high], [left, high]]).transpose(2, 0, 1)
    # The outline keeps what is short visible.
    outline = 0.5 if part else 0
    return PolyCollection(list(corners), facecolors=colour, edgecolors=colour, linewidths=outline, label=name)


def _latency(axes: Axes, rows: Rows, columns: Columns) -> None:
    times = _times(columns.elapsed, columns.error)
    if not len(times):
        return _nothing(axes, "Time to answer, by host", "no answer came")
    low, high = times.min(), times.max()
    low, high = (low / 4, high * 4) if high < low * 2 else (low, high * 1.001)
    bins = numpy.geomspace(low, high, BINS + 1)
    left, bottom = numpy.histogram(times, bins)[0], numpy.zeros(BINS)
    parts = sorted(rows.by_host(), key=lambda part: -len(part[1]))
    for (host, part), colour in zip(parts[:MAX_HOSTS], _HOSTS, strict=False):
        _, error, _, elapsed = part.columns()
        counts = numpy.histogram(_times(elapsed, error), bins)[0]
        left = left - counts
        if counts.any():
            bottom = _stack(axes, bins, counts, bottom, _plain(printable(host, 40)), colour)
    if left.any():
        _stack(axes, bins, left, bottom, f"{len(parts) - MAX_HOSTS:,} other hosts", _OTHERS)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < low * 30 else (1,)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: human_seconds(seconds)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    for percent, style in ((50, "--"), (95, ":")):
        value = percentile(numpy.sort(times).tolist(), percent)
        axes.axvline(
            value, color="#555", linewidth=1, linestyle=style, label=f"p{percent} {human_seconds(value)}"
        )
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_ylabel("answers")
    axes.legend(frameon=False, fontsize=8)
    failed = len(columns.error) - len(times)
    _finish(axes, "Time to answer, by host", f"without {failed:,} that failed" if failed else "")
    return None


def _times(elapsed: Sequence[float], error: Sequence[str | None]) -> NDArray[Any]:
    """The times of those that were answered; on a logarithmic scale there is no zero."""
    answered = numpy.array([one is None for one in error], bool)
    times: NDArray[Any] = numpy.maximum(numpy.array(elapsed, float)[answered], 1e-5)
    return times


def _stack(
    axes: Axes, bins: NDArray[Any], counts: NDArray[Any], bottom: NDArray[Any], label: str, colour: str
) -> NDArray[Any]:
    axes.bar(bins[:-1], counts, numpy.diff(bins), bottom, align="edge", color=colour, label=label)
    top: NDArray[Any] = bottom + counts
    return top


def _status(axes: Axes, columns: Columns) -> None:
    groups = {outcome: len(items) for outcome, items in group_by_outcome(columns).items()}
    if not groups:
        return _nothing(axes, "Outcomes", "no results")
    frequent = sorted(groups, key=lambda outcome: -groups[outcome])[:MAX_OUTCOMES]
    shown = [
        (outcome_name(outcome), groups[outcome], _colour(outcome))
        for outcome in groups
        if outcome in frequent
    ]
    if others := len(groups) - len(shown):
        count = sum(groups.values()) - sum(count for _, count, _ in shown)
        shown.append((f"{others:,} others", count, _OTHERS))
    names, counts, colours = zip(*shown, strict=True)
    bars = axes.barh(range(len(shown)), counts, color=colours, height=0.7)
    axes.set_yticks(range(len(shown)), [_plain(name) for name in names], fontsize=9)
    axes.set_ylim(max(len(shown), FEW) - 0.4, -0.6)
    axes.bar_label(bars, [f"{count:,}" for count in counts], padding=3, fontsize=8)
    axes.set_xlim(0, max(counts) * 1.18)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    _finish(axes, "Outcomes", "")
    return None


def _colour(outcome: Outcome) -> str:
    if isinstance(outcome, int):
        return _STATUSES.get(outcome // 100, _OTHERS)
    return _OTHERS if outcome == NOT_DONE else "#7d3c98"


def _nothing(axes: Axes, title: str, why: str) -> None:
    axes.text(0.5, 0.5, why, ha="center", va="center", color="#777", transform=axes.transAxes)
    axes.set_xticks([])
    axes.set_yticks([])
    _finish(axes, title, "")


def _finish(axes: Axes, title: str, note: str) -> None:
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    if note:
        axes.set_title(note, loc="right", fontsize=8, color="#777")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _some(shown: int, total: int) -> str:
    what = f"{total:,} request{'' if total == 1 else 's'}"
    return f"{shown:,} of {what}, evenly chosen" if shown < total else what


def _plain(label: str) -> str:
    """A label that every font has the letters of."""
    return label.encode("ascii", "backslashreplace").decode()
