from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.options import (
    NO_AIMS,
    NO_FILTERS,
    BestOption,
    FiltersOption,
    ProjectAddresses,
    Span,
    places,
)

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


def digest(
    ctx: typer.Context,
    address: ProjectAddresses = None,
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
    """Sum up a time span: started, ended and failed runs, the best, GPU hours.

    Take `digest` for a summary of a day or a week, `events` to hear of each run as it
    starts and ends, and `alert` for a rule on values.
    """
    from wandbwatch.analysis.dead_keys import missing
    from wandbwatch.analysis.several import gathered, many
    from wandbwatch.commands.digest.report import passed, report
    from wandbwatch.model.query import Query
    from wandbwatch.model.report import Note, taken_remarks

    env: Env = ctx.obj
    now = env.now()
    given = places(address)
    several = many(given)
    found = gathered(
        env,
        given,
        lambda one: passed(env.source(one), filters, since, now, several=several),
    )
    runs = [run for _, one in found.found for run in one.period.heard]
    there = [address for address, _ in found.found]
    missing(env, there, Query(filters), [aim.key for aim in best], runs)
    told = report(found, best)
    # A digest is an event, too, but one that counts what could be read.
    notes = map(Note, taken_remarks())
    yield replace(told, blocks=(*told.blocks, *notes))


plugin = digest
