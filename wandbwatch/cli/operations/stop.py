from __future__ import annotations

from typing import Annotated

import typer

from wandbwatch.model.ports import Env


def stop(
    ctx: typer.Context,
    experiment: Annotated[
        int, typer.Argument(metavar="ID", help="As `wandbwatch experiments` lists it.")
    ],
) -> int:
    """End an experiment with all that it started: gently, then firmly."""
    env: Env = ctx.obj
    one = env.experiments().stop(experiment)
    typer.echo(f"experiment {one.id} ({one.plan.name}) is asked to end")
    return 0


plugin = stop
