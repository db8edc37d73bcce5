"""Histograms as W&B writes them, read into columns of a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from wandbwatch.model.drawing import HistogramColumn
from wandbwatch.model.run import Json

_INFINITE = {"Infinity": math.inf, "-Infinity": -math.inf}
_MOST = 4096
"""The most bins read of one histogram; W&B itself takes 512 at most."""


def is_histogram(value: Json) -> bool:
    return isinstance(value, Mapping) and value.get("_type") == "histogram"


def column(x: float, value: Json) -> HistogramColumn | None:
    """Read ``{_type: histogram, values: […], bins: […]}`` at *x*.

    The edges may be packed instead: ``packedBins: {min, size, count}``. What is not
    whole, or no histogram at all, is None.
    https://docs.wandb.ai/ref/python/data-types/histogram
    """
    if not is_histogram(value) or not isinstance(value, Mapping):
        return None
    counts = _numbers(value.get("values"))
    edges = _numbers(value.get("bins")) or _unpacked(value.get("packedBins"))
    if not counts or not edges or len(edges) != len(counts) + 1 or len(counts) > _MOST:
        return None
    return HistogramColumn(x, bounded(edges), counts)


def bounded(edges: tuple[float, ...]) -> tuple[float, ...]:
    """Replace infinite outer *edges*: their bins become as wide as their neighbours."""
    finite = [edge for edge in edges if math.isfinite(edge)]
    if len(finite) == len(edges) or not finite or any(map(math.isnan, edges)):
        return edges
    below, above = edges.index(finite[0]), edges[::-1].index(finite[-1])
    low = finite[1] - finite[0] if len(finite) > 1 else 1.0
    high = finite[-1] - finite[-2] if len(finite) > 1 else 1.0
    return (
        *(finite[0] - low * n for n in range(below, 0, -1)),
        *finite,
        *(finite[-1] + high * n for n in range(1, above + 1)),
    )


def _unpacked(packed: Json) -> tuple[float, ...]:
    if not isinstance(packed, Mapping):
        return ()
    read = _numbers([packed.get(name) for name in ("min", "size", "count")])
    if len(read) != len(("min", "size", "count")) or not all(map(math.isfinite, read)):
        return ()
    low, size, count = read
    if not 0 < count <= _MOST:
        return ()
    return tuple(low + size * i for i in range(int(count) + 1))


def _numbers(values: Json) -> tuple[float, ...]:
    """Read a list of numbers; empty if any item is not a number."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        return ()
    read: list[float] = []
    for value in values:
        if isinstance(value, str):  # JSON has no other way to say it
            value = _INFINITE.get(value)  # noqa: PLW2901
        if isinstance(value, bool) or not isinstance(value, int | float):
            return ()
        try:
            read.append(float(value))
        except OverflowError:
            return ()
    return tuple(read)
