"""Values into pictures: lines, points, bars, the bars of a histogram."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from wandbwatch import formatting
from wandbwatch.model.drawing import Bars, Point, Scatter
from wandbwatch.model.report import Chart, Line, Plot
from wandbwatch.model.run import Json, Series

_BINS = 20
_MOST_BARS = 60


def number(value: Json) -> float:
    """Return a value as a float; NaN for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def numbers(values: Iterable[Json]) -> list[float]:
    return [number(value) for value in values]


def line(run: str, name: str, key: str, x: Iterable[Json], y: Iterable[Json]) -> Line:
    """Make a line; words on the x axis become their positions."""
    ys = numbers(y)
    xs = numbers(x)[: len(ys)]
    if len(xs) < len(ys) or any(map(math.isnan, xs)):
        xs = [float(place) for place in range(len(ys))]
    return Line(run, name, Series(key, xs, ys))


def plot(key: str, x: str, lines: Sequence[Line]) -> Plot | None:
    """Plot *lines* over an axis of their own."""
    there = any(len(n.series.y) for n in lines)
    return Plot(key, x, tuple(lines), shape=True) if there else None


def scatter(
    title: str, x_name: str, y_name: str, x: Iterable[Json], y: Iterable[Json]
) -> Chart | None:
    pairs = zip(numbers(x), numbers(y), strict=False)
    points = tuple(Point(a, b) for a, b in pairs if math.isfinite(a + b))
    return Chart(title, Scatter(x_name, y_name, points)) if points else None


def bars(
    title: str, amount: str, labels: Iterable[Json], values: Iterable[Json]
) -> Chart | None:
    pairs = zip(labels, numbers(values), strict=False)
    items = tuple((formatting.cell(name), v) for name, v in pairs if math.isfinite(v))
    return Chart(title, Bars(amount, items[:_MOST_BARS])) if items else None


def histogram(title: str, values: Iterable[Json]) -> Chart | None:
    """Count values in bins of equal width."""
    found = [v for v in numbers(values) if math.isfinite(v)]
    if not found:
        return None
    low, high = min(found), max(found)
    width = (high - low) / _BINS
    if not width or not math.isfinite(width):
        items: tuple[tuple[str, float], ...] = (
            (formatting.number(low), float(len(found))),
        )
        return Chart(title, Bars("count", items))
    counts = [0.0] * _BINS
    for value in found:
        counts[min(_BINS - 1, int((value - low) / width))] += 1
    starts = [low + place * width for place in range(_BINS)]
    names = (f"{formatting.number(s)}…{formatting.number(s + width)}" for s in starts)
    return Chart(title, Bars("count", tuple(zip(names, counts, strict=True))))
