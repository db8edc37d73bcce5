"""Numeric functions of rules; None without data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import Protocol

from wandbwatch.analysis.accelerators import MEMORY, globs
from wandbwatch.analysis.keys import SYSTEM
from wandbwatch.commands.alert.rules.facts import Moment, Needs, Window

LEAST = 5
"""The fewest values that give a standard deviation."""
GPUS = range(8)
"""The numbers of GPUs that are asked for by name; globs find the others."""


class Measure(Protocol):
    @property
    def needs(self) -> Needs: ...

    @property
    def percent(self) -> bool:
        """Whether it can be compared with a percentage."""
        ...

    def value(self, moment: Moment, *, percent: bool) -> float | None: ...


@dataclass(frozen=True)
class Latest:
    key: str
    percent = False

    @property
    def needs(self) -> Needs:
        return Needs((self.key,))

    def value(self, moment: Moment, *, percent: bool) -> float | None:
        del percent
        return _number(moment.latest(self.key))


@dataclass(frozen=True)
class Over:
    """The minimum, maximum or mean of a window's finite values."""

    what: str
    key: str
    window: Window
    percent = False

    @property
    def needs(self) -> Needs:
        return self.window.needs(self.key)

    def value(self, moment: Moment, *, percent: bool) -> float | None:
        del percent
        found = finite(moment.current(self.key, self.window))
        return AGGREGATES[self.what](found) if found else None


@dataclass(frozen=True)
class Change:
    """The mean of a window minus that of the window before, as W&B computes it."""

    key: str
    window: Window
    percent = True

    @property
    def needs(self) -> Needs:
        return self.window.needs(self.key, windows=2)

    def value(self, moment: Moment, *, percent: bool) -> float | None:
        now = finite(moment.current(self.key, self.window))
        then = finite(moment.prior(self.key, self.window))
        if not now or not then:
            return None
        return _difference(fmean(then), fmean(now), percent=percent)


@dataclass(frozen=True)
class ZScore:
    """How many standard deviations the latest value is above those before it."""

    key: str
    count: int
    percent = False

    @property
    def needs(self) -> Needs:
        return Needs((self.key,), count=self.count + 1)

    def value(self, moment: Moment, *, percent: bool) -> float | None:
        del percent
        latest = _number(moment.latest(self.key))
        before = finite(moment.before(self.key, 1, self.count))
        if latest is None or len(before) < LEAST:
            return None
        mean = fmean(before)
        spread = max(pstdev(before, mean), abs(mean) * 1e-9, 1e-300)
        return (latest - mean) / spread


@dataclass(frozen=True)
class Gap:
    """The second key's value minus the first's."""

    key: str
    other: str
    window: Window
    percent = True

    @property
    def needs(self) -> Needs:
        return self.window.needs(self.key, self.other)

    def value(self, moment: Moment, *, percent: bool) -> float | None:
        first = finite(moment.current(self.key, self.window))
        second = finite(moment.current(self.other, self.window))
        if not first or not second:
            return None
        return _difference(fmean(first), fmean(second), percent=percent)


@dataclass(frozen=True)
class GpuMemory:
    """How full the memory of the fullest GPU or other accelerator is, in percent."""

    percent = True

    @property
    def needs(self) -> Needs:
        named = tuple(f"system/gpu.{gpu}.memoryAllocated" for gpu in GPUS)
        return Needs((*named, *(SYSTEM + glob for glob in globs(MEMORY))))

    def value(self, moment: Moment, *, percent: bool) -> float | None:
        del percent
        found = (_number(moment.latest(key)) for key in moment.keys(self.needs.keys))
        return max((one for one in found if one is not None), default=None)


Measured = Latest | Over | Change | ZScore | Gap | GpuMemory
"""Every `Measure`."""
AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "min": min,
    "max": max,
    "mean": fmean,
    "avg": fmean,
}


def finite(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _number(value: float | None) -> float | None:
    """Return *value*; None for NaN, which compares with nothing."""
    return None if value is None or math.isnan(value) else value


def _difference(then: float, now: float, *, percent: bool) -> float | None:
    if not percent:
        return now - then
    return (now - then) / abs(then) * 100 if then else None
