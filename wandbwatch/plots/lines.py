"""The runs' lines and marks, put on a canvas."""

from __future__ import annotations

import numpy as np

from wandbwatch.plots.canvas import Canvas, Marker, Pencil
from wandbwatch.plots.chart import ChartGeometry, DrawnLine
from wandbwatch.plots.hints import MARKERS
from wandbwatch.plots.layout import PictureLayout
from wandbwatch.plots.points import Path

_FEW = 5
_CALM = 400
"""Points up to which a line has room to be wide."""
_WIDE, _NARROW, _RAW = 3.0, 2.2, 1.6
_FAINT = 0.35
_VEIL = 0.25
"""How much of its colour a band has where it is alone; of several each has less."""
_DOT = Marker("o", 6)
_ALONE = Marker("o", 9)


def draw_lines(canvas: Canvas, place: PictureLayout, chart: ChartGeometry) -> None:
    """Draw the first run last, so that it is on top; marks above all lines."""
    veil = _VEIL / max(1, sum(line.band is not None for line in chart.lines) - 1)
    for line in reversed(chart.lines):
        if line.band:
            u, low, high = line.band
            across = place.x(u)
            canvas.fill(across, place.y(low), place.y(high), line.look.colour, veil)
    for line in reversed(chart.lines):
        if line.raw:
            faint = Pencil(line.look.colour, _RAW, alpha=_FAINT)
            _trace(canvas, place, line.raw, faint)
    for line in reversed(chart.lines):
        calm = line.raw or len(line.path.u) <= _CALM
        width = _WIDE if calm and len(chart.lines) <= _FEW else _NARROW
        pencil = Pencil(line.look.colour, width, line.look.dash)
        _trace(canvas, place, line.path, pencil)
        for (u, v), dot in ((line.dots, _DOT), (line.alone, _ALONE)):
            canvas.marks(place.x(u), place.y(v), dot, line.look.colour)
    for line in reversed(chart.lines):
        _mark(canvas, place, line)


def _trace(canvas: Canvas, place: PictureLayout, path: Path, pencil: Pencil) -> None:
    canvas.line(place.x(path.u), place.y(path.v), pencil)


def _mark(canvas: Canvas, place: PictureLayout, line: DrawnLine) -> None:
    for marks in line.marks:
        y = np.full(len(marks.u), place.mark(marks.row, above=marks.above))
        canvas.marks(place.x(marks.u), y, MARKERS[marks.kind], line.look.colour)
