"""Charts as PNG: a module for each drawing of the model."""

from __future__ import annotations

from wandbwatch.model.drawing import Bars, Drawing, Heatmap, Parallel, Scatter
from wandbwatch.model.report import Chart, Panels
from wandbwatch.plots.canvas import Canvas, own_settings
from wandbwatch.plots.charts import bars, heatmap, histogram, panels, parallel, scatter


def draw(chart: Chart) -> bytes:
    """Draw *chart*; the same one makes the same bytes on the same machine."""
    if isinstance(chart.drawing, Panels):
        return panels.drawn(chart.drawing)
    with own_settings():
        return _canvas(chart.title, chart.drawing).png()


def _canvas(title: str, drawing: Drawing) -> Canvas:
    match drawing:
        case Heatmap() if len(drawing.columns) == 1:
            return histogram.drawn(title, drawing)
        case Heatmap():
            return heatmap.drawn(title, drawing)
        case Scatter():
            return scatter.drawn(title, drawing)
        case Bars():
            return bars.drawn(title, drawing)
        case Parallel():
            return parallel.drawn(title, drawing)
