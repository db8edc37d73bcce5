"""Numbers short enough to compare at a glance."""

from __future__ import annotations

import math
from typing import TypeGuard

from wandbwatch.model.report import Bytes

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
    """Write every digit needed to distinguish *value* from any other."""
    whole = isinstance(value, int)  # which may be beyond all floats
    return repr(value) if whole or math.isfinite(value) else number(value)


_UNITS = ("kB", "MB", "GB", "TB", "PB")
_STEP = 1000
_ROUND = 99.5


def size(count: int) -> str:
    """Word *count* bytes in three digits or so: ``12.3 kB``."""
    if abs(count) < _STEP:
        return f"{count} B"
    amount: float = count
    unit = ""
    for unit in _UNITS:  # noqa: B007 - the last one is wanted
        amount /= _STEP
        if abs(amount) < _STEP - 0.5:
            break
    return f"{amount:.0f} {unit}" if abs(amount) >= _ROUND else f"{amount:.1f} {unit}"


def change(value: object, before: object) -> str:
    """Say by how much a number went where: ``↓0.03``; nothing for what is none."""
    if not (_is_number(value) and _is_number(before)):
        return ""
    try:
        moved = value - before
        changed = moved != 0 and math.isfinite(moved)
    except OverflowError:  # an integer beyond all floats
        return ""
    if not changed:
        return ""
    return f"{'↑' if moved > 0 else '↓'}{number(abs(moved))}"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool | Bytes)
