"""Calculations on curves: their last minutes, smoothed, and W&B's histograms. Pure."""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Json, Series

CLOCK = "_runtime"
"""The key that W&B logs in each row: seconds since the start."""


def needs_clock(axis: Axis) -> bool:
    """Whether curves over *axis* must come with `CLOCK` to be cut by time."""
    return axis.kind is AxisKind.STEP


def recent(
    series: Mapping[str, Series], axis: Axis, span: timedelta
) -> dict[str, Series] | None:
    """Keep of one run's *series* what is at most *span* before the last of them.

    They run over steps, runtimes or wall times. None is returned where no time is
    known, because the run has no `CLOCK`.
    """
    since = start(series, axis, span.total_seconds())
    if since is None:
        return None
    return {key: _from(one, since) for key, one in series.items()}


def start(series: Mapping[str, Series], axis: Axis, seconds: float) -> float | None:
    """Return the x that is *seconds* before the last; None where no time is known."""
    if not needs_clock(axis):
        ends = _finite(x for one in series.values() for x in one.x)
        return max(ends, default=0.0) - seconds
    clock = series.get(CLOCK)
    times = _finite(clock.y) if clock else []
    if not clock or not times:
        return None
    since = max(times) - seconds
    points = list(zip(clock.x, clock.y, strict=True))
    if not clock.sampled:
        return min(x for x, y in points if y >= since)
    # Between the rows of a sample are others: keep all that may be late enough.
    before = max((x for x, y in points if y < since), default=-math.inf)
    return math.nextafter(before, math.inf)


def _from(series: Series, start: float) -> Series:
    points = [p for p in zip(series.x, series.y, strict=True) if p[0] >= start]
    x, y = (array("d", (point[i] for point in points)) for i in (0, 1))
    return Series(series.key, x, y, sampled=series.sampled, exact=series.exact)


def _finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


VIEWPORT_SCALE = 1000
"""The width of a chart on W&B in units; a weight is per unit."""
HEAVIEST = 0.999


def smoothed(lines: Sequence[Series], weight: float) -> tuple[Series, ...]:
    """Smooth the *lines* of one chart by *weight*, from 0 (not at all) to 1.

    They share the chart's x range, as on W&B, so that lines logged at different
    rates are smoothed alike.
    """
    width = _width(line.x for line in lines)
    return tuple(
        Series(
            s.key,
            s.x,
            average(s.x, s.y, weight, width),
            sampled=s.sampled,
            exact=s.exact,
        )
        for s in lines
    )


def average(
    x: Sequence[float], y: Sequence[float], weight: float, width: float
) -> list[float]:
    """Return the moving average of *y* at each of its points.

    *width* is the chart's range of x. What is not finite is no part of the average
    and NaN stays in its place, so one NaN does not spoil the values after it.
    """
    decay = min(math.sqrt(weight), HEAVIEST)
    averages = []
    mean = mass = 0.0
    before = math.nan
    for at, value in zip(x, y, strict=True):
        if not (math.isfinite(at) and math.isfinite(value)):
            averages.append(math.nan)
            continue
        if mass:
            mass *= decay ** _units(at - before, width)
        before = at
        mass += 1.0
        # W&B's sum over its debiasing weight, without ever holding the sum, which
        # overflows near the end of the floats.
        mean = mean * ((mass - 1.0) / mass) + value / mass
        averages.append(mean)
    return averages


def _units(change: float, width: float) -> float:
    """Return how far x has moved in the viewport; a key as x may also go back."""
    if not width:
        return 0.0
    return min(abs(change), sys.float_info.max) / width * VIEWPORT_SCALE


def _width(axes: Iterable[Sequence[float]]) -> float:
    places = [at for axis in axes for at in axis if math.isfinite(at)]
    return max(places) - min(places) if places else 0.0


_INFINITE = {"Infinity": math.inf, "-Infinity": -math.inf}
_MOST = 4096
"""The most bins read of one histogram; W&B itself takes 512 at most."""


def is_histogram(value: Json) -> bool:
    return isinstance(value, Mapping) and value.get("_type") == "histogram"


def column(x: float, value: Json) -> HistogramColumn | None:
    """Read ``{_type: histogram, values: […], bins: […]}`` at *x*.

    The edges may be packed instead: ``packedBins: {min, size, count}``. What is not
    whole, or no histogram at all, is None.
    https://docs.wandb.ai/ref/python/data-types/histogram
    """
    if not is_histogram(value) or not isinstance(value, Mapping):
        return None
    counts = _numbers(value.get("values"))
    edges = _numbers(value.get("bins")) or _unpacked(value.get("packedBins"))
    if not counts or not edges or len(edges) != len(counts) + 1 or len(counts) > _MOST:
        return None
    return HistogramColumn(x, bounded(edges), counts)


def bounded(edges: tuple[float, ...]) -> tuple[float, ...]:
    """Replace infinite outer *edges*: their bins become as wide as their neighbours."""
    finite = [edge for edge in edges if math.isfinite(edge)]
    if len(finite) == len(edges) or not finite or any(map(math.isnan, edges)):
        return edges
    below, above = edges.index(finite[0]), edges[::-1].index(finite[-1])
    low = finite[1] - finite[0] if len(finite) > 1 else 1.0
    high = finite[-1] - finite[-2] if len(finite) > 1 else 1.0
    return (
        *(finite[0] - low * n for n in range(below, 0, -1)),
        *finite,
        *(finite[-1] + high * n for n in range(1, above + 1)),
    )


def _unpacked(packed: Json) -> tuple[float, ...]:
    if not isinstance(packed, Mapping):
        return ()
    read = _numbers([packed.get(name) for name in ("min", "size", "count")])
    if len(read) != len(("min", "size", "count")) or not all(map(math.isfinite, read)):
        return ()
    low, size, count = read
    if not 0 < count <= _MOST:
        return ()
    return tuple(low + size * i for i in range(int(count) + 1))


def _numbers(values: Json) -> tuple[float, ...]:
    """Read a list of numbers; empty if any item is not a number."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        return ()
    read: list[float] = []
    for value in values:
        if isinstance(value, str):  # JSON has no other way to say it
            value = _INFINITE.get(value)  # noqa: PLW2901
        if isinstance(value, bool) or not isinstance(value, int | float):
            return ()
        try:
            read.append(float(value))
        except OverflowError:
            return ()
    return tuple(read)
