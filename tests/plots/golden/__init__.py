"""Pictures as they should look: ``python -m tests.plots.golden`` draws them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wandbwatch.model.report import Chart, Plot

from tests.plots import charts
from tests.plots.pictures import crowd, diverged, smooth

PLACE = Path(__file__).parent
PLOTS: dict[str, Callable[[], Plot | Chart]] = {
    "diverged": diverged,
    "smooth": smooth,
    "crowd": lambda: crowd(14),
    "marked": charts.marked,
    "heatmap": charts.gradients,
    "histogram": charts.one_histogram,
    "scatter": charts.scatter,
    "bars": charts.bars,
    "parallel": charts.parallel,
    "confusion": charts.confusion,
    "panels": charts.panels,
}
