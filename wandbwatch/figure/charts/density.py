"""Histograms as numbers of one axis: safe for whatever edges and counts a run logs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wandbwatch.figure.scale import Floats, Scale, around
from wandbwatch.model.drawing import Column


@dataclass(frozen=True)
class Bins:
    """Counts above 0, each from ``low`` to ``high``."""

    low: Floats
    high: Floats
    counts: Floats


def bins(column: Column) -> Bins:
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
    low, high = scale.place(found.low), scale.place(found.high)
    total: Floats = np.zeros(rows)
    ends = np.linspace(0.0, 1.0, rows + 1)
    counts = found.counts / (found.counts.max() if len(found.counts) else 1.0)
    for start, end, count in zip(low, high, counts, strict=True):
        width = max(end - start, 1.0 / rows)
        covered = np.clip((ends - start) / width, 0.0, 1.0)
        total += np.diff(covered) * count
    most = total.max(initial=0.0)
    return total / most if most > 0 else total
