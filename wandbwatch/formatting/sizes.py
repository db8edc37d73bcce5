"""How large a file is."""

from __future__ import annotations

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
