"""Charts as PNG: a module for each drawing of the model."""

from __future__ import annotations

from wandbwatch.model.drawing import Bars, Drawing, Heatmap, Matrix, Parallel, Scatter
from wandbwatch.model.report import Chart, Panels, Plot
from wandbwatch.plots import lines
from wandbwatch.plots.charts import bars, heatmap, matrix, panels, parallel, scatter
from wandbwatch.plots.figure import Sheet, own_settings


def draw(drawn: Plot | Chart, *, titled: bool) -> bytes:
    """Draw a plot or a chart; the same one makes the same bytes on the same machine.

    Without being *titled* a plot leaves its key to the words around it.
    """
    with own_settings():
        if isinstance(drawn, Plot):
            return lines.draw(drawn, titled=titled).png()
        if isinstance(drawn.drawing, Panels):
            return panels.draw(drawn.drawing)
        return _sheet(drawn.title, drawn.drawing, titled=titled).png()


def _sheet(title: str, drawing: Drawing, *, titled: bool) -> Sheet:
    match drawing:
        case Heatmap():
            return heatmap.draw(title, drawing, titled=titled)
        case Scatter():
            return scatter.draw(title, drawing, titled=titled)
        case Bars():
            return bars.draw(title, drawing, titled=titled)
        case Matrix():
            return matrix.draw(title, drawing, titled=titled)
        case Parallel():
            return parallel.draw(title, drawing, titled=titled)
