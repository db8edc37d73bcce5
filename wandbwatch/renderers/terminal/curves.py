"""A run's series made ready to be drawn: strokes, lone points, and marks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from wandbwatch.model.run import Series
from wandbwatch.renderers.terminal.scales import TextScale, drawable

_FEW = 5


def thinned(xs: Sequence[float], ys: Sequence[float], columns: int) -> list[int]:
    """Return the indices of points that look the same as all: of each column its
    ends, its extremes, and the first NaN, where the line breaks.

    *xs* are places from 0 to 1.
    """
    kept: list[int] = []
    for _, column in groupby(range(len(xs)), lambda i: int(xs[i] * columns)):
        kept += _telling(list(column), ys)
    return kept


def _telling(column: Sequence[int], ys: Sequence[float]) -> Sequence[int]:
    if len(column) <= _FEW:
        return column
    there = [i for i in column if not math.isnan(ys[i])]
    telling = {i for i in column if math.isnan(ys[i])}
    telling = {min(telling)} if telling else set()
    if there:
        extremes = (min(there, key=ys.__getitem__), max(there, key=ys.__getitem__))
        telling |= {there[0], there[-1], *extremes}
    return sorted(telling)


NOT_A_NUMBER, ABOVE, BELOW = "×", "↑", "↓"
"""Where a value has no place of its own: drawn on the edge, at its x."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """In places from 0 to 1. A stroke is a line without a gap, or one point."""

    strokes: tuple[tuple[Point, ...], ...]
    marks: tuple[tuple[str, Point], ...]


def curve(
    raw: Series, drawn: Series, x: TextScale, y: TextScale, columns: int
) -> Curve:
    """Place *drawn*, which is *raw* or its average, and mark what *raw* can't be."""
    placed = [(x.place(at), value) for at, value in _placeable(drawn)]
    ats = [at for at, _ in placed]
    heights = [_height(value, y) for _, value in placed]
    telling = thinned(ats, heights, columns)
    strokes = _strokes((ats[i], heights[i]) for i in telling)
    return Curve(tuple(strokes), tuple(_marks(raw, x, y, columns)))


def count(series: Series, sign: str, *, log: bool) -> int:
    return sum(_sign(value, log=log) == sign for _, value in _placeable(series))


def _placeable(series: Series) -> Iterator[Point]:
    points = zip(series.x, series.y, strict=True)
    return ((at, value) for at, value in points if math.isfinite(at))


def _height(value: float, y: TextScale) -> float:
    return y.place(value) if drawable(value, log=y.log) else math.nan


def _strokes(points: Iterable[Point]) -> Iterator[tuple[Point, ...]]:
    for gap, stroke in groupby(points, lambda point: math.isnan(point[1])):
        if not gap:
            yield tuple(stroke)


def _marks(
    raw: Series, x: TextScale, y: TextScale, columns: int
) -> Iterator[tuple[str, Point]]:
    """Mark what is not drawn, once a column."""
    seen: dict[tuple[str, int], float] = {}
    for at, value in _placeable(raw):
        if sign := _sign(value, log=y.log):
            place = x.place(at)
            seen.setdefault((sign, int(place * columns)), place)
    for (sign, _), place in seen.items():
        yield sign, (place, 1.0 if sign == ABOVE else 0.0)


def _sign(value: float, *, log: bool) -> str:
    if drawable(value, log=log):
        return ""
    if math.isnan(value):
        return NOT_A_NUMBER
    return ABOVE if value > 0 else BELOW


def ends(series: Sequence[Series]) -> tuple[list[float], list[float]]:
    """Return all the x and all the y that have a place on the x axis."""
    points = [point for one in series for point in _placeable(one)]
    return [at for at, _ in points], [value for _, value in points]
