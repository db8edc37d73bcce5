from __future__ import annotations

from typing import Annotated

import typer

from wandbwatch.model.ports import Env


def retry(
    ctx: typer.Context,
    experiment: Annotated[
        int, typer.Argument(metavar="ID", help="Its id in `wandbwatch experiments`.")
    ],
) -> int:
    """Start an ended experiment again, with the same parameters."""
    env: Env = ctx.obj
    one = env.experiments().retry(experiment)
    typer.echo(f"experiment {one.id} ({one.plan.name}) retries experiment {experiment}")
    return 0


plugin = retry
