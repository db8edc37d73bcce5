"""Values of runs: JSON that may hold NaN and infinities, or typed fields."""

from __future__ import annotations

import json
import math
from typing import Any

from wandbwatch.model.run import Json

# NaN was written as a string by SDKs before wandb-core, and still is in summaries.
_SPELLED = {b'"NaN"': math.nan, b'"Infinity"': math.inf, b'"-Infinity"': -math.inf}


def decoded(raw: bytes) -> Json:
    """Read one value; what is no JSON comes back as its text."""
    if (special := _SPELLED.get(raw)) is not None:
        return special
    try:
        value: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")
    return value  # type: ignore[no-any-return]


def number(raw: bytes) -> float | None:
    """Read a value that can be plotted: a number and no bool, text or null."""
    try:
        return float(raw)
    except ValueError:
        return _SPELLED.get(raw)


def plottable(value: Json) -> float | None:
    """Return *value* as a float if it is a number and not a bool."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
