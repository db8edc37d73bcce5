"""The runs of an experiment: in its directory, where its script put them, in W&B."""

from __future__ import annotations

import glob
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
from wandbwatch.model.ports import Source
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
        found: tuple[Run, ...] = _source(path).runs(Query(order="+created_at")).runs
    except SourceError:
        return ()
    return found


def _source(path: Path) -> Source:
    source: Source = plugins.load("wandbwatch.sources", Local.source)(Local(path))
    return source


def find(one: Experiment, batch: Sequence[Experiment]) -> tuple[Run, ...]:
    """Return the runs of *one* on this machine, the oldest first.

    A script may choose another directory (``wandb.init(dir=…)``, hydra): then its runs
    are looked for below its working directory. *batch*: its batch.
    """
    found = own_runs(one)
    if found or one.started is None:
        return found
    alone = not any(_overlap(one, other) for other in batch if other.id != one.id)
    here = Path(one.plan.workdir)
    near = [run for run in _in(here) if _may_belong(run, one)]
    return tuple(
        run
        for run in near
        if belongs(run, one, alone=alone) or _has_argument(_source(here), run, one)
    )


def _has_argument(source: Source, run: Run, one: Experiment) -> bool:
    """Whether the script of *run* got the JSON object of *one* as an argument."""
    try:
        given = source.provenance(run.id).facts.get("arguments", "")
    except SourceError:
        return False
    return bool(one.plan.parameters) and one.plan.argument in given


def is_online(run: Run, one: Experiment) -> bool:
    """Whether *run* is in a directory that wandb makes for a run with a server."""
    name = f"run-*-{glob.escape(run.id)}*"
    own = Path(one.directory)
    places = (own / "wandb", own.parent, Path(one.plan.workdir) / "wandb")
    return any(path for place in places for path in place.glob(name))


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
    if not _may_belong(run, one):
        return False
    parameters = flat(one.plan.parameters)
    same = bool(parameters) and all(
        run.config.get(key) == value for key, value in parameters.items()
    )
    return same or (alone and run.group == group(one))


def _may_belong(run: Run, one: Experiment) -> bool:
    """Whether neither the id nor the time nor the group of *run* is another one's."""
    if one.plan.run_id and run.id == run_id(one):
        return True
    if run.created is None or one.started is None:
        return False
    in_time = run.created >= one.started - _MARGIN and (
        one.ended is None or run.created <= one.ended + _MARGIN
    )
    return in_time and run.group in ("", group(one))


def in_wandb(one: Experiment, ask: Ask, *, batch: bool = False) -> Mapping[str, Any]:
    """Return the report on the newest run of *one* in W&B; empty if there is none.

    *batch*: other trainings have its group, so only its id tells its run from theirs.
    """
    plan = one.plan
    if not plan.project or (batch and not plan.run_id):
        return {}
    project = f"{plan.entity}/{plan.project}" if plan.entity else plan.project
    if plan.run_id:
        return ask(["summary", f"{project}/{run_id(one)}"])
    wanted: dict[str, Any] = {"group": group(one)}
    if one.started is not None:
        since = one.started - _MARGIN
        wanted["created_at"] = {"$gte": since.isoformat(timespec="seconds")}
    return ask(["project", project, "--filters", json.dumps(wanted), "--topk", "1"])
