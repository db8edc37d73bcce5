"""A value with what it was before."""

from __future__ import annotations

import math
from typing import TypeGuard

from wandbwatch.formatting.numbers import number
from wandbwatch.model.report import Bytes


def change(value: object, before: object) -> str:
    """Say by how much a number went where: ``↓0.03``; nothing for what is none."""
    if not (_is_number(value) and _is_number(before)):
        return ""
    try:
        moved = value - before
        told = moved != 0 and math.isfinite(moved)
    except OverflowError:  # an integer beyond all floats
        return ""
    if not told:
        return ""
    return f"{'↑' if moved > 0 else '↓'}{number(abs(moved))}"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool | Bytes)
