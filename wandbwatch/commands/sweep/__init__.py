from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.options import (
    HERE,
    NO_FILTERS,
    AimOption,
    FiltersOption,
    SweepAddress,
)

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


def sweep(
    ctx: typer.Context,
    address: SweepAddress = HERE,
    *,
    best: AimOption = None,
    filters: FiltersOption = NO_FILTERS,
    topk: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many of the best runs to show.")
    ] = 5,
    which: Annotated[
        str, typer.Option("--id", metavar="ID", help="Which of several local sweeps.")
    ] = "",
) -> Iterator[Report]:
    """Show a sweep: progress, best runs, and which parameters matter.

    ENTITY/PROJECT in place of ENTITY/PROJECT/SWEEP lists the project's sweeps.
    """
    from wandbwatch.analysis.dead_keys import absent, demand, known_keys, unvalued
    from wandbwatch.analysis.objective import choose
    from wandbwatch.commands.sweep.report import listed, project_of, query_of, report
    from wandbwatch.model.errors import NotFoundError

    env: Env = ctx.obj
    source = env.source(address)
    try:
        found = source.sweep(which)
    except NotFoundError as e:
        project = None if which else project_of(address)
        if project is None:
            raise
        yield listed(project, env.source(project), e)
        return
    runs = source.runs(query_of(address, found, which, filters)).runs
    if best and runs and not best.ranked(runs):
        known = known_keys(runs)
        why = {best.key: unvalued(best.key, known)}
        demand(env, [best.key], why if absent(best.key, known) else {})
    yield report(found, runs, best or choose(runs, found).objective, topk)


plugin = sweep
