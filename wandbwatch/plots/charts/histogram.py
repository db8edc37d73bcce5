"""One histogram: its bins as bars over the values."""

from __future__ import annotations

import numpy as np

from wandbwatch.model.drawing import Heatmap
from wandbwatch.plots import palette
from wandbwatch.plots.canvas import Canvas
from wandbwatch.plots.charts.density import bins, extent
from wandbwatch.plots.charts.sheet import ChartAxis, sheet
from wandbwatch.plots.scale import around, ruler

_GAP = 1.5
_NARROWEST = 2.0
_LONGEST = 40


def drawn(title: str, drawing: Heatmap) -> Canvas:
    """Draw the only column of *drawing*."""
    (column,) = drawing.columns
    found = bins(column)
    values = extent([found])
    counts = around(0.0, float(found.counts.max())) if len(found.counts) else None
    done = sheet(
        title,
        ChartAxis(drawing.y, values),
        ChartAxis("count", counts),
        aside=_at(drawing.x, column.x),
    )
    if values and counts:
        left = done.place.x(values.place(found.low))
        right = done.place.x(values.place(found.high))
        tops = done.place.y(counts.place(found.counts))
        floor = float(done.place.y(np.zeros(1))[0])
        for a, b, top in zip(left, right, tops, strict=True):
            end = max(b - _GAP, a + _NARROWEST)
            done.canvas.fill(
                np.array([a, end]),
                np.full(2, floor),
                np.full(2, top),
                palette.COLOURS[0],
            )
    return done.canvas


def _at(name: str, x: float) -> str:
    if not np.isfinite(x):
        return ""
    short = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
    return f"at {short} {ruler(name).single(x)}"
