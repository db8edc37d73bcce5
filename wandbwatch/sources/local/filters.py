"""MongoDB's filters over local runs: what ``wandb.Api.runs(filters=…)`` takes.

They are read whole before any run is: a wrong one is a UsageError.
https://docs.wandb.ai/ref/python/public-api/runs/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json, Run
from wandbwatch.sources.local.conditions import condition
from wandbwatch.sources.local.run_fields import RunField, column


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
        raise UsageError(f"filters: {name!r} is none of {known}")
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
