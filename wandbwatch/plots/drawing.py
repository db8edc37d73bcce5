"""A plot as PNG: its chart, and the words around it, put on a canvas."""

from __future__ import annotations

import numpy as np

from wandbwatch.model.report import Line, Plot
from wandbwatch.plots import around, layout, palette
from wandbwatch.plots.axes import draw_axes, frame
from wandbwatch.plots.canvas import Canvas, Pencil, own_settings
from wandbwatch.plots.chart import ChartGeometry, chart
from wandbwatch.plots.hints import hints
from wandbwatch.plots.layout import EDGE, PictureLayout
from wandbwatch.plots.legend import GAP, SAMPLE, LegendEntry, legend
from wandbwatch.plots.lines import draw_lines
from wandbwatch.plots.marks import draw_marks
from wandbwatch.plots.pen import Pen

_SAMPLE_WIDTH = 3.4


def draw(plot: Plot) -> bytes:
    """Draw *plot*; the same plot makes the same bytes on the same machine."""
    with own_settings():
        return _canvas(plot).png()


def _canvas(plot: Plot) -> Canvas:
    worked_out = chart(plot)
    named_lines = (t for n in plot.lines for t in (n.name, n.run))
    pen = Pen((plot.key, plot.x, *named_lines, *(m.name for m in plot.marks)))
    runs = [_names(line, pen) for line in plot.lines]
    named = legend(runs, layout.WIDTH - 2 * EDGE, pen.width)
    told = hints(plot, worked_out)
    framed = frame(plot.x, worked_out, pen)
    place = PictureLayout(
        framed.left,
        named.rows,
        around.hint_rows(told, pen),
        worked_out.rows(above=False),
        worked_out.rows(above=True),
    )
    canvas = Canvas(layout.WIDTH, place.height, palette.BACKGROUND)
    draw_axes(canvas, place, framed, pen)
    draw_lines(canvas, place, worked_out)
    draw_marks(canvas, place, worked_out, plot.marks, pen)
    if worked_out.x is None:
        around.write_nothing(canvas, place.bottom, pen)
    aside = _aside(plot, worked_out)
    around.write_title(canvas, place.height, plot.key, pen, aside)
    around.write_axis_name(canvas, place, framed.x_name, pen)
    for entry in named.entries:
        _write_entry(canvas, place, entry, pen)
    around.write_hints(canvas, place, named.rows, told, pen)
    return canvas


def _names(line: Line, pen: Pen) -> tuple[str, str]:
    name, run = pen.clean(line.name), pen.clean(line.run)
    return ("" if name == run else name), run


def _aside(plot: Plot, worked_out: ChartGeometry) -> str:
    is_log = worked_out.y is not None and worked_out.y.log
    words = ("log scale" if is_log else "", plot.smooth and f"smoothed {plot.smooth:g}")
    return ", ".join(word for word in words if word)


def _write_entry(
    canvas: Canvas, place: PictureLayout, entry: LegendEntry, pen: Pen
) -> None:
    x, y = EDGE + entry.x, place.row(entry.row)
    level = y + layout.LINE / 3
    pencil = Pencil(entry.look.colour, _SAMPLE_WIDTH, entry.look.dash)
    canvas.line(np.array([x, x + SAMPLE]), np.array([level, level]), pencil)
    beside = x + SAMPLE + GAP
    pen.write(canvas, (beside, y), entry.name, palette.TEXT)
    pen.write(canvas, (EDGE + entry.run_x, y), entry.run, palette.MUTED)
