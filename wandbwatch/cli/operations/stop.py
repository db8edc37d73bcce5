from __future__ import annotations

from typing import Annotated

import typer

from wandbwatch.model.ports import Env


def stop(
    ctx: typer.Context,
    experiment: Annotated[
        int,
        typer.Argument(
            metavar="ID", help="The experiment's number, see `wandbwatch experiments`."
        ),
    ],
) -> int:
    """Stop an experiment and everything it started."""
    env: Env = ctx.obj
    one = env.experiments().stop(experiment)
    typer.echo(f"experiment {one.id} ({one.plan.name}) is stopping")
    return 0


plugin = stop
