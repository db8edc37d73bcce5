"""MongoDB's filters over local runs: what ``wandb.Api.runs(filters=…)`` takes.

They are read whole before any run is: a wrong one is a UsageError.
https://docs.wandb.ai/ref/python/public-api/runs/
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json, Run
from wandbwatch.sources.local.conditions import condition
from wandbwatch.sources.local.run_fields import RunField, Value, column


@dataclass(frozen=True)
class Filter:
    """Whether a run is wanted, and the keys it must have been read with for that."""

    test: Callable[[Run], bool]
    columns: tuple[RunField, ...] = ()


def parse(filters: Mapping[str, Json]) -> Filter:
    """Read filters; all the parts of one object must hold."""
    return _all([_part(name, wanted) for name, wanted in filters.items()])


def _part(name: str, wanted: Json) -> Filter:
    if not name.startswith("$"):
        return _on_column(column(name), name, wanted)
    if name == "$not":  # MongoDB has it within a key alone, W&B before a filter too
        if not isinstance(wanted, Mapping):
            raise UsageError(f"filters: $not takes a filter, not {wanted!r}")
        return _none([parse(wanted)])
    if name not in _JOINTS:
        known = ", ".join((*_JOINTS, "$not"))
        raise UsageError(f"filters: {name!r} is not one of {known}")
    return _JOINTS[name](_listed(name, wanted))


def _listed(name: str, wanted: Json) -> list[Filter]:
    if not isinstance(wanted, list) or not wanted:
        raise UsageError(f"filters: {name} takes a list of filters")
    parts = []
    for part in wanted:
        if not isinstance(part, Mapping):
            raise UsageError(f"filters: {name} takes a list of filters, not {part!r}")
        parts.append(parse(part))
    return parts


def _all(parts: Sequence[Filter]) -> Filter:
    return Filter(lambda run: all(p.test(run) for p in parts), _columns(parts))


def _any(parts: Sequence[Filter]) -> Filter:
    return Filter(lambda run: any(p.test(run) for p in parts), _columns(parts))


def _none(parts: Sequence[Filter]) -> Filter:
    return Filter(lambda run: not any(p.test(run) for p in parts), _columns(parts))


_JOINTS = {"$and": _all, "$or": _any, "$nor": _none}


def _columns(parts: Sequence[Filter]) -> tuple[RunField, ...]:
    return tuple(column for part in parts for column in part.columns)


def _on_column(on: RunField, name: str, wanted: Json) -> Filter:
    test = condition(name, wanted)
    return Filter(lambda run: test(on.read(run)), (on,))


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
