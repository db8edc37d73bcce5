"""What charts over two axes have in common: the axes, and the words around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wandbwatch.plots import around, layout, palette
from wandbwatch.plots.axes import draw_axes, ticked
from wandbwatch.plots.canvas import Canvas
from wandbwatch.plots.hints import Hint
from wandbwatch.plots.layout import PictureLayout
from wandbwatch.plots.pen import Pen
from wandbwatch.plots.scale import Scale


@dataclass(frozen=True)
class ChartAxis:
    """An axis' name, and its scale; None where nothing has a place on it."""

    name: str
    scale: Scale | None
    single: float | None = None
    """The one value that all have on it, if they do."""


@dataclass(frozen=True)
class ChartSheet:
    canvas: Canvas
    place: PictureLayout
    pen: Pen


def sheet(
    title: str,
    x: ChartAxis,
    y: ChartAxis,
    *,
    hints: Sequence[str] = (),
    texts: Iterable[str] = (),
    aside: str = "",
) -> ChartSheet:
    """Prepare a picture that is to be drawn upon; *texts* will be written on it."""
    pen = Pen((title, x.name, y.name, aside, *texts))
    told = [Hint(hint) for hint in hints]
    framed = ticked(x.name, x.scale, y.scale, pen, x.single)
    place = PictureLayout(
        framed.left, 0, around.hint_rows(told, pen), 0, 0, y_named=bool(y.name)
    )
    canvas = Canvas(layout.WIDTH, place.height, palette.BACKGROUND)
    draw_axes(canvas, place, framed, pen)
    around.write_title(canvas, place.height, title, pen, aside)
    around.write_axis_name(canvas, place, framed.x_name, pen)
    name = pen.shorten(y.name, layout.WIDTH - 2 * layout.EDGE, pen.small)
    pen.write(canvas, (layout.EDGE, place.y_name), name, palette.MUTED)
    if x.scale is None or y.scale is None:
        around.write_nothing(canvas, place.bottom, pen)
    around.write_hints(canvas, place, 0, told, pen)
    return ChartSheet(canvas, place, pen)
