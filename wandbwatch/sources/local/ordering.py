"""The order of runs, as ``wandb.Api.runs`` takes it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from wandbwatch.model.run import Run
from wandbwatch.sources.local.run_fields import RunField, Value, column

T = TypeVar("T")


def by(order: str) -> RunField:
    """Find the column that an order names; UsageError if there is none."""
    return column(order.lstrip("+-"))


def ordered(found: Iterable[tuple[Run, T]], order: str) -> list[tuple[Run, T]]:
    """Sort runs (and what comes with each) by a column, ``+`` or nothing before it
    for ascending, ``-`` for descending.

    Runs without a value, or with NaN, come last either way.
    """
    read = by(order).read
    ranked = [(_rank(read(pair[0])), pair) for pair in found]
    there = [(rank, pair) for rank, pair in ranked if rank is not None]
    there.sort(key=lambda one: one[0], reverse=order.startswith("-"))
    return [pair for _, pair in there] + [pair for rank, pair in ranked if rank is None]


def _rank(value: Value) -> tuple[int, float, str] | None:
    """Make values comparable: numbers before texts; None for what has no place."""
    match value:
        case datetime():
            return 0, value.timestamp(), ""
        case bool() | int() | float():
            return None if math.isnan(value) else (0, value, "")
        case str():
            return 1, 0.0, value
        case _:
            return None
