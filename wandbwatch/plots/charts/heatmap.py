"""How a distribution changed: over x, bright where most of its values were."""

from __future__ import annotations

import numpy as np

from wandbwatch.model.drawing import Heatmap
from wandbwatch.plots.canvas import Canvas, Image
from wandbwatch.plots.charts.density import Bins, bins, extent, shares
from wandbwatch.plots.charts.ramp import shade
from wandbwatch.plots.charts.sheet import ChartAxis, sheet
from wandbwatch.plots.layout import PictureLayout
from wandbwatch.plots.scale import Floats, Scale, around

_HINT = "bright: most values, at each x"


def drawn(title: str, drawing: Heatmap) -> Canvas:
    found = sorted(
        ((column.x, bins(column)) for column in drawing.columns),
        key=lambda pair: pair[0],
    )
    there = [(x, one) for x, one in found if np.isfinite(x) and len(one.counts)]
    hints = [_HINT] if there else []
    if gone := len(found) - len(there):
        hints.append(f"{gone} without a finite value")
    y = extent(one for _, one in there)
    x = around(there[0][0], there[-1][0]) if there else None
    single = there[0][0] if there and there[0][0] == there[-1][0] else None
    name = "" if drawing.y == title else drawing.y
    done = sheet(
        title, ChartAxis(drawing.x, x, single), ChartAxis(name, y), hints=hints
    )
    if x and y:
        picture = _picture(there, x, y, done.place)
        left, bottom = _corner(done.place)
        done.canvas.paint(left, bottom, picture)
    return done.canvas


def _corner(place: PictureLayout) -> tuple[float, float]:
    zero = np.zeros(1)
    return float(place.x(zero)[0]), float(place.y(zero)[0])


def _picture(
    there: list[tuple[float, Bins]], x: Scale, y: Scale, place: PictureLayout
) -> Image:
    """Colour each part of each column, which reaches half way to the next."""
    one, left_bottom = np.ones(1), _corner(place)
    width = round(float(place.x(one)[0]) - left_bottom[0])
    height = round(float(place.y(one)[0]) - left_bottom[1])
    at = x.place(np.array([where for where, _ in there], dtype=np.float64))
    bounds = (at[1:] + at[:-1]) / 2
    columns = np.searchsorted(bounds, (np.arange(width) + 0.5) / width)
    wanted: list[Floats] = [shares(found, y, height) for _, found in there]
    return shade(np.sqrt(np.column_stack(wanted))[::-1, columns])
