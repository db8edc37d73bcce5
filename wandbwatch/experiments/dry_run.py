"""What would be started, listed and not started."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from wandbwatch.experiments.plan import PlanSet
from wandbwatch.model.report import MISSING, Block, Cell, Fields, Note, Report, Table
from wandbwatch.model.run import Json, flat


def report(found: PlanSet) -> Report:
    """List the plans: what differs in a table, what does not above it."""
    plan, count = found.plans[0], len(found.plans)
    sets = "1 training" if count == 1 else f"{count} trainings"
    blocks: tuple[Block, ...] = (_about(found), *_parameters(found))
    note = Note(f"dry run: {sets}, {found.jobs} at once")
    return Report("experiment", f"{plan.name}: {sets}", (*blocks, note))


def _about(found: PlanSet) -> Fields:
    plan = found.plans[0]
    items: tuple[tuple[str, Cell], ...] = (
        ("script", plan.script),
        ("launcher", shlex.join(plan.launcher)),
        ("in", plan.workdir),
        ("told in", plan.channel),
        ("seed", found.seed),
    )
    told = tuple((k, v) for k, v in items if v is not None and v != "")
    return Fields("experiment", told)


def _parameters(found: PlanSet) -> Iterator[Block]:
    sets = [flat(one) for one in found.parameters]
    names = list(dict.fromkeys(name for one in sets for name in one))
    varied = [name for name in names if len({_told(one, name) for one in sets}) > 1]
    same = tuple((name, sets[0][name]) for name in names if name not in varied)
    if same:
        yield Fields("same in all" if len(sets) > 1 else "parameters", same)
    if varied:
        rows = tuple(
            (at, *(one.get(name, MISSING) for name in varied))
            for at, one in enumerate(sets, 1)
        )
        yield Table("parameters", ("place", *varied), rows)


def _told(one: dict[str, Json], name: str) -> str:
    return json.dumps(one[name]) if name in one else ""
