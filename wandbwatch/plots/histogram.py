"""Histograms over a picture's or a terminal's rows."""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.formatting import charts as charted
from wandbwatch.model.drawing import HistogramColumn


def spread(column: HistogramColumn, places: Sequence[float]) -> list[float]:
    """Return how much of a histogram lies between each two *places*, which go up.

    Shares of the whole; a bin that stands on one place belongs to the part above it.
    """
    import numpy as np  # noqa: PLC0415 -- slow to load

    low, high, counts = np.array([(0.0, 0.0, 0.0), *sorted(charted.bins(column))]).T
    unit = max(abs(places[0]), abs(places[-1])) or 1.0
    low, high = low[1:] / unit, high[1:] / unit
    high = np.maximum(high, np.nextafter(low, np.inf))
    edges = np.maximum.accumulate(np.column_stack([low, high]).ravel())
    below = np.cumsum(counts / (counts.max() or 1.0))
    sums = np.column_stack([below[:-1], below[1:]]).ravel()
    if not len(edges):
        return [0.0] * (len(places) - 1)
    starts = np.asarray(places[:-1]) / unit
    parts = np.diff(np.interp([*starts, np.inf], edges, sums))
    shares: list[float] = (parts / (parts.sum() or 1.0)).tolist()
    return shares
