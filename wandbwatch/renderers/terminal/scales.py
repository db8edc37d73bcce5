"""Axis scales: from values to coordinates from 0 to 1, and round ticks.

The drawing library only gets coordinates between 0 and 1: its kernel is compiled, and
a run may log values as large, as small or as close together as floats can be.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, takewhile

from wandbwatch import formatting

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_CLOCK = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0)
_HOURS = (1, 2, 3, 6, 12, 24, 48, 168)
CLOCK = (*_CLOCK, *(hours * _HOUR for hours in _HOURS))
"""The round steps of seconds; larger ones are powers of ten."""
_TENS = (1.0, 2.0, 5.0, 10.0)
_CLOSEST = 1e-9
"""Relative distance below which there are no round values between two."""
_TWO = 2
_LARGEST = sys.float_info.max
_LEAST_POWER, _GREATEST_POWER = -323.0, 308.25


@dataclass(frozen=True)
class TextScale:
    """An axis from *low* to *high*: values, or their decimal logarithms."""

    low: float
    high: float
    log: bool = False
    single: float | None = None
    """The one value that all have on it, if they do."""

    def place(self, value: float) -> float:
        """Return the coordinate of *value*: 0 at the low end, 1 at the high end."""
        at = math.log10(value) if self.log else float(value)
        # Halves, because the distance of two floats may be more than a float.
        share = (at / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return min(max(share, 0.0), 1.0)

    def marks(self, number: int, steps: Sequence[float] = ()) -> list[float]:
        """Return about *number* round values on the axis, else its ends."""
        if self.single is not None:
            return [self.single]
        if self.log and self.high - self.low >= _TWO:
            least = max(1.0, (self.high - self.low) / number)
            if len(powers := _multiples(self.low, self.high, least, ())) >= _TWO:
                return [10.0**power for power in powers]
        low, high = (self._value(self.low), self._value(self.high))
        for least in ((high - low) / number, (high - low) / (2 * number)):
            round_ones = _multiples(low, high, least, steps)
            # The least float divides to 0, which has no place among logarithms.
            found = [mark for mark in round_ones if drawable(mark, log=self.log)]
            if len(found) >= _TWO:
                return found
        return [low, high]

    def _value(self, at: float) -> float:
        return 10.0 ** min(max(at, _LEAST_POWER), _GREATEST_POWER) if self.log else at


def scale(values: Iterable[float], *, log: bool = False) -> TextScale | None:
    """Return the scale that fits all *values*; None if none is drawable."""
    there = [float(v) for v in values if drawable(v, log=log)]
    if not there:
        return None
    at = [math.log10(v) for v in there] if log else there
    low, high, single = min(at), max(at), None
    if high / 2 - low / 2 <= 0:
        room = 0.5 if log else abs(low) * 0.1 or 1.0
        low, high = max(low - room, -_LARGEST), min(high + room, _LARGEST)
        single = there[0]
    return TextScale(low, high, log, single)


def drawable(value: float, *, log: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not log)


def clock(low: float, high: float) -> Callable[[float], str]:
    """Return a formatter of POSIX seconds, as fine as *low* to *high* needs."""
    apart = high - low
    form = "%H:%M:%S" if apart < 5 * _MINUTE else "%m-%d %H:%M"
    form = "%H:%M:%S.%f" if apart < 5 else form  # noqa: PLR2004 -- seconds
    form = "%Y-%m-%d" if apart > 5 * _DAY else form

    def name(seconds: float) -> str:
        try:
            text = datetime.fromtimestamp(seconds, UTC).strftime(form)
            return text[:-3] if form.endswith("%f") else text
        except (OverflowError, ValueError, OSError):
            return formatting.number(seconds)

    return name


def _multiples(
    low: float, high: float, least: float, steps: Sequence[float]
) -> list[float]:
    """Return the multiples, from *low* to *high*, of a round step not below *least*."""
    if not least > _CLOSEST * max(abs(low), abs(high)) or not math.isfinite(least):
        return []
    step = next((s for s in steps if s >= least), 0.0) or _rounded_up(least)
    first = math.ceil(low / step)
    last = min(high + step * _CLOSEST, _LARGEST)
    return list(takewhile(lambda v: v <= last, (step * n for n in count(first))))


def _rounded_up(step: float) -> float:
    tens = 10.0 ** math.floor(math.log10(step))
    found = (ten * tens for ten in (*_TENS, 20.0) if ten * tens >= step)
    return next(found, step)  # below the smallest power of ten that is a float
