from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.options import (
    HERE,
    NO_FILTERS,
    NO_KEYS,
    Filters,
    FiltersOption,
    Keys,
    ProjectAddress,
    TotalOption,
    repeats,
)

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


@repeats(seconds=5)
def top(
    ctx: typer.Context,
    address: ProjectAddress = HERE,
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

    In a terminal it is kept up to date: every 5 seconds, or --watch SPAN.
    """
    from wandbwatch.analysis.objective import with_curve
    from wandbwatch.analysis.window import CLOCK
    from wandbwatch.commands.top.report import LIVE, likely_keys, report
    from wandbwatch.model.query import Axis, Query

    env: Env = ctx.obj
    running: Filters = Filters({"state": {"$in": [state.value for state in LIVE]}})
    if filters:
        running = Filters({"$and": [running, filters]})
    query = Query(running, limit=topk, summary=(), config=())
    source = env.source(address)
    tried = tuple(keys) or likely_keys(source, query)
    asked = replace(query, summary=tried)
    found = source.curves(
        total.asked(asked) if total else asked, (CLOCK, *tried), Axis()
    )
    chosen = tuple(keys) or with_curve(tried, found)[:1]
    yield report(address, found, chosen, total, full=len(found) == topk)


plugin = top
