"""From a value to its place along an axis, 0 to 1, safe for any float there is."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wandbwatch.plots import numbers, times
from wandbwatch.plots.numbers import Tick

Floats = npt.NDArray[np.float64]
_GREATEST = sys.float_info.max


@dataclass(frozen=True)
class Scale:
    """An axis from *low* to *high*; both finite, and above 0 on a log scale."""

    low: float
    high: float
    log: bool = False

    def place(self, values: Floats) -> Floats:
        """Return where *values* stand; NaN for what has no place on the axis."""
        low, high = self._on_axis(np.array([self.low, self.high]))
        with np.errstate(over="ignore", under="ignore"):
            places: Floats = (self._on_axis(values) - low) / ((high - low) or 1.0)
        return places

    def _on_axis(self, values: Floats) -> Floats:
        there = np.where(np.isfinite(values), values, np.nan)
        if not self.log:
            return there / 2  # so that the difference of any two is a float
        logs: Floats = np.log10(there, where=there > 0, out=np.full_like(there, np.nan))
        return logs


def around(low: float, high: float, *, log: bool = False) -> Scale:
    """Return a scale that holds *low* to *high*, and is of some width in any case."""
    if low < high:
        return Scale(low, high, log)
    if log:
        return Scale(max(low / 2, 5e-324), min(high * 2, _GREATEST), log)
    half = abs(low) / 10 or 1.0
    return Scale(max(low - half, -_GREATEST), min(high + half, _GREATEST))


def value_ticks(scale: Scale, count: int) -> list[Tick]:
    """Return the ticks of an axis of values."""
    if scale.log:
        return numbers.logarithmic(scale.low, scale.high, count)
    return numbers.linear(scale.low, scale.high, count)


@dataclass(frozen=True)
class Ruler:
    """How the x axis is divided, worded where there is one point only, and named."""

    ticks: Callable[[float, float, int], list[Tick]]
    single: Callable[[float], str]
    name: Callable[[float, float], str]


def ruler(x: str) -> Ruler:
    """Return the ruler of what a plot calls its *x*."""
    if x == "runtime":
        return Ruler(times.runtime, times.runtime_at, lambda _low, _high: "runtime")
    if x == "wall":
        return Ruler(times.wall, times.wall_at, times.days)
    if x == "step":
        return Ruler(_steps, _number, lambda _low, _high: "step")
    return Ruler(numbers.linear, _number, lambda _low, _high: x)


def _steps(low: float, high: float, count: int) -> list[Tick]:
    return numbers.linear(low, high, count, whole=True)


def _number(at: float) -> str:
    if at == math.floor(at) and abs(at) < numbers.WHOLE_TO:
        return numbers.label(at, 1.0)
    return numbers.label(at, abs(at) / 1000)
