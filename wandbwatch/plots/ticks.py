"""An axis of matplotlib's: its scale, limits and locators, and short texts for ticks.

matplotlib subtracts and multiplies the ends of an axis, so one near the largest or the
smallest floats is drawn in a power of ten; times are drawn in days, as its dates are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property

import numpy as np
import numpy.typing as npt
from matplotlib import dates
from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import (
    FixedLocator,
    Formatter,
    FuncFormatter,
    Locator,
    LogLocator,
    MaxNLocator,
    MultipleLocator,
    NullLocator,
    ScalarFormatter,
)

from wandbwatch import formatting

Floats = npt.NDArray[np.float64]
MINUS = "\N{MINUS SIGN}"
_HUGE, _LEAST_POWER = 1e150, -300
_PLAIN_TO, _WHOLE_TO = 1e4, 1e15
_SUFFIXES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_DAY = 86400
_SPANS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600)
_PARTS = ((60, 3600), (3600, _DAY))
_DAYS = tuple(n * 10.0**k * _DAY for k in range(12) for n in (0.5, 1, 2))
_CLOSEST = 1e-12
"""matplotlib widens an axis whose ends are much closer, in parts of its values."""
_FINEST = 1e-3
_YEAR_1, _YEAR_9999 = -62_000_000_000, 253_000_000_000


@dataclass(frozen=True)
class Scale:
    """An axis from *low* to *high*: both finite, and above 0 on a log scale."""

    low: float
    high: float
    log: bool = False
    name: str = ""
    """What it is of: ``step``, ``runtime``, ``wall``, or anything else."""

    @classmethod
    def of(
        cls, values: Iterable[Floats], name: str = "", *, log: bool = False
    ) -> Scale | None:
        """Return the scale that all finite *values* fit on; None if there are none.

        Without a value above 0 it is no log scale.
        """
        there = np.concatenate([*values, np.empty(0)])
        there = there[np.isfinite(there)]
        if log and (log := bool((there > 0).any())):
            there = there[there > 0]
        if not len(there):
            return None
        return cls(float(there.min()), float(there.max()), log, name)

    @cached_property
    def biggest(self) -> float:
        return max(abs(self.low), abs(self.high))

    @cached_property
    def single(self) -> bool:
        """Whether it is of one value, or of some too close to tell apart."""
        return self.high / 2 - self.low / 2 <= self.biggest * _CLOSEST

    @cached_property
    def unit(self) -> float:
        """The size of 1 on matplotlib's axis."""
        wide = self.log and self.low < self.biggest / _HUGE
        if self.biggest and not wide and not 1 / _HUGE < self.biggest < _HUGE:
            power = math.floor(math.log10(self.biggest))
            return float(10.0 ** max(power, _LEAST_POWER))
        dated = self.name == "wall" and _is_date(self.low) and _is_date(self.high)
        fine = self.high - self.low < _FINEST
        return _DAY if dated and not fine and not self.log else 1.0

    def place(self, values: npt.ArrayLike) -> Floats:
        """Return *values* in units, those beyond an end at that end, NaN for others."""
        given = np.asarray(values, dtype=np.float64)
        there = np.isfinite(given) & ((given > 0) | (not self.log))
        return np.where(there, np.clip(given, self.low, self.high) / self.unit, np.nan)

    def share(self, values: npt.ArrayLike) -> Floats:
        """Return where *values* stand: 0 at the low end, 1 at the high end."""
        at, ends = self.place(values), np.array(self._limits)
        if self.log:
            at, ends = np.log10(at), np.log10(ends)
        share: Floats = (at - ends[0]) / (ends[1] - ends[0])
        return share

    def set(self, axis: Axis, count: int) -> tuple[dict[float, str], str]:
        """Give *axis* this scale, and up to about *count* ticks.

        Return their texts by their places, and what all of them leave out.
        """
        name = "x" if isinstance(axis, XAxis) else "y"
        scale = "log" if self.log else "linear"
        axis.axes.set(**{f"{name}scale": scale, f"{name}lim": self._limits})
        locator, formatter = self._ticks(count)
        axis.set_major_locator(locator)
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(formatter)
        low, high = axis.get_view_interval()
        places = [at for at in axis.get_majorticklocs() if low <= at <= high]
        texts = dict(zip(places, formatter.format_ticks(places), strict=True))
        return texts, formatter.get_offset()

    @property
    def _limits(self) -> tuple[float, float]:
        low, high = self.place([self.low, self.high]).tolist()
        if not self.single:
            return low, high
        if self.log:
            return low / 2, high * 2
        room = abs(low) / 10 or 1.0
        return low - room, high + room

    def _ticks(self, count: int) -> tuple[Locator, Formatter]:
        if self.single:
            text = worded(self.low, self.name)
            return FixedLocator([self.low / self.unit]), FuncFormatter(lambda *_: text)
        decades = math.log10(self.high) - math.log10(self.low) if self.log else 0
        if decades >= 1:
            subs = [1] if decades >= 3 else [1, 3] if decades >= 2 else [1, 2, 5]  # noqa: PLR2004
            return LogLocator(subs=subs, numticks=count), FuncFormatter(
                lambda v, _: label(v * self.unit)
            )
        if self.unit == _DAY:
            return _moments(self.high - self.low, count)
        least = self.high / count - self.low / count
        if self.name == "runtime" and least >= 1 and self.biggest < _WHOLE_TO:
            step = next(s for s in (*_SPANS, *_DAYS) if s >= least)
            alike = any(step < a and self.biggest >= b for a, b in _PARTS)
            written = _clock if alike else worded
            return MultipleLocator(step), FuncFormatter(
                lambda v, _: written(v, "runtime")
            )
        whole = self.name == "step" and self.unit == 1
        locator = MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10], integer=whole)
        return locator, _Numbers(self.unit, "s" if self.name == "runtime" else "")


class _Numbers(ScalarFormatter):
    """Labels as short as can be; what they share is the offset, such as ``+1M``."""

    def __init__(self, unit: float, suffix: str) -> None:
        super().__init__(useOffset=True)
        self._unit, self._suffix, self._biggest = unit, suffix, 0.0

    def set_locs(self, locs: list[float]) -> None:
        super().set_locs(locs)
        self._biggest = float(np.abs(np.asarray(locs) - self.offset).max(initial=0.0))

    def __call__(self, x: float, pos: int | None = None) -> str:
        del pos
        biggest = self._biggest * self._unit
        text = label((x - self.offset) * self._unit, biggest, digits=6)
        return text + self._suffix

    def get_offset(self) -> str:
        offset = self.offset * self._unit
        return ("+" if offset > 0 else "") + label(offset) if offset else ""


def worded(value: float, name: str = "") -> str:
    """Word one *value* of the axis that is called *name*."""
    if name == "runtime" and abs(value) < _WHOLE_TO:
        return formatting.span(value).replace("-", MINUS)
    if name == "wall" and _is_date(value):
        return f"{dates.num2date(value / _DAY, UTC):%b %-d, %H:%M:%S}"
    return label(value)


def label(value: float, biggest: float | None = None, digits: int = 5) -> str:
    """Word *value* as 0.25, 20k or 1e-5, on an axis whose largest is *biggest*."""
    biggest = abs(value) if biggest is None else biggest
    if not math.isfinite(value):  # a tick beyond the largest float
        return ""
    unit, suffix = 1.0, ""
    if _PLAIN_TO <= biggest < _WHOLE_TO and value:
        unit, suffix = next(s for s in _SUFFIXES if biggest >= s[0])
    mantissa, _, power = f"{value / unit:.{digits}g}".partition("e")
    text = f"{mantissa}e{int(power)}" if power else mantissa + suffix
    return text.replace("-", MINUS)


def _clock(seconds: float, _: str) -> str:
    minutes, left = divmod(round(abs(seconds)), 60)
    text = f"{minutes // 60}:{minutes % 60:02}:{left:02}"
    return MINUS + text if seconds < 0 else text


def _moments(seconds: float, count: int) -> tuple[Locator, Formatter]:
    locator = dates.AutoDateLocator(UTC, minticks=3, maxticks=count + 1)
    for unit in (dates.MINUTELY, dates.SECONDLY):
        locator.intervald[unit] = [1, 2, 5, 10, 15, 30, 60]
    for unit, larger in ((dates.HOURLY, 24), (dates.MONTHLY, 12)):
        locator.intervald[unit] = [*locator.intervald[unit], larger]
    formatter = dates.ConciseDateFormatter(locator, UTC)
    formatter.formats[2] = formatter.zero_formats[2] = "%b %d"
    formatter.zero_formats[3] = "%b %d"
    formatter.offset_formats[2] = "%Y"
    if seconds > count:
        formatter.formats[5], formatter.offset_formats[5] = "%H:%M:%S", "%Y-%b-%d"
    return locator, formatter


def _is_date(at: float) -> bool:
    return _YEAR_1 < at < _YEAR_9999
