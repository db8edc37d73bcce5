"""Numeric functions of rules; None without data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, median
from typing import Protocol

from wandbwatch.analysis.keys import SYSTEM
from wandbwatch.analysis.machine import MEMORY, globs
from wandbwatch.commands.alert.rules.facts import Moment, Needs, Window, finite

_STEP = 1.4826 / 2**0.5
"""Turns the median step between normal values into their standard deviation."""
LEAST = 5
"""The fewest values that give a standard deviation."""
FLOOR = 1e-3
"""The smallest standard deviation, relative to the mean."""
HOLD = 300.0
"""Seconds that a comparison with the latest value must hold by default."""
STEADY = (3, 4, 6, 8, 11, 15, 20)
"""Values in a row that must be far from those before: fewer are outliers. Several may
have been logged since the last check."""
_EARLIER = (2, 3, 4)
"""The windows, counted back, that a change has to leave behind as well."""
_MANY = 6
"""Of so many values in a row, or more, a third need not be far."""
SURE = 4.0
"""Standard errors that a change must have, not to be the noise of the values."""
_SCATTER = 100
"""The last values that show the noise."""
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
    """The last value of a key."""

    key: str
    percent = False
    hold = HOLD

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
    before: Window | None = None
    """The window before, if it has another length."""
    either: bool = False
    """Whether a fall counts as a rise."""
    percent = True

    @property
    def needs(self) -> Needs:
        before = self.before or self.window
        both = self.window.needs(self.key) | before.needs(self.key)
        seconds = self.window.seconds + before.seconds
        count = max(self.window.count + before.count, _SCATTER)
        return replace(both, seconds=seconds, count=count)

    def value(self, moment: Moment, *, percent: bool) -> float | None:
        now = finite(moment.current(self.key, self.window))
        then = finite(moment.prior(self.key, self.window, self.before))
        if now and not then:  # rows are further apart than the window is long
            then = finite(moment.before(self.key, len(now), 1))
        if not now or not then:
            return None
        found = _difference(fmean(then), fmean(now), percent=percent)
        if moment.steady and found is not None:
            found = self._lasting(moment, found, fmean(now), percent=percent)
            found = 0.0 if self._noisy(moment, then, now) else found
        return abs(found) if self.either and found is not None else found

    def _lasting(
        self, moment: Moment, found: float, now: float, *, percent: bool
    ) -> float:
        """Return the change from the window before the last two, if that is smaller:
        the end of a dip is no rise. Where it is to be certain, from earlier ones too.
        """
        if self.before not in (None, self.window):
            return found
        for skipped in _EARLIER if moment.certain else _EARLIER[:1]:
            level = moment.level(self.key, self.window, skipped)
            other = None if level is None else _difference(level, now, percent=percent)
            if other is not None:
                found = 0.0 if found * other < 0 else min(found, other, key=abs)
        return found

    def _noisy(
        self, moment: Moment, then: Sequence[float], now: Sequence[float]
    ) -> bool:
        # A value alone in its window is no measure of its own noise.
        alone = len(now) == 1 or len(then) == 1
        recent = finite(moment.before(self.key, int(alone), _SCATTER))
        if alone and len(recent) <= LEAST:
            return True
        steps = [(b - a) ** 2 for a, b in pairwise(recent)]
        # Not by medians: rare peaks move a mean, too.
        sigma = math.sqrt(math.fsum(steps) / len(steps) / 2) if steps else 0.0
        error: float = sigma * (1 / len(then) + 1 / len(now)) ** 0.5
        return abs(fmean(now) - fmean(then)) < SURE * error


@dataclass(frozen=True)
class Score:
    """How many *sigma* the last *count* values are above the *mean* before them."""

    score: float
    mean: float
    sigma: float
    count: int


@dataclass(frozen=True)
class ZScore:
    """How many standard deviations the latest value is above those before it; of a
    steady moment, the last values."""

    key: str
    count: int
    percent = False

    @property
    def needs(self) -> Needs:
        return Needs((self.key,), count=self.count + STEADY[-1])

    def value(self, moment: Moment, *, percent: bool) -> float | None:
        del percent
        found = self.scored(moment)
        return found.score if found else None

    def scored(self, moment: Moment) -> Score | None:
        counts = STEADY if moment.steady else (1,)
        found = [self._score(moment, count) for count in counts]
        known = [score for score in found if score is not None]
        return max(known, key=lambda one: abs(one.score), default=None)

    def _score(self, moment: Moment, count: int) -> Score | None:
        """Return the score that all of the last *count* values have."""
        recent = moment.before(self.key, 0, count)
        before = finite(moment.before(self.key, count, self.count))
        if len(recent) < count or any(map(math.isnan, recent)) or len(before) < LEAST:
            return None
        mean = math.fsum(before) / len(before)
        spread = math.sqrt(math.fsum((v - mean) ** 2 for v in before) / len(before))
        spread = max(spread, abs(mean) * FLOOR, 1e-300)
        ranked = sorted(recent)
        spared = count // 3 if count >= _MANY else 0
        low, high = ranked[spared] - mean, ranked[-1 - spared] - mean
        return Score((low if low > 0 else min(high, 0.0)) / spread, mean, spread, count)


@dataclass(frozen=True)
class Gap:
    """The second key's value minus the first's."""

    key: str
    other: str
    window: Window
    percent = True

    @property
    def hold(self) -> float:
        return HOLD if self.window == Window(count=1) else 0.0

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


def noise(values: Sequence[float]) -> float:
    """Return the standard deviation of *values* about their trend, robustly."""
    steps = [abs(b - a) for a, b in pairwise(values)]
    return median(steps) * _STEP if steps else 0.0


def _number(value: float | None) -> float | None:
    """Return *value*; None for NaN, which compares with nothing."""
    return None if value is None or math.isnan(value) else value


def _difference(then: float, now: float, *, percent: bool) -> float | None:
    if not percent:
        return now - then
    return (now - then) / abs(then) * 100 if then else None
