"""An axis: where values stand on it, 0 to 1, and the ticks that matplotlib chooses.

Places are ours because matplotlib's scales subtract the ends of an axis: from -1e308 to
1e308 that is infinite, with FuncScale and SymmetricalLogScale too, and an axis of less
than 1e-300 is drawn as one of ±0.05. Ticks are those of its MaxNLocator, LogLocator,
AutoDateLocator and ConciseDateFormatter. Texts of numbers are ours because its
EngFormatter writes 0.001 as 1 m and 1e9 as 1 G; durations because it has no locator for
them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC

import numpy as np
import numpy.typing as npt
from matplotlib import dates
from matplotlib.ticker import LogLocator, MaxNLocator, ScalarFormatter

Floats = npt.NDArray[np.float64]
MINUS = "\N{MINUS SIGN}"
_GREATEST, _LEAST = sys.float_info.max, 5e-324
_SAFE = 1e180
"""Scales the largest and smallest floats to a range that matplotlib can handle."""
_STEPS = [1, 2, 2.5, 5, 10]
_PLAIN_FROM, _PLAIN_TO = 1e-4, 1e4
_WHOLE_TO = 1e15
"""Below it a float holds every whole number, and numbers are written out."""
_SUFFIXES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_DAY = 86400
_SPANS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600)
_UNITS = (("d", _DAY), ("h", 3600), ("m", 60), ("s", 1))
_YEAR_1, _YEAR_9999 = -62_000_000_000, 253_000_000_000


@dataclass(frozen=True)
class Ticks:
    """Ticks: their places from 0 to 1, their texts, and their common offset."""

    places: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    offset: str = ""
    """The offset of all texts, as ``+1M``, or the day of the times."""


NO_TICKS = Ticks()


@dataclass(frozen=True)
class Scale:
    """An axis from *low* to *high*; both finite, and above 0 on a log scale."""

    low: float
    high: float
    log: bool = False
    single: float | None = None
    """The one value that all have on it, if they do."""

    @classmethod
    def around(cls, low: float, high: float, *, log: bool = False) -> Scale:
        """Return a scale that holds *low* to *high* and has some width in any case."""
        if low < high:
            return cls(low, high, log)
        if log:
            low, high = max(low / 2, _LEAST), min(high * 2, _GREATEST)
            return cls(low, high, log, low)
        half = abs(low) / 10 or 1.0
        ends = max(low - half, -_GREATEST), min(high + half, _GREATEST)
        return cls(*ends, single=low)

    @classmethod
    def of(cls, values: Iterable[Floats], *, log: bool = False) -> Scale | None:
        """Return the scale that all finite *values* fit on; None if there are none.

        Without a value above 0 it is no log scale.
        """
        finite = [part for one in values if len(part := one[np.isfinite(one)])]
        positive = [part for one in finite if len(part := one[one > 0])]
        used = positive if log and positive else finite
        if not used:
            return None
        low, high = min(float(a.min()) for a in used), max(float(a.max()) for a in used)
        return cls.around(low, high, log=log and bool(positive))

    def place(self, values: Floats) -> Floats:
        """Return where *values* stand; NaN for what has no place on the axis."""
        low, high = self._on_axis(np.array([self.low, self.high]))
        places: Floats = (self._on_axis(values) - low) / ((high - low) or 1.0)
        return places

    def clipped(self, values: Floats) -> Floats:
        """Place *values*, those beyond an end of the axis at that end."""
        return np.clip(self.place(values), 0.0, 1.0)

    def at(self, value: float) -> float:
        return float(self.place(np.array([value], dtype=np.float64))[0])

    def _on_axis(self, values: Floats) -> Floats:
        there = np.where(np.isfinite(values), values, np.nan)
        if not self.log:
            return there / 2  # so that the difference of any two is a float
        logs: Floats = np.log10(there, where=there > 0, out=np.full_like(there, np.nan))
        return logs

    def ticks(self, count: int, name: str = "") -> Ticks:
        """Return up to about *count* ticks; *name* says what the axis is of."""
        if self.single is not None:
            return Ticks((self.at(self.single),), (worded(self.single, name),))
        if self.log and (values := _powers(self.low, self.high, count)):
            return self._placed(values, [label(v, v) for v in values])
        if name == "runtime":
            return self._placed(*_durations(self.low, self.high, count))
        if name == "wall" and _is_date(self.low) and _is_date(self.high):
            return self._placed(*_moments(self.low, self.high, count))
        return self._placed(*_numbers(self.low, self.high, count, whole=name == "step"))

    def _placed(
        self, values: Sequence[float], texts: Sequence[str], offset: str = ""
    ) -> Ticks:
        places = self.place(np.array(values, dtype=np.float64)).tolist()
        return Ticks(tuple(places), tuple(texts), offset)


def worded(value: float, name: str = "") -> str:
    """Word one *value* of the axis that is called *name*."""
    if name == "runtime" and abs(value) < _WHOLE_TO:
        return _span(round(value))
    if name == "wall" and _is_date(value):
        return f"{dates.num2date(value / _DAY, UTC):%b %-d, %H:%M:%S}"
    if value == math.floor(value) and abs(value) < _WHOLE_TO:
        return label(value, 1.0)
    return label(value, abs(value) / 1000)


def label(value: float, step: float, biggest: float | None = None) -> str:
    """Word *value* with enough digits to distinguish it from *value* + *step*."""
    biggest = abs(value) if biggest is None else biggest
    if not value:
        return "0"
    if not _PLAIN_FROM <= biggest < _WHOLE_TO:
        digits = min(max(_exponent(value) - _exponent(step), 0) + 1, 6)
        mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
        return f"{_trim(mantissa)}e{int(exponent)}".replace("-", MINUS)
    unit, suffix = 1.0, ""
    if biggest >= _PLAIN_TO:
        unit, suffix = next(s for s in _SUFFIXES if biggest >= s[0])
    digits = min(max(-_exponent(step / unit), 0) + 1, 15)
    return (_trim(f"{value / unit:.{digits}f}") + suffix).replace("-", MINUS)


def _numbers(
    low: float, high: float, count: int, *, whole: bool
) -> tuple[list[float], list[str], str]:
    """Return round numbers, of which an offset is taken that they all share."""
    biggest = max(abs(low), abs(high))
    unit = 1 / _SAFE if biggest > _SAFE else _SAFE if biggest < 1 / _SAFE else 1.0
    locator = MaxNLocator(count, steps=_STEPS, integer=whole and unit == 1)
    found = np.asarray(locator.tick_values(low * unit, high * unit))
    there = found[(low * unit <= found) & (found <= high * unit)]
    if len(there) < 2 or not (np.diff(there) > 0).all():  # noqa: PLR2004 - no scale
        there = np.array([low, high]) * unit
    step = float(there[1] - there[0]) / unit
    offset = _offset(there) if unit == 1 else 0.0
    values = (there / unit).tolist()
    largest = max(abs(value - offset) for value in values)
    texts = [label(value - offset, step, largest) for value in values]
    sign = "+" if offset > 0 else ""
    return values, texts, sign + label(offset, abs(offset)) if offset else ""


def _offset(ticks: Floats) -> float:
    """Return what matplotlib would take from *ticks*, to spare them four digits."""
    formatter = ScalarFormatter(useOffset=True)
    formatter.create_dummy_axis()
    if formatter.axis:
        formatter.axis.set_view_interval(ticks[0], ticks[-1])
    formatter.set_locs(ticks.tolist())
    return float(formatter.offset)


def _powers(low: float, high: float, count: int) -> list[float]:
    """Return powers of ten, or round numbers between them; none within a decade."""
    if math.log10(high) - math.log10(low) < 1:
        return []
    for between in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), range(1, 10)):
        locator = LogLocator(subs=tuple(map(float, between)), numticks=count)
        found = np.asarray(locator.tick_values(low, high))
        there = found[(low <= found) & (found <= high) & np.isfinite(found)]
        if len(there) > 2:  # noqa: PLR2004 - two don't show a scale
            return [float(value) for value in there]
    return []


def _moments(low: float, high: float, count: int) -> tuple[list[float], list[str], str]:
    locator = dates.AutoDateLocator(UTC, minticks=3, maxticks=count + 2)
    for unit in (dates.MINUTELY, dates.SECONDLY):
        locator.intervald[unit] = [1, 2, 5, 10, 15, 30]
    ends = [dates.num2date(end / _DAY, UTC) for end in (low, high)]
    days = np.asarray(locator.tick_values(*ends), dtype=np.float64)
    days = days[(low / _DAY <= days) & (days <= high / _DAY)]
    formatter = dates.ConciseDateFormatter(locator, UTC)
    formatter.formats[2] = formatter.zero_formats[3] = "%b %d"
    formatter.offset_formats[2] = "%Y"
    if high - low > count:
        formatter.formats[5], formatter.offset_formats[5] = "%H:%M:%S", "%Y-%b-%d"
    texts = formatter.format_ticks(days.tolist()) if len(days) else []
    return (days * _DAY).tolist(), texts, formatter.get_offset()


def _durations(low: float, high: float, count: int) -> tuple[list[float], list[str]]:
    """Return round durations of whole seconds, of less, or of many days."""
    least = high / count - low / count
    steps = (*_SPANS, 43200, *(n * _DAY for n in (1, 2, 5, 10)))
    step = next((s for s in steps if s >= least), 0)
    if least >= 1 and step:
        first, last = math.ceil(low / step), math.floor(high / step)
        values = [float(n * step) for n in range(first, last + 1)]
        return values, [_span(round(value)) for value in values]
    unit, suffix = (1, "s") if least < 1 else (_DAY, "d")
    found, texts, offset = _numbers(low / unit, high / unit, count, whole=False)
    del offset
    texts = [f"{label(value, found[1] - found[0])}{suffix}" for value in found]
    return [value * unit for value in found], texts


def _span(seconds: int) -> str:
    """Word a whole number of seconds by its two greatest units."""
    left, parts = abs(seconds), []
    for unit, size in _UNITS:
        n, left = divmod(left, size)
        if n:
            parts.append(f"{n}{unit}")
    return (MINUS if seconds < 0 else "") + ("".join(parts[:2]) or "0")


def _is_date(at: float) -> bool:
    return _YEAR_1 < at < _YEAR_9999


def _trim(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value)) + 1e-12) if value else 0
