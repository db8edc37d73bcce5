"""Reference lines across a plot, each with its name beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wandbwatch.model.report import Mark
from wandbwatch.plots import layout, numbers, palette
from wandbwatch.plots.canvas import Canvas, Pencil
from wandbwatch.plots.chart import ChartGeometry
from wandbwatch.plots.layout import PictureLayout
from wandbwatch.plots.pen import Pen

_PENCIL = Pencil(palette.INK, 1.6, (4.0, 3.0))
_BESIDE = 5.0
_LONGEST = 240
_ROWS = 3
"""In so many rows the names of upright lines stand below each other."""


def draw_marks(
    canvas: Canvas,
    place: PictureLayout,
    chart: ChartGeometry,
    marks: Sequence[Mark],
    pen: Pen,
) -> None:
    """Draw what has a place on the axes of *chart*."""
    upright = 0
    for mark in marks:
        scale = chart.x if mark.upright else chart.y
        at = scale.place(np.array([mark.at], dtype=np.float64)) if scale else None
        if at is None or not ((at >= 0) & (at <= 1)).all():
            continue
        if mark.upright:
            _up(canvas, place, float(place.x(at)[0]), mark, pen, row=upright % _ROWS)
            upright += 1
        else:
            _across(canvas, place, float(place.y(at)[0]), mark, pen)


def _across(
    canvas: Canvas, place: PictureLayout, y: float, mark: Mark, pen: Pen
) -> None:
    canvas.line(np.array([place.left, place.right]), np.array([y, y]), _PENCIL)
    name = pen.shorten(_called(mark), _LONGEST, pen.small)
    top = place.bottom + layout.PLOT - layout.LINE
    level = y + _BESIDE if y + _BESIDE < top else y - layout.LINE
    x = place.right - pen.width(name) - _BESIDE
    pen.write(canvas, (x, level), name, palette.TEXT)


def _up(
    canvas: Canvas, place: PictureLayout, x: float, mark: Mark, pen: Pen, *, row: int
) -> None:
    top = place.bottom + layout.PLOT
    canvas.line(np.array([x, x]), np.array([place.bottom, top]), _PENCIL)
    name = pen.shorten(_called(mark), _LONGEST, pen.small)
    width = pen.width(name)
    beside = x + _BESIDE if x + _BESIDE + width < place.right else x - _BESIDE - width
    level = top - (row + 1) * (layout.LINE + 2)
    pen.write(canvas, (beside, level), name, palette.TEXT)


def _called(mark: Mark) -> str:
    return mark.name or numbers.label(mark.at, abs(mark.at) / 1000)
