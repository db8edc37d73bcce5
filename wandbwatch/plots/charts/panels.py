"""Several plots in one picture: beside and below each other, each as it is alone."""

from __future__ import annotations

import io

import PIL.Image

from wandbwatch.model.report import Panels
from wandbwatch.plots import palette
from wandbwatch.plots.figure import PLOT, WIDTH
from wandbwatch.plots.lines import draw as draw_lines

_TWO, _THREE = 2, 3
_CROWDED = 8


def draw(panels: Panels) -> bytes:
    """Draw *panels* as a PNG, 800 pixels wide for each column."""
    pictures = [
        PIL.Image.open(io.BytesIO(draw_lines(plot).png())) for plot in panels.plots
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
