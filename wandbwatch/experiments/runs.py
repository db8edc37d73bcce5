"""The runs of an experiment: in its directory, where its script put them, in W&B."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from wandbwatch import plugins
from wandbwatch.experiments.training import group, run_id
from wandbwatch.model.address import Local
from wandbwatch.model.errors import SourceError
from wandbwatch.model.experiment import Experiment
from wandbwatch.model.query import Query
from wandbwatch.model.run import Run, flat

_MARGIN = timedelta(seconds=5)
"""Between an experiment's start or end and its run's, by other clocks."""

Ask = Callable[[Sequence[str]], Mapping[str, Any]]
"""Returns the JSON report of a command line of ours; empty if it fails."""


def own_runs(one: Experiment) -> tuple[Run, ...]:
    """Return the runs in the directory of *one*, the oldest first."""
    path = Path(one.directory)
    return _in(path) if one.directory and path.is_dir() else ()


def made(run: str, one: Experiment) -> bool:
    """Whether the run with this id certainly belongs to *one*."""
    preset = one.plan.run_id and run_id(one) == run
    return bool(preset) or any(found.id == run for found in own_runs(one))


def newest_run(one: Experiment) -> Run | None:
    """Return the newest run of *one* on this machine, if there is one."""
    found = own_runs(one)
    return found[-1] if found else None


def _in(path: Path) -> tuple[Run, ...]:
    try:
        source = plugins.load("wandbwatch.sources", Local.source)(Local(path))
        found: tuple[Run, ...] = source.runs(Query(order="+created_at")).runs
    except SourceError:
        return ()
    return found


def find(one: Experiment, batch: Sequence[Experiment]) -> tuple[Run, ...]:
    """Return the runs of *one* on this machine, the oldest first.

    A script may choose another directory (``wandb.init(dir=…)``, hydra): then its runs
    are looked for below its working directory. *batch*: its batch.
    """
    found = own_runs(one)
    if found or one.started is None:
        return found
    alone = not any(_overlap(one, other) for other in batch if other.id != one.id)
    return tuple(
        run for run in _in(Path(one.plan.workdir)) if belongs(run, one, alone=alone)
    )


def _overlap(one: Experiment, other: Experiment) -> bool:
    if one.started is None or other.started is None:
        return False
    starts_before = one.ended is None or other.started <= one.ended
    return starts_before and (other.ended is None or other.ended >= one.started)


def belongs(run: Run, one: Experiment, *, alone: bool) -> bool:
    """Whether *run* is of *one*: by its id, or by its time, group and parameters.

    *alone*: nothing of its batch ran at the same time.
    """
    if one.plan.run_id and run.id == run_id(one):
        return True
    if run.created is None or one.started is None:
        return False
    in_time = run.created >= one.started - _MARGIN and (
        one.ended is None or run.created <= one.ended + _MARGIN
    )
    if not in_time or run.group not in ("", group(one)):
        return False
    parameters = flat(one.plan.parameters)
    same = bool(parameters) and all(
        run.config.get(key) == value for key, value in parameters.items()
    )
    return same or (alone and run.group == group(one))


def in_wandb(one: Experiment, ask: Ask) -> Mapping[str, Any]:
    """Return the report on the newest run of *one* in W&B; empty if there is none."""
    plan = one.plan
    if not plan.project:
        return {}
    project = f"{plan.entity}/{plan.project}" if plan.entity else plan.project
    if plan.run_id:
        return ask(["summary", f"{project}/{run_id(one)}"])
    filters = json.dumps({"group": group(one)})
    return ask(["project", project, "--filters", filters, "--topk", "1"])
