"""Numbers short enough to compare at a glance."""

from __future__ import annotations

import math

DIGITS = 5
_SMALLEST, _LARGEST, _LARGEST_WHOLE = 1e-4, 1e7, 1e15


def number(value: float) -> str:
    """Write about five significant digits; integers whole, the extremes as 1.5e-07."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    size = abs(value)
    if value.is_integer() and size < _LARGEST_WHOLE:
        return str(int(value))
    if not _SMALLEST <= size < _LARGEST:
        return f"{value:.{DIGITS}g}"
    decimals = max(0, DIGITS - 1 - math.floor(math.log10(size)))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def exact(value: float) -> str:
    """Write every digit that tells *value* from another."""
    whole = isinstance(value, int)  # which may be beyond all floats
    return repr(value) if whole or math.isfinite(value) else number(value)
