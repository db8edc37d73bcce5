"""W&B's time-weighted exponential moving average, for every medium that draws lines.

https://docs.wandb.ai/guides/app/features/panels/line-plot/smoothing/
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence

from wandbwatch.model.run import Series

VIEWPORT_SCALE = 1000
"""The width of a chart on W&B in units; a weight is per unit."""
HEAVIEST = 0.999


def smoothed(lines: Sequence[Series], weight: float) -> tuple[Series, ...]:
    """Smooth the *lines* of one chart by *weight*, from 0 (not at all) to 1.

    They share the chart's x range, as on W&B, so that lines logged at different
    rates are smoothed alike.
    """
    width = _width(line.x for line in lines)
    return tuple(
        Series(
            s.key,
            s.x,
            average(s.x, s.y, weight, width),
            sampled=s.sampled,
            exact=s.exact,
        )
        for s in lines
    )


def average(
    x: Sequence[float], y: Sequence[float], weight: float, width: float
) -> list[float]:
    """Return the moving average of *y* at each of its points.

    *width* is the chart's range of x. What is not finite is no part of the average
    and NaN stays in its place, so one NaN does not spoil the values after it.
    """
    decay = min(math.sqrt(weight), HEAVIEST)
    averages = []
    mean = mass = 0.0
    before = math.nan
    for at, value in zip(x, y, strict=True):
        if not (math.isfinite(at) and math.isfinite(value)):
            averages.append(math.nan)
            continue
        if mass:
            mass *= decay ** _units(at - before, width)
        before = at
        mass += 1.0
        # W&B's sum over its debiasing weight, without ever holding the sum, which
        # overflows near the end of the floats.
        mean = mean * ((mass - 1.0) / mass) + value / mass
        averages.append(mean)
    return averages


def _units(change: float, width: float) -> float:
    """Return how far x has moved in the viewport; a key as x may also go back."""
    if not width:
        return 0.0
    return min(abs(change), sys.float_info.max) / width * VIEWPORT_SCALE


def _width(axes: Iterable[Sequence[float]]) -> float:
    places = [at for axis in axes for at in axis if math.isfinite(at)]
    return max(places) - min(places) if places else 0.0
