"""One value against another: a point per run, named where there is room."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wandbwatch.model.drawing import Point, Scatter
from wandbwatch.plots import palette
from wandbwatch.plots.figure import WIDTH, Entry, Frame, Sheet
from wandbwatch.plots.lines import X_TICKS, Y_TICKS, line
from wandbwatch.plots.points import dots
from wandbwatch.plots.ticks import NO_TICKS, Floats, Scale
from wandbwatch.plots.words import TEXT, Words

_NAMED, _LONGEST = 20, 200
"""The most points that are named, and the pixels of a name."""
_BESIDE, _APART = 11.0, 6.0
_DOT, _MANY, _CHOSEN = 10, 4, 15
_CROWD = 200
_GOLD = palette.COLOURS[1]


def draw(title: str, drawing: Scatter, *, titled: bool) -> Sheet:
    there = [p for p in drawing.points if math.isfinite(p.x) and math.isfinite(p.y)]
    if drawing.log_x:
        there = [p for p in there if p.x > 0] or there
    if drawing.log_y:
        there = [p for p in there if p.y > 0] or there
    across, up = _floats([p.x for p in there]), _floats([p.y for p in there])
    x = Scale.of([across], log=drawing.log_x)
    y = Scale.of([up], log=drawing.log_y)
    named = there if len(there) <= _NAMED else [p for p in there if p.chosen]
    gone = len(drawing.points) - len(there)
    hints = (Entry(f"{gone} have no place on both axes", palette.MUTED),)
    frame = Frame(
        title=title if titled else "",
        x=x.ticks(X_TICKS, drawing.x) if x else NO_TICKS,
        y=y.ticks(Y_TICKS, drawing.y) if y else NO_TICKS,
        x_name=_axis(drawing.x, x),
        y_name=_axis(drawing.y, y),
        legends=(hints if gone else (),),
    )
    words = Words((title, frame.x_name, frame.y_name, *(p.name for p in named)))
    sheet = Sheet(words, frame)
    if x and y:
        _draw(sheet, there, x.place(across), y.place(up), joined=drawing.joined)
    else:
        sheet.write_nothing()
    return sheet


def _axis(name: str, scale: Scale | None) -> str:
    return f"{name} (log)" if scale and scale.log else name


def _draw(
    sheet: Sheet, points: Sequence[Point], x: Floats, y: Floats, *, joined: bool
) -> None:
    if joined:
        sheet.axes.add_line(line(x, y, palette.look(0), 2.6))
    size = _MANY if len(points) > _CROWD else _DOT
    sheet.axes.add_line(dots(x, y, palette.COLOURS[0], size))
    chosen = np.array([p.chosen for p in points], dtype=np.bool_)
    if chosen.any():
        sheet.axes.add_line(dots(x[chosen], y[chosen], _GOLD, _CHOSEN))
    at = [(sheet.x(a), sheet.y(b)) for a, b in zip(x, y, strict=True)]
    _name(sheet, points, at)


def _name(
    sheet: Sheet, points: Sequence[Point], at: Sequence[tuple[float, float]]
) -> None:
    """Name the chosen ones first, and none whose name would cover something."""
    few = len(points) <= _NAMED
    order = sorted(range(len(points)), key=lambda i: not points[i].chosen)
    spots = [(x, x, y - TEXT / 3) for x, y in at]
    taken: list[tuple[float, float, float]] = []
    for i in order:
        point = points[i]
        if not point.name or not (few or point.chosen):
            continue
        name = sheet.words.fit(point.name, _LONGEST)
        width, (x, _, level) = sheet.words.width(name), spots[i]
        left = x + _BESIDE
        if left + width > WIDTH - _BESIDE:
            left = x - _BESIDE - width
        box = (left, left + width, level)
        if any(_cover(box, one) for one in (*taken, *spots[:i], *spots[i + 1 :])):
            continue
        taken.append(box)
        sheet.write(left, level, name, _GOLD if point.chosen else palette.TEXT)


def _cover(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    """Whether two words overlap, each from left to right at a height."""
    beside = one[1] + _APART < other[0] or other[1] + _APART < one[0]
    return not beside and abs(one[2] - other[2]) < TEXT


def _floats(values: Sequence[float]) -> Floats:
    return np.asarray(values, dtype=np.float64)
