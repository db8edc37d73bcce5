from __future__ import annotations

from typing import Annotated

import typer

from wandbwatch.model.ports import Env


def stop(
    ctx: typer.Context,
    experiments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID…", help="Ids in `wandbwatch experiments`, or a batch: 7, B3."
        ),
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Stop everything that has not ended.")
    ] = False,
) -> int:
    """Stop experiments and their processes: SIGTERM, then SIGKILL."""
    env: Env = ctx.obj
    if bool(experiments) == every:
        raise typer.BadParameter("name experiments (7, B3), or write --all")
    stopped = env.experiments().stop(experiments or [])
    for one in stopped:
        typer.echo(f"stopping experiment {one.id} ({one.plan.name})")
    if not stopped:
        typer.echo("no experiment is running")
    return 0


plugin = stop
