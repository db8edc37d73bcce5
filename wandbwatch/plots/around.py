"""The words around a picture: its title, the x axis' name, hints below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wandbwatch.plots import layout, palette
from wandbwatch.plots.canvas import Canvas
from wandbwatch.plots.hints import Hint
from wandbwatch.plots.layout import EDGE, PictureLayout
from wandbwatch.plots.pen import Pen

_BETWEEN = 26
_NOTHING = "no points"


def write_title(
    canvas: Canvas, height: float, title: str, pen: Pen, aside: str = ""
) -> None:
    """Write *title* over a picture *height* pixels high, *aside* small to its right."""
    baseline = layout.title(height)
    aside = pen.shorten(aside, layout.WIDTH / 2, pen.small)
    aside_x = layout.WIDTH - EDGE - pen.width(aside)
    shown = pen.shorten(title, aside_x - 2 * EDGE, pen.headline)
    pen.write(canvas, (EDGE, baseline), shown, palette.INK, pen.headline)
    pen.write(canvas, (aside_x, baseline), aside, palette.MUTED)


def write_axis_name(
    canvas: Canvas, place: PictureLayout, called: str, pen: Pen
) -> None:
    name = pen.shorten(called, place.right - place.left, pen.small)
    x = place.right - pen.width(name)
    pen.write(canvas, (x, place.name), name, palette.MUTED)


def write_nothing(canvas: Canvas, bottom: float, pen: Pen) -> None:
    x = (layout.WIDTH - pen.width(_NOTHING)) / 2
    pen.write(canvas, (x, bottom + layout.PLOT / 2), _NOTHING, palette.MUTED)


def hint_rows(told: Sequence[Hint], pen: Pen) -> int:
    return 1 + max(row for row, _, _ in _flow(told, pen)) if told else 0


def write_hints(
    canvas: Canvas, place: PictureLayout, above: int, told: Sequence[Hint], pen: Pen
) -> None:
    """Write them below the axes and the *above* rows of a legend."""
    for row, x, hint in _flow(told, pen):
        y = place.row(above + row)
        if hint.marker:
            at, level = np.array([EDGE + x + 8]), np.array([y + layout.LINE / 3])
            canvas.marks(at, level, hint.marker, palette.MUTED)
        pen.write(canvas, (EDGE + x + hint.indent, y), hint.text, palette.MUTED)


def _flow(told: Sequence[Hint], pen: Pen) -> list[tuple[int, float, Hint]]:
    """Say in which row and where each hint stands; a row that is full ends."""
    places, row, x = [], 0, 0.0
    for hint in told:
        width = hint.indent + pen.width(hint.text)
        if x and x + width > layout.WIDTH - 2 * EDGE:
            row, x = row + 1, 0.0
        places.append((row, x, hint))
        x += width + _BETWEEN
    return places
