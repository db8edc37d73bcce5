"""A sweep, put together from its runs: their files have its id only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from wandbwatch.analysis.ranking import finite
from wandbwatch.model.address import Local
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.model.run import Json, Run
from wandbwatch.model.run_details import Sweep

_MOST_VALUES = 6
"""More different numbers than these are described by their range."""


def sweep(runs: Iterable[Run], path: Path) -> Sweep:
    """Describe the one sweep of *runs*; its parameters are what they vary.

    Raises NotFoundError when there is none, UsageError when there are several.
    """
    swept: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        if run.sweep:
            swept[run.sweep].append(run)
    if not swept:
        raise NotFoundError(f"{Local(path)} has no run of a sweep; {_lists(path)}")
    if len(swept) > 1:
        names = ", ".join(sorted(swept))
        raise UsageError(
            f"{Local(path)} has runs of several sweeps; --id is one of {names}"
        )
    ((sweep_id, members),) = swept.items()
    born = [run.created for run in members if run.created]
    return Sweep(
        sweep_id,
        parameters=_varied(members),
        created=min(born, default=None),
        count=len(members),
    )


def _lists(path: Path) -> str:
    return f"`wandbwatch project {Local(path)}` lists its runs"


def _varied(runs: Iterable[Run]) -> Mapping[str, Mapping[str, Json]]:
    values: dict[str, list[Json]] = defaultdict(list)
    for run in runs:
        for key, value in run.config.items():
            if value not in values[key]:
                values[key].append(value)
    return {k: _spec(v) for k, v in sorted(values.items()) if len(v) > 1}


def _spec(values: list[Json]) -> Mapping[str, Json]:
    numbers = [n for n in map(finite, values) if n is not None]
    if len(numbers) == len(values) > _MOST_VALUES:
        return {"min": min(numbers), "max": max(numbers)}
    return {"values": values}
