"""A curve in one line of text."""

from __future__ import annotations

import math

from wandbwatch.model.run import Series

_BARS = "▁▂▃▄▅▆▇█"
_NOT_FINITE, _NOTHING = "×", " "
WIDTH = 16


def spark(series: Series, width: int = WIDTH) -> str:
    """Draw *series* in *width* cells at most: means over equal parts of its axis.

    A part without points is blank; one with NaN or an infinity alone is ``×``.
    """
    points = [p for p in zip(series.x, series.y, strict=True) if math.isfinite(p[0])]
    if not points:
        return ""
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    width = min(width, len(points))
    parts: list[list[float]] = [[] for _ in range(width)]
    for x, y in points:
        place = (x - first) / (last - first) if last > first else 0.0
        parts[min(int(place * width), width - 1)].append(y)
    return _drawn([_mean(part) for part in parts]).rstrip()


def _mean(part: list[float]) -> float | None:
    """Return the mean of what is finite; NaN if nothing is, None of nothing."""
    if not part:
        return None
    finite = [y for y in part if math.isfinite(y)]
    return math.fsum(y / len(finite) for y in finite) if finite else math.nan


def _drawn(means: list[float | None]) -> str:
    finite = [m for m in means if m is not None and math.isfinite(m)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    return "".join(_bar(mean, low, high) for mean in means)


def _bar(mean: float | None, low: float, high: float) -> str:
    if mean is None:
        return _NOTHING
    if not math.isfinite(mean):
        return _NOT_FINITE
    # Halves, as the difference of two large numbers may be beyond all floats.
    height = (mean / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.0
    return _BARS[min(int(height * len(_BARS)), len(_BARS) - 1)]
