from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.model.address import Address, beside
from wandbwatch.options import Span, TotalOption, run_address

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


def wait(
    ctx: typer.Context,
    runs: Annotated[
        list[Address],
        typer.Argument(
            parser=run_address,
            metavar="RUN",
            help="ENTITY/PROJECT/RUN, a run's URL, a path to a local run, or an"
            " experiment or batch of this machine: 8, B3.",
        ),
    ],
    *,
    one: Annotated[
        bool,
        typer.Option(
            "--any/--all", help="Return when one run has ended; default: when all have."
        ),
    ] = False,
    timeout: Annotated[
        Span | None,
        typer.Option(
            parser=Span.read,
            metavar="SPAN",
            help="Give up after this long (30m, 2h) with exit code 124.",
        ),
    ] = None,
    total: TotalOption = None,
    every: Annotated[
        Span | None,
        typer.Option(
            parser=Span.read,
            metavar="SPAN",
            help="How often to check; default: slower and slower, up to 30s.",
        ),
    ] = None,
) -> Iterator[Report]:
    """Wait until runs, or experiments of this machine, have ended.

    The exit code says how: 0 finished, 3 failed, crashed or killed, 124 timeout.
    """
    from wandbwatch.cli.wait import (
        Looker,
        WaitLimits,
        are_experiments,
        wait_for,
        wait_for_experiments,
    )

    env: Env = ctx.obj
    words = [str(address) for address in runs]
    limits = WaitLimits(one, timeout, every)
    if are_experiments(words, env.experiments()):
        return wait_for_experiments(words, env.experiments(), limits)
    named = [beside(runs[0], run) for run in runs]
    looker = Looker(env.source, named, total)
    return wait_for(looker, limits, total)


plugin = wait
