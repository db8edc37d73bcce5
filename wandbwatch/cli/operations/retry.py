from __future__ import annotations

from typing import Annotated

import typer

from wandbwatch.model.ports import Env


def retry(
    ctx: typer.Context,
    experiment: Annotated[
        int, typer.Argument(metavar="ID", help="As `wandbwatch experiments` lists it.")
    ],
) -> int:
    """Start an experiment that is over once more, with the same parameters."""
    env: Env = ctx.obj
    one = env.experiments().retry(experiment)
    typer.echo(f"experiment {one.id} ({one.plan.name}) takes the place of {experiment}")
    return 0


plugin = retry
