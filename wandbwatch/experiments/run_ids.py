"""Whether the id of a run that is to be is free."""

from __future__ import annotations

from wandbwatch.model.address import Cloud
from wandbwatch.model.errors import SourceError, UsageError
from wandbwatch.model.experiment import Plan
from wandbwatch.model.ports import Env


def check_free(plan: Plan, env: Env) -> None:
    """Raise UsageError where a run with the plan's id is there already.

    Where W&B does not answer, or the project is the script's own business, nobody
    can tell.
    """
    for one in env.experiments().listed(0):
        there = (one.plan.entity, one.plan.project, one.plan.run_id)
        if there == (plan.entity, plan.project, plan.run_id):
            raise UsageError(
                f"--id {plan.run_id}: taken by experiment {one.id}; a resumed run keeps"
                " its id by what the script says, a new one needs another"
            )
    if not plan.project:
        return
    try:
        run = env.source(Cloud(plan.entity or None, plan.project, plan.run_id)).run()
    except SourceError:
        return
    raise UsageError(f"--id {plan.run_id}: taken by {run.url or run.name}")
