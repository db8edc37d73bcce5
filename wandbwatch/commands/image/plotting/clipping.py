"""Limits of the y axis that leave a few outliers out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from wandbwatch import formatting
from wandbwatch.model.report import Line, Plot

_MARGIN = 0.04


def limits(
    lines: Sequence[Line], share: float, *, log: bool
) -> tuple[float, float] | None:
    """Return what holds the middle *share* of all values that have a place on the
    axis; None if all do."""
    every = (y for line in lines for y in line.series.y if math.isfinite(y))
    values = sorted(y for y in every if y > 0 or not log)
    if share >= 1 or not values:
        return None
    beyond = (1 - share) / 2
    last = len(values) - 1
    low, high = (
        values[math.floor(last * beyond)],
        values[math.ceil(last * (1 - beyond))],
    )
    if not low < high or (low, high) == (values[0], values[-1]):
        return None
    room = (high / 2 - low / 2) * 2 * _MARGIN
    return max(low - room, values[0]), min(high + room, values[-1])


def notes(plot: Plot, share: float) -> Iterator[str]:
    if plot.limits is None:
        return
    low, high = plot.limits
    values = [y for line in plot.lines for y in line.series.y if math.isfinite(y)]
    beyond = sum(not low <= y <= high for y in values)
    if beyond:
        counted = "1 value" if beyond == 1 else f"{beyond} values"
        yield (
            f"{plot.key!r}: the y axis holds the middle {share * 100:g}% of the values,"
            f" {formatting.number(low)} to {formatting.number(high)};"
            f" {counted} beyond its ends"
        )
