"""Charts as PNG; bars and several plots in one are drawn here."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image

from wandbwatch import formatting
from wandbwatch.model.drawing import Bars, Drawing, Heatmap, Matrix, Parallel, Scatter
from wandbwatch.model.report import Chart, Panels, Plot
from wandbwatch.plots import lines, palette
from wandbwatch.plots.charts import heatmap, scatter
from wandbwatch.plots.figure import EDGE, PLOT, WIDTH, Frame, Sheet, own_settings
from wandbwatch.plots.ticks import MINUS, Scale
from wandbwatch.plots.words import TEXT, Words, points


def draw(drawn: Plot | Chart, *, titled: bool) -> bytes:
    """Draw a plot or a chart; the same one makes the same bytes on the same machine.

    Without being *titled* a picture leaves its name to the words around it.
    """
    with own_settings():
        if isinstance(drawn, Plot):
            return lines.draw(drawn, titled=titled).png()
        if isinstance(drawn.drawing, Panels):
            return draw_panels(drawn.drawing)
        return sheet(drawn.title if titled else "", drawn.drawing).png()


def sheet(title: str, drawing: Drawing) -> Sheet:
    match drawing:
        case Heatmap():
            return heatmap.draw(title, drawing)
        case Scatter():
            return scatter.draw(title, drawing)
        case Bars():
            return draw_bars(title, drawing)
        case Matrix():
            return heatmap.draw_matrix(title, drawing)
        case Parallel():
            return scatter.draw_parallel(title, drawing)


MOST = 40
"""How many bars there are on a picture at most."""
_ROW, _LONGEST = 36, 300
_THICK = 0.62


def draw_bars(title: str, drawing: Bars) -> Sheet:
    items = drawing.items[:MOST]
    more = len(drawing.items) - len(items)
    amount = f"{drawing.amount} · {more} more" if more else drawing.amount
    words = Words((title, amount, *(name for name, _ in items)))
    names = [words.fit(name, _LONGEST) for name, _ in items]
    amounts = [_worded(value) for _, value in items]
    frame = Frame(
        title=title,
        x_name=amount,
        left=max(map(words.width, names), default=0.0),
        right=max(map(words.width, amounts), default=0.0),
        below=0.0,
        plot=max(len(items), 1) * _ROW + 14,
    )
    sheet = Sheet(words, frame)
    values = np.array([0.0, *(v for _, v in items)], dtype=np.float64)
    scale = Scale.of([values])
    if not items or scale is None:
        sheet.write_nothing()
        return sheet
    levels = np.arange(len(items))
    sheet.axes.barh(levels, scale.place(values)[1:], _THICK, color=palette.COLOURS[0])
    sheet.axes.set_ylim(len(items) - 0.5, -0.5)
    sheet.axes.axvline(0, color=palette.MUTED, linewidth=points(1.5))
    for name, amount, y in zip(names, amounts, sheet.up(levels), strict=True):
        sheet.write(EDGE, y - TEXT / 3, name)
        sheet.write(WIDTH - EDGE, y - TEXT / 3, amount, palette.MUTED, align=1)
    return sheet


def _worded(value: float) -> str:
    return formatting.number(value).replace("-", MINUS).replace("inf", "∞")


_TWO, _THREE = 2, 3
_CROWDED = 8


def draw_panels(panels: Panels) -> bytes:
    """Draw *panels* as a PNG, 800 pixels wide for each column."""
    pictures = [
        PIL.Image.open(io.BytesIO(lines.draw(plot).png())) for plot in panels.plots
    ]
    columns = min(_THREE if len(pictures) > _CROWDED else _TWO, max(len(pictures), 1))
    rows = [pictures[i : i + columns] for i in range(0, len(pictures), columns)]
    heights = [max(picture.height for picture in row) for row in rows]
    size = (columns * WIDTH, sum(heights) or PLOT)
    whole = PIL.Image.new("RGB", size, palette.BACKGROUND)
    top = 0
    for row, height in zip(rows, heights, strict=True):
        for place, picture in enumerate(row):
            whole.paste(picture.convert("RGB"), (place * WIDTH, top))
        top += height
    file = io.BytesIO()
    whole.save(file, format="png")
    return file.getvalue()
