"""Histograms over an axis as blocks: heatmaps, lines of quantiles, or the last one."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from wandbwatch.commands.image.parse import DistributionKind
from wandbwatch.commands.image.plotting import View
from wandbwatch.formatting import charts as charted
from wandbwatch.model.drawing import Distributions, Heatmap, HistogramColumn
from wandbwatch.model.report import Block, Chart, Line, Plot
from wandbwatch.model.run import Run, Series

_QUANTILES = (
    ("95%", 0.95),
    ("75%", 0.75),
    ("median", 0.5),
    ("25%", 0.25),
    ("5%", 0.05),
)


def blocks(
    key: str, x: str, found: Sequence[Distributions], view: View
) -> Iterator[Block]:
    """Show the histograms of *key* that the runs *found* have over *x*."""
    there = [(one.run, one.columns[key]) for one in found if one.columns.get(key)]
    if view.kind is DistributionKind.LINES and there:
        plot = Plot(key, x, tuple(_lines(key, there)), view.log_y, view.smooth)
        yield replace(plot, marks=view.marks, log_x=view.log_x)
        return
    for run, columns in there:
        shown = columns[-1:] if view.kind is DistributionKind.LAST else columns
        title = key if len(found) == 1 else f"{key} · {run.name} ({run.id})"
        yield Chart(title, Heatmap(x, key, tuple(shown)))


def since(
    found: Sequence[Distributions], starts: Mapping[str, float | None]
) -> tuple[Distributions, ...]:
    """Leave out what stands before each run's start, where it is known."""
    return tuple(
        replace(
            one,
            columns={
                key: tuple(c for c in columns if start is None or c.x >= start)
                for key, columns in one.columns.items()
            },
        )
        for one in found
        for start in (starts.get(one.run.id),)
    )


def quantile(key: str, columns: Sequence[HistogramColumn], share: float) -> Series:
    """Return where *share* of the values of each histogram lie below."""
    values = array("d", (charted.quantile(column, share) for column in columns))
    return Series(key, array("d", (column.x for column in columns)), values)


def _lines(
    key: str, there: Sequence[tuple[Run, Sequence[HistogramColumn]]]
) -> Iterator[Line]:
    """Draw one run's quantiles; of several each one's median with its inner half."""
    if len(there) == 1:
        ((run, columns),) = there
        for name, share in _QUANTILES:
            yield Line(run.id, name, quantile(key, columns, share))
        return
    for run, columns in there:
        edges = quantile(key, columns, 0.25), quantile(key, columns, 0.75)
        yield Line(run.id, run.name, quantile(key, columns, 0.5), edges)


def notes(found: Sequence[Distributions]) -> Iterator[str]:
    """Say of which keys there are more histograms than are shown."""
    for key in sorted({key for one in found for key in one.sampled}):
        yield f"{key!r}: a sample of the histograms"
