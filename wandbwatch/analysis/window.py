"""The end of a run's curves: what it logged in its last minutes."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from datetime import timedelta

from wandbwatch.model.query import Axis, AxisKind
from wandbwatch.model.run import Series

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
