"""Where the ticks of an axis of plain numbers stand, and what is written there."""

from __future__ import annotations

import math
from collections.abc import Sequence

Tick = tuple[float, str]
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_SUFFIXES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_PLAIN_FROM, _PLAIN_TO = 1e-4, 1e4
_FINEST = 1e-15
WHOLE_TO = 1e15
"""Below it a float holds every whole number, and numbers are written out."""
MINUS = "\N{MINUS SIGN}"
_DIGITS = 15
"""Digits that a float holds for sure."""


def linear(low: float, high: float, count: int, *, whole: bool = False) -> list[Tick]:
    """Return at most about *count* round numbers from *low* to *high*."""
    step = _step(high / count - low / count, whole=whole)
    if not step or step < max(abs(low), abs(high)) * _FINEST:
        return [(value, label(value, abs(value))) for value in (low, high)]
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    values = [place * step for place in range(first, last + 1)]
    return [
        (value, text)
        for value, text in zip(values, labels(values, step), strict=True)
        if low <= value <= high
    ]


def logarithmic(low: float, high: float, count: int) -> list[Tick]:
    """Return powers of ten from *low* to *high*, and round numbers between them."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, math.ceil((last - first) / count))
    decades = [d for d in range(first, last + 1) if d % every == 0]
    for factors in ((1,), (1, 3), (1, 2, 5), tuple(range(1, 10))):
        values = [_power(factor, d) for d in decades for factor in factors]
        there = [value for value in values if low <= value <= high]
        if len(there) > 2 or every > 1:  # noqa: PLR2004 - two don't show a scale
            return [(value, label(value, value)) for value in there]
    return linear(low, high, count)


def labels(values: Sequence[float], step: float) -> list[str]:
    """Word *values* that are *step* apart, all in the unit of the biggest."""
    biggest = max(map(abs, values), default=0.0)
    return [label(value, step, biggest) for value in values]


def label(value: float, step: float, biggest: float | None = None) -> str:
    """Word *value* with as many digits as tell it from *value* + *step*."""
    biggest = abs(value) if biggest is None else biggest
    if not value:
        return "0"
    if not _PLAIN_FROM <= biggest < WHOLE_TO:
        digits = min(max(_exponent(value) - _exponent(step), 0) + 1, _DIGITS)
        mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
        return f"{_trim(mantissa)}e{int(exponent)}".replace("-", MINUS)
    unit, suffix = 1.0, ""
    if biggest >= _PLAIN_TO:
        unit, suffix = next(s for s in _SUFFIXES if biggest >= s[0])
    digits = min(max(-_exponent(step / unit), 0) + 1, _DIGITS)
    return (_trim(f"{value / unit:.{digits}f}") + suffix).replace("-", MINUS)


def _trim(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _step(least: float, *, whole: bool) -> float:
    """Return the smallest round step that is *least* or more; 0 is none."""
    if not least > 0 or not math.isfinite(least):
        return 0.0
    power = _power(1.0, _exponent(least))
    step = next((s * power for s in _STEPS if s * power >= least * (1 - 1e-9)), 0.0)
    return max(1.0, math.ceil(step)) if whole and step < 10 else step  # noqa: PLR2004


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value)) + 1e-12) if value else 0


def _power(factor: float, exponent: int) -> float:
    return float(f"{factor}e{exponent}")  # exact, and never an OverflowError
