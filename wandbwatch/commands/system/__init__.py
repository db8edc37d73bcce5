from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.options import HERE, RunAddress, Span

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


def system(
    ctx: typer.Context,
    address: RunAddress = HERE,
    *,
    last: Annotated[
        Span | None,
        typer.Option(
            "--since",
            "--last",
            parser=Span.read,
            metavar="SPAN",
            help="Plot only the end: 30m, 2h, 7d.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(parser=Path, metavar="DIR", help="Where to save the PNGs."),
    ] = None,
) -> Iterator[Report]:
    """Show a run's system metrics: GPUs, memory, CPU, disk, network."""
    from wandbwatch.commands.system.report import report, series_of

    env: Env = ctx.obj
    source = env.source(address)
    run = source.run()
    yield report(run, series_of(source, run), last, out)


plugin = system
