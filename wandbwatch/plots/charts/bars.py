"""Named amounts: a bar each, from top to bottom in their order."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wandbwatch.model.drawing import Bars
from wandbwatch.plots import around, layout, numbers, palette
from wandbwatch.plots.canvas import Canvas, Pencil
from wandbwatch.plots.pen import Pen
from wandbwatch.plots.scale import Floats, Scale
from wandbwatch.plots.scale import around as scale_around

MOST = 40
"""How many bars there are on a picture at most."""
_TITLE, _ROW, _FOOT = 60, 30, 40
_BAR = 18
_LONGEST = 260
_GAP = 12.0
_ZERO = Pencil(palette.MUTED, 1.5)


def drawn(title: str, drawing: Bars) -> Canvas:
    items = drawing.items[:MOST]
    pen = Pen((title, drawing.amount, *(name for name, _ in items)))
    height = _TITLE + max(len(items), 1) * _ROW + _FOOT
    canvas = Canvas(layout.WIDTH, height, palette.BACKGROUND)
    around.write_title(canvas, height, title, pen)
    _write_amount(canvas, drawing, len(items), pen)
    if not items:
        around.write_nothing(canvas, height / 2 - layout.PLOT / 2, pen)
        return canvas
    names = [pen.shorten(name, _LONGEST, pen.small) for name, _ in items]
    values = [_worded(value) for _, value in items]
    left = layout.EDGE + max(map(pen.width, names)) + _GAP
    right = layout.WIDTH - layout.EDGE - max(map(pen.width, values)) - _GAP
    ends, zero = _ends([value for _, value in items])
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        level = height - _TITLE - (i + 1) * _ROW + _GAP / 2
        pen.write(canvas, (layout.EDGE, level), name, palette.TEXT)
        pair = np.sort(np.array([zero, ends[i]]))
        across = left + pair * (right - left)
        if np.isfinite(across).all():
            low, high = np.full(2, level - 2.0), np.full(2, level - 2.0 + _BAR)
            canvas.fill(across, low, high, palette.COLOURS[0])
        pen.write(canvas, (right + _GAP, level), value, palette.MUTED)
    at = np.full(2, left + zero * (right - left))
    feet = np.array([height - _TITLE - len(items) * _ROW, height - _TITLE + 4.0])
    canvas.line(at, feet, _ZERO)
    return canvas


def _write_amount(canvas: Canvas, drawing: Bars, shown: int, pen: Pen) -> None:
    more = len(drawing.items) - shown
    name = drawing.amount if not more else f"{drawing.amount} · {more} more"
    text = pen.shorten(name, layout.WIDTH - 2 * layout.EDGE, pen.small)
    x = layout.WIDTH - layout.EDGE - pen.width(text)
    pen.write(canvas, (x, _FOOT / 2 - 4), text, palette.MUTED)


def _ends(values: Sequence[float]) -> tuple[Floats, float]:
    """Return where bars end and where all begin, from 0 to 1; NaN without an end."""
    finite = [value for value in values if math.isfinite(value)]
    scale: Scale = scale_around(min([0.0, *finite]), max([0.0, *finite]))
    places = scale.place(np.array(values, dtype=np.float64))
    return places, float(scale.place(np.zeros(1))[0])


def _worded(value: float) -> str:
    if math.isfinite(value):
        return numbers.label(value, abs(value) / 1000)
    return "NaN" if math.isnan(value) else "∞" if value > 0 else f"{numbers.MINUS}∞"
