from __future__ import annotations

from typing import Annotated

import typer

from wandbwatch.model.ports import Env


def stop(
    ctx: typer.Context,
    experiment: Annotated[
        int, typer.Argument(metavar="ID", help="Its id in `wandbwatch experiments`.")
    ],
) -> int:
    """Stop an experiment and its processes: SIGTERM, then SIGKILL."""
    env: Env = ctx.obj
    one = env.experiments().stop(experiment)
    typer.echo(f"stopping experiment {one.id} ({one.plan.name})")
    return 0


plugin = stop
