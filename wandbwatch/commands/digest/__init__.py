from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.options import (
    HERE,
    NO_AIMS,
    NO_FILTERS,
    BestOption,
    FiltersOption,
    ProjectAddress,
    Span,
)

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


def digest(
    ctx: typer.Context,
    address: ProjectAddress = HERE,
    *,
    since: Annotated[
        Span,
        typer.Option(
            parser=Span.read,
            metavar="SPAN",
            show_default="24h",
            help="How far back: 30m, 24h, 7d.",
        ),
    ] = Span(hours=24),  # noqa: B008 -- it is not changed
    best: BestOption = NO_AIMS,
    filters: FiltersOption = NO_FILTERS,
) -> Iterator[Report]:
    """Sum up a time span: started, ended and failed runs, the best, GPU hours."""
    from wandbwatch.commands.digest.period import Period
    from wandbwatch.commands.digest.report import (
        read_consoles,
        recent_runs,
        report,
        with_whole_runs,
    )

    env: Env = ctx.obj
    now = env.now()
    source = env.source(address)
    period = Period(recent_runs(source, filters, now - since), now - since, now)
    period = replace(period, runs=with_whole_runs(source, period))
    yield report(address, period, best, read_consoles(source, period.failed))


plugin = digest
