from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.options import HERE, NO_KEYS, DeltaOption, Keys, RunAddress, TotalOption

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


def summary(
    ctx: typer.Context,
    address: RunAddress = HERE,
    *,
    filters: Annotated[
        Keys,
        typer.Option(
            "--keys",
            "--filters",
            parser=Keys.read,
            metavar="KEYS",
            show_default=False,
            help="Only a group (train, Charts), a key (train/loss) or a glob (*/loss).",
        ),
    ] = NO_KEYS,
    config: Annotated[
        bool, typer.Option("--config", help="Show the configuration too.")
    ] = False,
    delta: DeltaOption = False,
    total: TotalOption = None,
) -> Iterator[Report]:
    """Show a run's last values, in groups."""
    from wandbwatch.analysis import delta as deltas
    from wandbwatch.commands.summary.report import report, unmatched

    env: Env = ctx.obj
    source = env.source(address)
    run = source.run()
    if unknown := unmatched(run, filters):
        from wandbwatch.analysis.dead_keys import demand

        demand(env, filters, unknown)
    forecast = None
    if total:
        from wandbwatch.analysis.dead_keys import check_total
        from wandbwatch.analysis.eta import forecast as forecast_of

        check_total(env, [address], total, [run])
        forecast = forecast_of(source, [run], total)
    since = deltas.Since.last(env.memory) if delta else None
    raised = () if filters else source.alerts(run.id)
    shown = report(run, filters, raised, config=config, since=since, forecast=forecast)
    if since:
        deltas.remember(env.memory, shown)
    yield shown


plugin = summary
