from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.options import (
    NO_FILTERS,
    NO_KEYS,
    Filters,
    FiltersOption,
    Keys,
    ProjectAddresses,
    TotalOption,
    places,
    repeats,
)

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


@repeats(seconds=5)
def top(
    ctx: typer.Context,
    address: ProjectAddresses = None,
    *,
    keys: Annotated[
        Keys,
        typer.Option(
            parser=Keys.read,
            metavar="KEYS",
            show_default=False,
            help="The key of the curves: train/loss; default: the metric that matters.",
        ),
    ] = NO_KEYS,
    total: TotalOption = None,
    topk: Annotated[
        int, typer.Option(min=1, max=50, metavar="N", help="The most runs to show.")
    ] = 20,
    filters: FiltersOption = NO_FILTERS,
) -> Iterator[Report]:
    """Show the running runs: speed, runtime, and a curve of each.

    In a terminal it is kept up to date: every 5 seconds, or --watch SPAN. Arrows choose
    a run, s sorts, / filters, enter plots it, l shows its log and o its page.
    """
    from wandbwatch.analysis.dead_keys import check_total, missing
    from wandbwatch.analysis.several import gathered
    from wandbwatch.commands.top.report import LIVE, looked, report
    from wandbwatch.model.query import Details, Query

    env: Env = ctx.obj
    running: Filters = Filters({"state": {"$in": [state.value for state in LIVE]}})
    if filters:
        running = Filters({"$and": [running, filters]})
    query = Query(running, limit=topk, summary=(), config=(), details=Details.PROGRESS)
    found = gathered(
        env, places(address), lambda one: looked(env.source(one), query, keys, total)
    )
    runs = [curves.run for _, one in found.found for curves in one.curves]
    there = [address for address, _ in found.found]
    said = tuple(missing(env, there, query, keys, runs).values())
    check_total(env, there, total, runs)
    yield report(found, env.now(), total, topk, said)


plugin = top
