"""One value against another: a point each, named where there is room."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wandbwatch.model.drawing import Point, Scatter
from wandbwatch.plots import layout, palette
from wandbwatch.plots.canvas import Canvas, Marker, Pencil
from wandbwatch.plots.charts.sheet import ChartAxis, ChartSheet, sheet
from wandbwatch.plots.scale import Floats, Scale, around

_NAMED = 20
"""Up to so many points are named."""
_LONGEST = 180
_BESIDE = 11.0
_APART = 6.0
_DOT, _MANY, _CHOSEN = Marker("o", 7), Marker("o", 2), Marker("o", 12)
_CROWD = 200
_LINE = Pencil(palette.COLOURS[0], 2.2)
_GOLD = palette.COLOURS[1]


def drawn(title: str, drawing: Scatter) -> Canvas:
    there = [p for p in drawing.points if math.isfinite(p.x) and math.isfinite(p.y)]
    x, y = _scale([p.x for p in there]), _scale([p.y for p in there])
    named = there if len(there) <= _NAMED else [p for p in there if p.chosen]
    done = sheet(
        title,
        ChartAxis(drawing.x, x, _single([p.x for p in there])),
        ChartAxis(drawing.y, y),
        hints=_hints(drawing, there),
        texts=(p.name for p in named),
    )
    if x and y:
        across = done.place.x(x.place(_floats([p.x for p in there])))
        up = done.place.y(y.place(_floats([p.y for p in there])))
        _draw(done, there, across, up, joined=drawing.joined)
        _name(done, there, across, up)
    return done.canvas


def _hints(drawing: Scatter, there: Sequence[Point]) -> list[str]:
    gone = len(drawing.points) - len(there)
    return [f"{gone} not finite on both axes"] if gone else []


def _draw(
    done: ChartSheet, points: Sequence[Point], x: Floats, y: Floats, *, joined: bool
) -> None:
    if joined:
        done.canvas.line(x, y, _LINE)
    dot = _MANY if len(points) > _CROWD else _DOT
    done.canvas.marks(x, y, dot, palette.COLOURS[0])
    chosen = np.array([p.chosen for p in points], dtype=np.bool_)
    if chosen.any():
        done.canvas.marks(x[chosen], y[chosen], _CHOSEN, _GOLD)


def _name(done: ChartSheet, points: Sequence[Point], x: Floats, y: Floats) -> None:
    """Name the chosen ones first, and none whose name would cover something."""
    few = len(points) <= _NAMED
    order = sorted(range(len(points)), key=lambda i: not points[i].chosen)
    dots = [
        (float(a), float(a), float(b) - layout.LINE / 3)
        for a, b in zip(x, y, strict=True)
    ]
    taken: list[tuple[float, float, float]] = []
    for i in order:
        point = points[i]
        if not point.name or not (few or point.chosen):
            continue
        name = done.pen.shorten(point.name, _LONGEST, done.pen.small)
        width, level = done.pen.width(name), float(y[i]) - layout.LINE / 3
        left = float(x[i]) + _BESIDE
        if left + width > layout.WIDTH - _BESIDE:
            left = float(x[i]) - _BESIDE - width
        box = (left, left + width, level)
        others = (*taken, *dots[:i], *dots[i + 1 :])
        if any(_cover(box, other) for other in others):
            continue
        taken.append(box)
        colour = _GOLD if point.chosen else palette.TEXT
        done.pen.write(done.canvas, (left, level), name, colour)


def _cover(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    """Whether two words would, each from left to right at a level."""
    beside = one[1] + _APART < other[0] or other[1] + _APART < one[0]
    return not beside and abs(one[2] - other[2]) < layout.LINE


def _scale(values: Sequence[float]) -> Scale | None:
    return around(min(values), max(values)) if values else None


def _single(values: Sequence[float]) -> float | None:
    return values[0] if values and min(values) == max(values) else None


def _floats(values: Sequence[float]) -> Floats:
    return np.asarray(values, dtype=np.float64)
