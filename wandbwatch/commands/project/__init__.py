from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from wandbwatch.options import (
    NEWEST,
    NO_FILTERS,
    NO_KEYS,
    DeltaOption,
    FiltersOption,
    Keys,
    Order,
    ProjectAddresses,
    TotalOption,
    places,
)

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


Topk: TypeAlias = Annotated[
    int, typer.Option(min=0, metavar="N", help="How many runs; 0 shows all.")
]


By: TypeAlias = Annotated[
    Order,
    typer.Option(
        parser=Order.read,
        metavar="KEY",
        help="As wandb.Api.runs takes it: -KEY or +KEY, with KEY created_at,"
        " summary_metrics.val/loss, config.lr, …",
    ),
]


Columns: TypeAlias = Annotated[
    Keys,
    typer.Option(
        "--keys",
        "--columns",
        parser=Keys.read,
        metavar="KEYS",
        show_default=False,
        help="Values to show: val/loss,config.lr,train/*; default: the metric that"
        " matters.",
    ),
]


def project(
    ctx: typer.Context,
    address: ProjectAddresses = None,
    *,
    topk: Topk = 10,
    filters: FiltersOption = NO_FILTERS,
    order: By = NEWEST,
    columns: Columns = NO_KEYS,
    delta: DeltaOption = False,
    total: TotalOption = None,
) -> Iterator[Report]:
    """List the runs of a project, or of several, the newest first."""
    from wandbwatch.analysis import delta as deltas
    from wandbwatch.analysis import filters as filters_of
    from wandbwatch.analysis.dead_keys import check_total, demand
    from wandbwatch.analysis.several import gathered
    from wandbwatch.commands.project.report import (
        in_config,
        listed,
        report,
        together,
        wanted,
    )
    from wandbwatch.model.query import Query

    env: Env = ctx.obj
    if env.memory is None:  # a server ignores an order that it does not know
        filters_of.by(order)
    asked = [column.removeprefix("summary_metrics.") for column in columns]
    columns = Keys(dict.fromkeys(c for c in (*asked, order.column) if c))
    query = Query(
        filters=filters,
        order=order,
        limit=topk,
        summary=wanted(c for c in columns if not in_config(c)),
        config=wanted(in_config(c) for c in columns),
    )
    found = gathered(
        env,
        places(address),
        lambda one: listed(env.source(one), query, columns, total, env.now()),
    )
    whole = together(found, query)
    for named in (asked, [order.column] if order.column else []):
        demand(env, named, whole.unknown)
    there = [address for address, _ in found.found]
    check_total(env, there, total, whole.listing.runs)
    since = deltas.Since.last(env.memory) if delta else None
    found_report = report(found.address, whole, query, since)
    found_report = replace(found_report, blocks=(*found_report.blocks, *found.notes))
    if since:
        deltas.remember(env.memory, found_report)
    yield found_report


plugin = project
