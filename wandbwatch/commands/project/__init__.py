from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from wandbwatch.options import (
    HERE,
    NEWEST,
    NO_FILTERS,
    NO_KEYS,
    DeltaOption,
    FiltersOption,
    Keys,
    Order,
    ProjectAddress,
    TotalOption,
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
        parser=Keys.read,
        metavar="KEYS",
        show_default=False,
        help="Values to show: val/loss,config.lr,train/*; default: the metric that"
        " matters.",
    ),
]


def project(
    ctx: typer.Context,
    address: ProjectAddress = HERE,
    *,
    topk: Topk = 10,
    filters: FiltersOption = NO_FILTERS,
    order: By = NEWEST,
    columns: Columns = NO_KEYS,
    delta: DeltaOption = False,
    total: TotalOption = None,
) -> Iterator[Report]:
    """List the runs of a project, the newest first."""
    from wandbwatch.analysis import delta as deltas
    from wandbwatch.analysis.eta import forecast as forecast_of
    from wandbwatch.commands.project.report import (
        SAMPLE,
        in_config,
        metric_of,
        report,
        sample,
        wanted,
    )
    from wandbwatch.model.query import Query

    env: Env = ctx.obj
    named = (column.removeprefix("summary_metrics.") for column in columns)
    columns = Keys(dict.fromkeys(c for c in (*named, order.column) if c))
    query = Query(
        filters=filters,
        order=order,
        limit=topk,
        summary=wanted(c for c in columns if not in_config(c)),
        config=wanted(in_config(c) for c in columns),
    )
    source = env.source(address)
    few = 0 < topk <= SAMPLE
    if not columns:
        columns = Keys() if few else metric_of(sample(source, query))
        query = replace(query, summary=None if few else tuple(columns))
    found = source.runs(total.asked(query) if total else query)
    columns = columns or metric_of(found.runs)
    forecast = forecast_of(source, found.runs, total)
    since = deltas.Since.last(env.memory) if delta else None
    found_report = report(address, found, query, columns, since, forecast=forecast)
    if since:
        deltas.remember(env.memory, found_report)
    yield found_report


plugin = project
