"""What a picture must say beside its lines, so that nobody reads it wrongly."""

from __future__ import annotations

from dataclasses import dataclass

from wandbwatch.model.report import Plot
from wandbwatch.plots.canvas import Marker
from wandbwatch.plots.chart import ChartGeometry, LineKind
from wandbwatch.plots.palette import NAMED

MARKERS = {
    LineKind.NAN: Marker("x", 10),
    LineKind.ABOVE: Marker("^", 9),
    LineKind.BELOW: Marker("v", 9),
    LineKind.NOT_POSITIVE: Marker("v", 11, filled=False),
}
_BESIDE_MARKER = 22


@dataclass(frozen=True)
class Hint:
    """Words, and the marker they explain if they do."""

    text: str
    marker: Marker | None = None

    @property
    def indent(self) -> int:
        return _BESIDE_MARKER if self.marker else 0


def hints(plot: Plot, chart: ChartGeometry) -> list[Hint]:
    """Say what the marks mean, and what is not to be seen."""
    told = [Hint(kind.value, MARKERS[kind]) for kind in chart.kinds]
    if plot.log_y and chart.y and not chart.y.log:
        told.append(Hint("no value above 0: not a log scale"))
    if chart.adrift:
        told.append(Hint(f"{_points(chart.adrift)} without an x value"))
    if any(line.series.sampled for line in plot.lines):
        told.append(Hint("sampled: some points are left out"))
    if empty := sum(1 for line in plot.lines if not len(line.series.x)):
        told.append(Hint(f"{_runs(empty)} without a point"))
    if len(plot.lines) > NAMED:
        told.append(Hint(f"{_runs(len(plot.lines) - NAMED)} more in grey"))
    return told


def _points(n: int) -> str:
    return f"{n} point" if n == 1 else f"{n} points"


def _runs(n: int) -> str:
    return f"{n} run" if n == 1 else f"{n} runs"
