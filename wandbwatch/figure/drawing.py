"""A plot as PNG: its chart, and the words around it, put on a canvas."""

from __future__ import annotations

import numpy as np

from wandbwatch.figure import layout, palette
from wandbwatch.figure.axes import Frame, draw_axes, frame
from wandbwatch.figure.canvas import Canvas, Pencil, own_settings
from wandbwatch.figure.chart import Chart, chart
from wandbwatch.figure.hints import Hint, hints
from wandbwatch.figure.layout import Layout
from wandbwatch.figure.legend import GAP, SAMPLE, Entry, Legend, legend
from wandbwatch.figure.lines import draw_lines
from wandbwatch.figure.pen import Pen
from wandbwatch.model.report import Line, Plot

_EDGE = 20
_BETWEEN = 26
_NOTHING = "no points"
_SAMPLE_WIDTH = 3.4


def draw(plot: Plot) -> bytes:
    """Draw *plot*; the same plot makes the same bytes on the same machine."""
    with own_settings():
        return _canvas(plot).png()


def _canvas(plot: Plot) -> Canvas:
    worked_out = chart(plot)
    pen = Pen((plot.key, plot.x, *(t for n in plot.lines for t in (n.name, n.run))))
    runs = [_names(line, pen) for line in plot.lines]
    named = legend(runs, layout.WIDTH - 2 * _EDGE, pen.width)
    told = hints(plot, worked_out)
    around = frame(plot.x, worked_out, pen)
    place = Layout(
        around.left,
        named.rows,
        _hint_rows(told, pen),
        worked_out.rows(above=False),
        worked_out.rows(above=True),
    )
    canvas = Canvas(layout.WIDTH, place.height, palette.BACKGROUND)
    draw_axes(canvas, place, around, pen)
    draw_lines(canvas, place, worked_out)
    if worked_out.x is None:
        _write_nothing(canvas, place, pen)
    _write_title(canvas, place, plot, _aside(plot, worked_out), pen)
    _write_axis_name(canvas, place, around, pen)
    for entry in named.entries:
        _write_entry(canvas, place, entry, pen)
    _write_hints(canvas, place, named, told, pen)
    return canvas


def _names(line: Line, pen: Pen) -> tuple[str, str]:
    name, run = pen.clean(line.name), pen.clean(line.run)
    return ("" if name == run else name), run


def _write_nothing(canvas: Canvas, place: Layout, pen: Pen) -> None:
    x = (layout.WIDTH - pen.width(_NOTHING)) / 2
    y = place.bottom + layout.PLOT / 2
    pen.write(canvas, (x, y), _NOTHING, palette.MUTED)


def _aside(plot: Plot, worked_out: Chart) -> str:
    is_log = worked_out.y is not None and worked_out.y.log
    words = ("log scale" if is_log else "", plot.smooth and f"smoothed {plot.smooth:g}")
    return ", ".join(word for word in words if word)


def _write_title(
    canvas: Canvas, place: Layout, plot: Plot, aside: str, pen: Pen
) -> None:
    aside_x = layout.WIDTH - _EDGE - pen.width(aside)
    title = pen.shorten(plot.key, aside_x - 2 * _EDGE, pen.headline)
    pen.write(canvas, (_EDGE, place.title), title, palette.INK, pen.headline)
    pen.write(canvas, (aside_x, place.title), aside, palette.MUTED)


def _write_axis_name(canvas: Canvas, place: Layout, around: Frame, pen: Pen) -> None:
    name = pen.shorten(around.x_name, place.right - place.left, pen.small)
    x = place.right - pen.width(name)
    pen.write(canvas, (x, place.name), name, palette.MUTED)


def _write_entry(canvas: Canvas, place: Layout, entry: Entry, pen: Pen) -> None:
    x, y = _EDGE + entry.x, place.row(entry.row)
    level = y + layout.LINE / 3
    pencil = Pencil(entry.look.colour, _SAMPLE_WIDTH, entry.look.dash)
    canvas.line(np.array([x, x + SAMPLE]), np.array([level, level]), pencil)
    beside = x + SAMPLE + GAP
    pen.write(canvas, (beside, y), entry.name, palette.TEXT)
    pen.write(canvas, (_EDGE + entry.run_x, y), entry.run, palette.MUTED)


def _hint_rows(told: list[Hint], pen: Pen) -> int:
    return 1 + max(row for row, _, _ in _flow(told, pen)) if told else 0


def _flow(told: list[Hint], pen: Pen) -> list[tuple[int, float, Hint]]:
    """Say in which row and where each hint stands; a row that is full ends."""
    places, row, x = [], 0, 0.0
    for hint in told:
        width = hint.indent + pen.width(hint.text)
        if x and x + width > layout.WIDTH - 2 * _EDGE:
            row, x = row + 1, 0.0
        places.append((row, x, hint))
        x += width + _BETWEEN
    return places


def _write_hints(
    canvas: Canvas, place: Layout, named: Legend, told: list[Hint], pen: Pen
) -> None:
    for row, x, hint in _flow(told, pen):
        y = place.row(named.rows + row)
        if hint.marker:
            at, level = np.array([_EDGE + x + 8]), np.array([y + layout.LINE / 3])
            canvas.marks(at, level, hint.marker, palette.MUTED)
        pen.write(canvas, (_EDGE + x + hint.indent, y), hint.text, palette.MUTED)
