"""Histograms as numbers of one axis: safe for whatever edges and counts a run logs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.plots.scale import Floats, Scale, around


@dataclass(frozen=True)
class Bins:
    """Counts above 0, each from ``low`` to ``high``."""

    low: Floats
    high: Floats
    counts: Floats


def bins(column: HistogramColumn) -> Bins:
    """Return the bins that have a place and hold something, from low to high."""
    size = min(len(column.counts), len(column.edges) - 1)
    counts = np.asarray(column.counts[: max(size, 0)], dtype=np.float64)
    edges = np.asarray(column.edges[: max(size, 0) + 1], dtype=np.float64)
    low, high = np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:])
    low, high = low[: len(counts)], high[: len(counts)]
    there = np.isfinite(low) & np.isfinite(high) & np.isfinite(counts) & (counts > 0)
    order = np.argsort(low[there], kind="stable")
    return Bins(low[there][order], high[there][order], counts[there][order])


def extent(many: Iterable[Bins]) -> Scale | None:
    """Return the scale that all bins fit on; None if there are none."""
    there = [one for one in many if len(one.counts)]
    if not there:
        return None
    low = min(float(one.low.min()) for one in there)
    return around(low, max(float(one.high.max()) for one in there))


def shares(found: Bins, scale: Scale, rows: int) -> Floats:
    """Return how much of *found* lies in each of so many equal parts of *scale*.

    The largest part is 1; all are 0 where there is nothing.
    """
    if not len(found.counts):
        return np.zeros(rows)
    places = np.column_stack([scale.place(found.low), scale.place(found.high)])
    below = np.cumsum(found.counts / found.counts.max())
    sums = np.column_stack([np.concatenate([[0.0], below[:-1]]), below])
    ends = np.linspace(0.0, 1.0, rows + 1)
    ends[0] = -1.0  # what has no width at the low end is above it
    parts: Floats = np.diff(
        np.interp(ends, np.maximum.accumulate(places.ravel()), sums.ravel())
    )
    most = parts.max()
    return parts / most if most > 0 else parts
