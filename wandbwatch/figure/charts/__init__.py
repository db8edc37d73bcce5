"""Charts as PNG: a module for each drawing of the model."""

from __future__ import annotations

from wandbwatch.figure.canvas import Canvas, own_settings
from wandbwatch.figure.charts import bars, heatmap, histogram, parallel, scatter
from wandbwatch.model.drawing import Bars, Heatmap, Parallel, Scatter
from wandbwatch.model.report import Chart


def draw(chart: Chart) -> bytes:
    """Draw *chart*; the same one makes the same bytes on the same machine."""
    with own_settings():
        return _canvas(chart).png()


def _canvas(chart: Chart) -> Canvas:
    match chart.drawing:
        case Heatmap() as drawing if len(drawing.columns) == 1:
            return histogram.drawn(chart.title, drawing)
        case Heatmap() as drawing:
            return heatmap.drawn(chart.title, drawing)
        case Scatter() as drawing:
            return scatter.drawn(chart.title, drawing)
        case Bars() as drawing:
            return bars.drawn(chart.title, drawing)
        case Parallel() as drawing:
            return parallel.drawn(chart.title, drawing)
